"""Which combinations of values does a sweep mean?

Every list is an axis, `pairs` are axes that move together, `exclude` takes combinations out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from nnexp.compatibility import default_loss
from nnexp.config import Sweep, check
from nnexp.configuration import KEYS, PARTS, data_of
from nnexp.errors import UserError, unknown
from nnexp.parts import registry
from nnexp.values import named

DEFAULT_PASSES = 1000.0
MOST_COMBINATIONS = 100_000
"""Of the values of all lists, before any is left out: they are gone through one by one."""


def combinations(sweep: Sweep) -> Iterator[dict[str, Any]]:
    """One value for every axis, in every combination that is not excluded."""
    axes = {key: [{key: value} for value in getattr(sweep, key) or (None,)] for key in KEYS}
    paired = [_pair(sweep, pair) for pair in sweep.pairs]
    for key in (key for pair in paired for key in pair[0]):
        if axes.pop(key, None) is None:
            raise UserError(f"pairs names {key} twice; name each key in one pair only")
    asked = math.prod(len(values) for values in (*axes.values(), *paired))
    if asked > MOST_COMBINATIONS:
        what = f"the sweep's lists make {asked:,} combinations"
        raise UserError(f"{what}; up to {MOST_COMBINATIONS:,} are allowed: give fewer values")
    excluded = [_exclusion(combination) for combination in sweep.exclude]
    losses = tuple(sweep.loss or [row["loss"] for pair in paired for row in pair if "loss" in row])
    for values in itertools.product(*axes.values(), *paired):
        combination = _by_task({key: value for assigned in values for key, value in assigned.items()}, losses)
        if combination["steps"] is not None and combination["passes"] is not None:
            raise UserError("steps and passes are both given; say one, and null for the other")
        used = _used(combination)
        if not any(_matches(used, rule) for rule in excluded):
            yield combination


def _by_task(combination: dict[str, Any], losses: tuple[Any, ...]) -> dict[str, Any]:
    """The combination with its data set as the losses need it, and where no loss is named the one that goes with its task."""
    dataset = combination["dataset"].for_losses(losses)
    loss = combination["loss"]
    return {**combination, "dataset": dataset, "loss": default_loss(data_of(dataset)) if loss is None else loss}


def _pair(sweep: Sweep, pair: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A pair's values as assignments that move together.

    A part named in a pair means the parts of that name that the sweep asks for; where it asks for none, that row is left
    out. A part given with parameters means just itself.
    """
    _refuse_given_twice(sweep, pair)
    checked = {key: _axis("pairs", key, value) for key, value in pair.items()}
    lengths = {key: len(values) for key, values in checked.items()}
    if len(set(lengths.values())) != 1:
        raise UserError(f"pairs has lists of different lengths ({lengths}); give every key the same number of values")
    rows = []
    for values in zip(*checked.values(), strict=True):
        choices = [_asked_for(sweep, key, value) for key, value in zip(checked, values, strict=True)]
        rows += [dict(zip(checked, chosen, strict=True)) for chosen in itertools.product(*choices)]
    if not rows:
        raise UserError(f"pairs leaves nothing: the sweep asks for no part that {dict(pair)} names; ask for one")
    return rows


def _refuse_given_twice(sweep: Sweep, pair: Mapping[str, Any]) -> None:
    """Refuse a key that is paired and given by itself too; steps and passes say the same thing."""
    rivals = {"steps": ("steps", "passes"), "passes": ("steps", "passes")}
    for key in pair:
        for given in rivals.get(key, (key,)):
            if given in KEYS and given not in PARTS and getattr(sweep, given) != Sweep.model_fields[given].default:
                what = f"{given} is given, and pairs moves {key} together with {', '.join(k for k in pair if k != key)}"
                raise UserError(f"{what}; say pairs=[] as well, or change pairs")


def _asked_for(sweep: Sweep, key: str, value: Any) -> list[Any]:
    if key not in PARTS:
        return [value]
    name, given = value
    asked = getattr(sweep, key)
    return registry.variants(key, name, given) if given or asked is None else [p for p in asked if p.name == name]


def _exclusion(rule: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """A rule as the values that each key must have for a combination to be left out."""
    if not rule:
        raise UserError("exclude has an empty combination, which would leave out everything; name at least one key")
    for key, value in rule.items():
        if value is None and key != "output":
            raise UserError(f"exclude: {key}=null names no value; leave {key} out, or give the values to leave out")
    return {key: _axis("exclude", key, value) for key, value in rule.items()}


def _axis(where: str, key: str, value: Any) -> tuple[Any, ...]:
    if key not in KEYS:
        raise unknown(f"{where}: the key", key, KEYS)
    checked = getattr(check({key: value}), key)
    if key in PARTS:
        return tuple(named(key, value))
    return (None,) if checked is None else checked


def _used(combination: Mapping[str, Any]) -> dict[str, Any]:
    """The combination as its run will have it: no width or activation without a hidden layer, the output resolved."""
    widths, layers = hidden(combination), hidden_activations(combination)
    return {
        **combination,
        "depth": len(widths) + 1,
        "width": widths[0] if widths and len(set(widths)) == 1 else None,
        "widths": widths,
        "activation": layers[0] if len(set(layers)) == 1 else None,
        "activations": layers,
        "output": combination["output"] or combination["loss"].output,
        "passes": DEFAULT_PASSES if combination["passes"] is combination["steps"] is None else combination["passes"],
    }


def hidden(combination: Mapping[str, Any]) -> tuple[int, ...]:
    """The units of each hidden layer."""
    widths = combination["widths"]
    return widths if widths is not None else (combination["width"],) * (combination["depth"] - 1)


def hidden_activations(combination: Mapping[str, Any]) -> tuple[Any, ...]:
    """The activation of each hidden layer.

    Raises:
        UserError: if they are stated for another number of layers.
    """
    layers, stated = len(hidden(combination)), combination["activations"]
    if stated is not None and len(stated) != layers:
        names = ",".join(part.name for part in stated)
        what = f"activations=[{names}] is for {len(stated)} hidden layers, and a net here has {layers}"
        raise UserError(f"{what}; state one for each, or give depth={len(stated) + 1}")
    return stated if stated is not None else (combination["activation"],) * layers


def _matches(combination: Mapping[str, Any], rule: Mapping[str, tuple[Any, ...]]) -> bool:
    for key, values in rule.items():
        value = combination[key]
        if value is None and key in ("steps", "passes"):
            raise UserError(f"exclude names {key}, but the sweep does not; say how long in the same word in both")
        if not (any(_is(value, *asked) for asked in values) if key in PARTS else value in values):
            return False
    return True


def _is(part: Any, name: str, given: Mapping[str, Any]) -> bool:
    """Whether a part has this name and, of its parameters, those that are given."""
    if part is None or part.name != name:
        return False
    asked = registry.variants(part.kind, name, given)
    return any(all(getattr(part, key) == getattr(one, key) for key in given) for one in asked)
