"""Which values may a key of a sweep take? Plain data in, tuples of checked values out: every key that is an axis is a tuple."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import AllowInfNan, BeforeValidator

from nnexp.errors import UserError, override, shown
from nnexp.parts import registry

TABLE = 'a table is given as a file, as in dataset={"table": {"path": "my.csv", "target": "label"}}'
MOST_SEEDS = 1_000_000
MOST_VALUES, DEEPEST, MOST_BITS = 1_000_000, 10, 1024
"""Values of one list; lists within lists; binary digits of a whole number, beyond which no float goes."""


def refuse_endless(key: str, value: Any, deep: int = 0) -> None:
    """Refuse what no key takes and no line could say: lists without end, numbers of thousands of digits, text that is none.

    Raises:
        UserError: if there is any such thing in the value, at any depth.
    """
    if deep > DEEPEST:
        raise UserError(f"{key} holds lists more than {DEEPEST} deep; give a value or a list of values")
    if isinstance(value, Mapping | list | tuple | range) and len(value) > MOST_VALUES:
        raise UserError(f"{key} holds {len(value):,} values; up to {MOST_VALUES:,} are allowed: give fewer")
    if isinstance(value, Mapping):
        for name, inner in value.items():
            refuse_endless(f"a name in {key}", name, deep + 1)
            refuse_endless(f"{key}.{name}", inner, deep + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            refuse_endless(key, inner, deep + 1)
    elif isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise UserError(f"{key} is a whole number of {value.bit_length():,} binary digits; give a smaller one")
    elif isinstance(value, str) and ("\0" in value or (not value.isascii() and not _is_text(value))):
        raise UserError(f"{key}={shown(value)} holds characters that are no text; leave them out")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _listed(value: Any) -> Any:
    """One value as a tuple of one; lists at any depth as tuples."""
    value = registry.tuples(value)
    return value if isinstance(value, tuple) else (value,)


def _seeds(value: Any) -> Any:
    """N as the seeds 0 .. N - 1; a list as the seeds it names; none as none."""
    value = registry.tuples(value)
    if isinstance(value, bool):
        raise UserError("it must be a number of seeds or a list of seeds")
    if isinstance(value, int):
        if not 1 <= value <= MOST_SEEDS:
            raise UserError(
                f"as a number it says how many seeds, 1 to {MOST_SEEDS:,}; for the one seed 0 say {override('seeds', [0])}"
            )
        return tuple(range(value))
    return value


def _widths(value: Any) -> Any:
    """One net's widths, or a list of such, as a tuple of tuples."""
    value = registry.tuples(value)
    if isinstance(value, tuple) and not any(isinstance(v, tuple) for v in value):
        return (value,)
    return value


def alone(key: str) -> Callable[[Any], Any]:
    """A single word as the settings whose `key` it is."""
    return lambda value: {key: value} if isinstance(value, str) else value


def path(value: Any) -> Any:
    """A path as text; anything else as it is."""
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def unseen(value: Any) -> Any:
    """The probability that "unseen < p" names; anything else as it is."""
    found = re.fullmatch(r"\s*unseen\s*<\s*(0?\.\d+)\s*", value) if isinstance(value, str) else None
    if found and float(found.group(1)) > 0.0:
        return float(found.group(1))
    if value is not None:
        raise UserError(
            f"until={shown(value)} cannot be used; say {override('until', 'unseen < 0.01')}, with a probability between 0 and 1"
        )
    return value


def _parts(kind: str) -> BeforeValidator:
    def made(value: Any) -> Any:
        return tuple(p for name, given in named(kind, value) for p in registry.variants(kind, name, given))

    return BeforeValidator(made)


def named(kind: str, value: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """The parts asked for as (name, parameters): from a name, a list, a mapping, or a part itself."""
    if isinstance(value, registry.Part):
        parameters = value.settings()
        return [(parameters.pop("name"), parameters)]
    if isinstance(value, str):
        return [(value, {})]
    if isinstance(value, Mapping):
        for name, given in value.items():
            if name not in registry.known(kind):
                raise registry.no_part(kind, name)
            if given is not None and not isinstance(given, Mapping):
                raise UserError(f"{kind}.{name}={shown(given)} cannot be used; its parameters are: {_has(kind, name)}")
        return [(name, given or {}) for name, given in value.items()]
    if isinstance(value, list | tuple) and value:
        return [pair for element in value for pair in named(kind, element)]
    table = f"; {TABLE}" if kind == "dataset" and hasattr(value, "shape") else ""
    raise UserError(
        f"{kind}={shown(value)} cannot be used; give one or more of: {', '.join(registry.known(kind))}{table}"
    )


def _activations(value: Any) -> Any:
    """One net's activations, layer by layer, or a list of such, as a tuple of tuples of parts."""
    value = registry.tuples(value)
    if isinstance(value, tuple) and not any(isinstance(v, tuple) for v in value):
        value = (value,)
    if not isinstance(value, tuple) or not all(isinstance(net, tuple | Mapping) for net in value):
        raise UserError('it names the activation of each hidden layer, as in "activations=[tanh,relu]"')
    return tuple(tuple(_one("activation", part) for part in net) for net in value)


def _one(kind: str, value: Any) -> Any:
    """The one part that a name, or a name with parameters, means."""
    found = named(kind, value)
    if len(found) != 1:
        raise UserError(f"{kind}={shown(value)} names {len(found)} parts where one is needed")
    return registry.make(kind, *found[0])


def default(kind: str, name: str) -> tuple[Any, ...]:
    """The part of this name, as the only value of its key."""
    return (registry.make(kind, name),)


def _has(kind: str, name: str) -> str:
    return ", ".join(registry.parameters(kind, name)) or "none"


Finite = AllowInfNan(False)
Whole = Annotated[int, Ge(1), Le(10_000)]
Depths = Annotated[tuple[Annotated[int, Ge(1), Le(100)], ...], BeforeValidator(_listed), MinLen(1)]
Wholes = Annotated[tuple[Whole, ...], BeforeValidator(_listed), MinLen(1)]
Layers = Annotated[tuple[Annotated[tuple[Whole, ...], MinLen(1)], ...], BeforeValidator(_widths), MinLen(1)]
LayerActivations = Annotated[
    tuple[Annotated[tuple[Any, ...], MinLen(1)], ...], BeforeValidator(_activations), MinLen(1)
]
Flags = Annotated[tuple[bool, ...], BeforeValidator(_listed), MinLen(1)]
Units = Annotated[tuple[str | None, ...], BeforeValidator(_listed), MinLen(1)]
Positives = Annotated[tuple[Annotated[float, Gt(0), Finite], ...], BeforeValidator(_listed), MinLen(1)]
NotNegatives = Annotated[tuple[Annotated[float, Ge(0), Finite], ...], BeforeValidator(_listed), MinLen(1)]
Updates = Annotated[tuple[Annotated[int, Ge(0), Le(10**8)], ...], BeforeValidator(_listed), MinLen(1)]
Passes = Annotated[tuple[Annotated[float, Gt(0), Le(1e9)], ...], BeforeValidator(_listed), MinLen(1)]
Seeds = Annotated[tuple[Annotated[int, Ge(0), Le(2**63 - 1)], ...], BeforeValidator(_seeds), MinLen(1)]
Datasets = Annotated[tuple[Any, ...], _parts("dataset")]
FeatureMaps = Annotated[tuple[Any, ...], _parts("features")]
Activations = Annotated[tuple[Any, ...], _parts("activation")]
Losses = Annotated[tuple[Any, ...], _parts("loss")]
Optimizers = Annotated[tuple[Any, ...], _parts("optimizer")]
Schedules = Annotated[tuple[Any, ...], _parts("schedule")]
Initializers = Annotated[tuple[Any, ...], _parts("initializer")]
Stoppings = Annotated[tuple[Any, ...], _parts("stopping")]
Combinations = Annotated[tuple[dict[str, Any], ...], BeforeValidator(registry.tuples)]
