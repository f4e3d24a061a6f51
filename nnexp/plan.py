"""Which runs does a sweep ask for, and which of them can be trained together?

Every list is an axis, `pairs` are axes that move together, `exclude` takes combinations out; what is left, each
configuration once, is crossed with the seeds. A stack is the runs that differ only in step size, l2, schedule,
initializer and seeds.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnexp.config import Sweep, check
from nnexp.configuration import KEYS, Configuration, check_task, digest, resolved_output
from nnexp.errors import UserError, unknown
from nnexp.net.training import Stack, recorded_steps
from nnexp.parts import registry

DEFAULT_PASSES = 1000.0


@dataclass(frozen=True)
class Run:
    """One configuration with one seed: of the initial weights, and of the order of data where it has one."""

    configuration: Configuration
    init_seed: int
    order_seed: int | None

    @functools.cached_property
    def id(self) -> str:
        """16 hexadecimal digits from everything that determines the run."""
        return digest([self.configuration.id, self.init_seed, self.order_seed])


@dataclass(frozen=True)
class Plan:
    """What a sweep asks for: its configurations and its runs, each once."""

    sweep: Sweep
    configurations: tuple[Configuration, ...]
    runs: tuple[Run, ...]


def plan(sweep: Sweep) -> Plan:
    """Every run of the sweep.

    Raises:
        UserError: if a combination cannot be run, or none is left.
    """
    configurations = {c.id: c for values in _combinations(sweep) for c in [_configuration(sweep, values)]}
    if not configurations:
        raise UserError("exclude leaves no combination to run; exclude less")
    runs = {run.id: run for c in configurations.values() for run in _runs(sweep, c)}
    return Plan(sweep, tuple(configurations.values()), tuple(runs.values()))


def stacks(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs in groups that can be trained together."""
    groups: dict[Any, list[Run]] = {}
    for run in runs:
        groups.setdefault(_together(run.configuration), []).append(run)
    return list(groups.values())


def stack(runs: Sequence[Run]) -> Stack:
    """Runs of one group as the trainer takes them."""
    first = runs[0].configuration
    recorded = recorded_steps(first.steps, first.curve_points)
    return Stack(
        objective=first.objective(),
        optimizer=first.optimizer,
        steps=first.steps,
        recorded=recorded,
        snapshots=_spread(recorded, first.snapshots),
        step_sizes=np.array([run.configuration.step_size for run in runs]),
        l2=np.array([run.configuration.l2 for run in runs]),
        schedules=tuple(run.configuration.schedule for run in runs),
        initializers=tuple(run.configuration.initializer for run in runs),
        init_seeds=tuple(run.init_seed for run in runs),
        order_seeds=tuple(run.order_seed or 0 for run in runs),
    )


def _spread(recorded: tuple[int, ...], n: int) -> tuple[int, ...]:
    """About n of the recorded steps, evenly spaced among them, the first and last included."""
    if n == 0:
        return ()
    places = np.linspace(0, len(recorded) - 1, num=min(n, len(recorded))).round().astype(int)
    return tuple(recorded[i] for i in (places if n > 1 else [-1]))


@functools.lru_cache(maxsize=100_000)
def _together(c: Configuration) -> Any:
    key = (c.dataset, c.features, c.widths, c.activation, c.output, c.loss, c.optimizer, c.steps)
    return (*key, c.false_negative_cost, c.curve_points, c.snapshots)


def _combinations(sweep: Sweep) -> Iterator[dict[str, Any]]:
    """One value for every axis, in every combination that is not excluded."""
    axes = {key: [{key: value} for value in getattr(sweep, key) or (None,)] for key in KEYS}
    paired = [_pair(sweep, pair) for pair in sweep.pairs]
    for key in (key for pair in paired for key in pair[0]):
        if axes.pop(key, None) is None:
            raise UserError(f"pairs names {key} twice; name each key in one pair only")
    excluded = [_exclusion(combination) for combination in sweep.exclude]
    for values in itertools.product(*axes.values(), *paired):
        combination = {key: value for assigned in values for key, value in assigned.items()}
        if combination["steps"] is not None and combination["passes"] is not None:
            raise UserError("steps and passes are both given; say one, and null for the other")
        used = _used(combination)
        if not any(_matches(used, rule) for rule in excluded):
            yield combination


def _pair(sweep: Sweep, pair: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A pair's values as assignments that move together.

    A part in a pair means the parts of that name that the sweep asks for; where it asks for none, that row is left out.
    """
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


def _asked_for(sweep: Sweep, key: str, value: Any) -> list[Any]:
    if not isinstance(value, registry.Part):
        return [value]
    return [part for part in getattr(sweep, key) if part.name == value.name]


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
    return (None,) if checked is None else checked


def _used(combination: Mapping[str, Any]) -> dict[str, Any]:
    """The combination as its run will have it: no width or activation without a hidden layer, the output resolved."""
    widths = _hidden(combination)
    return {
        **combination,
        "depth": len(widths) + 1,
        "width": widths[0] if widths and len(set(widths)) == 1 else None,
        "widths": widths,
        "activation": combination["activation"] if widths else None,
        "output": combination["output"] or combination["loss"].output,
    }


def _hidden(combination: Mapping[str, Any]) -> tuple[int, ...]:
    """The units of each hidden layer."""
    widths = combination["widths"]
    return widths if widths is not None else (combination["width"],) * (combination["depth"] - 1)


def _matches(combination: Mapping[str, Any], rule: Mapping[str, tuple[Any, ...]]) -> bool:
    for key, values in rule.items():
        value = combination[key]
        if isinstance(value, registry.Part):
            values, value = tuple(part.name for part in values if part), value.name
        if value not in values:
            return False
    return True


def _configuration(sweep: Sweep, values: Mapping[str, Any]) -> Configuration:
    """The configuration of one combination, without what it does not use."""
    dataset, optimizer, loss = values["dataset"], values["optimizer"], values["loss"]
    widths = _hidden(values)
    made = Configuration(
        dataset=dataset,
        features=values["features"],
        widths=widths,
        activation=values["activation"] if widths else None,
        output=resolved_output(values["output"], loss),
        loss=loss,
        optimizer=optimizer,
        step_size=values["step_size"],
        schedule=values["schedule"],
        l2=values["l2"],
        initializer=values["initializer"],
        steps=0,
        false_negative_cost=sweep.false_negative_cost,
        curve_points=sweep.curve_points,
        snapshots=sweep.snapshots,
    )
    check_task(loss, dataset, made.data)
    made.network()  # refuses features that do not fit the data
    return _with_steps(made, values["steps"], values["passes"])


def _with_steps(made: Configuration, steps: int | None, passes: float | None) -> Configuration:
    if steps is None:
        per_pass = made.optimizer.steps_per_pass(made.data.X_train.shape[1])
        steps = max(1, round((passes if passes is not None else DEFAULT_PASSES) * per_pass))
    return replace(made, steps=steps)


def _runs(sweep: Sweep, configuration: Configuration) -> Iterator[Run]:
    n = configuration.data.X_train.shape[1]
    ordered = configuration.optimizer.batch(n) is not None
    if sweep.init_seeds is not None and sweep.order_seeds is not None:
        pairs: Iterable[tuple[int, int]] = itertools.product(sweep.init_seeds, sweep.order_seeds)
    else:
        pairs = ((seed, seed) for seed in sweep.seeds)
    for init_seed, order_seed in pairs:
        yield Run(configuration, init_seed, order_seed if ordered else None)
