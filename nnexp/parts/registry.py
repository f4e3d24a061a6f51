"""Which parts are there, by kind and name, and how is one made from plain data?

A part is a frozen record of its own parameters with the methods of its kind. Writing the class under `@part(...)` in its
kind's module and one file in `conf/<kind>/` is all it takes to add one. Parts know NumPy, SciPy and this module, never
each other.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import json
import math
import os
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import TypeAdapter, ValidationError

from nnexp import fingerprints
from nnexp.errors import UserError, override, shown, unknown

Number = Annotated[float, Ge(-1e9), Le(1e9)]
Positive = Annotated[float, Gt(0), Le(1e9)]
NotNegative = Annotated[float, Ge(0), Le(1e9)]
Share = Annotated[float, Ge(0), Lt(1)]
Count = Annotated[int, Ge(1), Le(1_000_000)]
Seed = Annotated[int, Ge(0), Lt(2**63)]

MODULES = {
    "dataset": "nnexp.parts.datasets",
    "features": "nnexp.parts.features",
    "activation": "nnexp.parts.activations",
    "loss": "nnexp.parts.losses",
    "optimizer": "nnexp.parts.optimizers",
    "schedule": "nnexp.parts.schedules",
    "initializer": "nnexp.parts.initializers",
    "stopping": "nnexp.parts.stopping",
}
MOST_VARIANTS = 1_000_000
"""Parts that one name's parameters may ask for."""

MOST_BYTES = 4 * 2**30
"""Of one array: what is larger is refused before it is made."""

RELEASED = Path(__file__).with_name("released.json")
"""The fingerprint and the version of each part's code, by kind and name, as released; see docs/parts.md."""

_PARTS: dict[str, dict[str, Any]] = {kind: {} for kind in MODULES}


@dataclass(frozen=True)
class Part:
    """What every part has: the kind and name it was registered under, and plain fields."""

    kind: ClassVar[str]
    name: ClassVar[str]

    def settings(self) -> dict[str, Any]:
        """The part as plain data: its name and its parameters, as configs and records say it."""
        return {"name": self.name, **asdict(self)}

    def identity(self) -> dict[str, Any]:
        """What of the part determines a run; a part that reads a file says the content here, not the path."""
        return self.settings()

    @property
    def is_released(self) -> bool:
        """Whether the code of the part is that which was released with nnexp under its name."""
        return fingerprints.fingerprint(type(self)) == released(self.kind, self.name)[0]

    def fingerprint(self) -> str:
        """What of the part's code belongs to the identity of a run; empty for released code whose results never changed."""
        found, (known, version) = fingerprints.fingerprint(type(self)), released(self.kind, self.name)
        if found != known:
            return found
        return f"version {version}" if version > 1 else ""

    def __getstate__(self) -> tuple[dict[str, Any], str]:
        """The parameters, and the fingerprint of the code where another process imports it."""
        return dict(self.__dict__), fingerprints.of_import(type(self))

    def __setstate__(self, state: tuple[dict[str, Any], str]) -> None:
        """Take parameters, and take note where the code is not that of the process which sent them."""
        self.__dict__.update(state[0])
        fingerprints.arrived(type(self), state[1])


P = TypeVar("P", bound=Part)

RESERVED = {"kind", "name", "settings", "identity", "is_released", "fingerprint"}
"""Names that no parameter may have."""


def part(kind: str, name: str) -> Callable[[type[P]], type[P]]:
    """Register the class below as the part `name` of its kind; its annotated fields are its parameters."""

    def register(cls: type[P]) -> type[P]:
        cls = dataclass(frozen=True)(cls)
        taken = sorted(RESERVED.intersection(field.name for field in fields(cls)))
        if taken:
            raise UserError(
                f"{kind} {name} has a parameter called {taken[0]}; this name is reserved: give it another one"
            )
        cls.kind, cls.name = kind, name
        _PARTS[kind][name] = cls
        return cls

    return register


@functools.cache
def known(kind: str) -> dict[str, Any]:
    """Every part of a kind, by name, in the order in which its module states them."""
    importlib.import_module(MODULES[kind])
    return _PARTS[kind]


@functools.cache
def _all_released() -> dict[str, dict[str, tuple[str, int]]]:
    found: dict[str, dict[str, tuple[str, int]]] = json.loads(RELEASED.read_text(encoding="utf-8"))
    return found


def released(kind: str, name: str) -> tuple[str, int]:
    """The fingerprint and the version of a part as released; no fingerprint where no such part was."""
    found = _all_released().get(kind, {}).get(name)
    return (found[0], found[1]) if found else ("", 1)


def parameters(kind: str, name: str) -> dict[str, TypeAdapter]:
    """The checks of a part's parameters, by name.

    Raises:
        UserError: if no part of this kind has this name.
    """
    if name not in known(kind):
        raise no_part(kind, name)
    return _checks(known(kind)[name])


@functools.lru_cache(maxsize=1024)
def _checks(cls: type[Part]) -> dict[str, TypeAdapter]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return {key: TypeAdapter(hint) for key, hint in hints.items() if typing.get_origin(hint) is not ClassVar}


def no_part(kind: str, name: object) -> UserError:
    """The refusal of a name that no part of the kind has; where it is a parameter of parts, with its full keys."""
    owners = [part for part in known(kind) if name in parameters(kind, part)]
    if not owners:
        return unknown(kind, name, known(kind))
    keys = ", ".join(f"{kind}.{part}.{name}" for part in owners)
    return UserError(f"{kind}.{name} is not known: a parameter's key has the name of its {kind} in it; known: {keys}")


def make(kind: str, name: str, given: Mapping[str, Any] | None = None) -> Any:
    """The one part with this name and these parameters.

    Raises:
        UserError: if the name or a parameter is not known, or a value is not allowed.
    """
    made = variants(kind, name, given)
    if len(made) > 1:
        raise UserError(f"{kind}.{name} has a list where one value is needed; give one value for each parameter")
    return made[0]


def variants(kind: str, name: str, given: Mapping[str, Any] | None = None) -> list[Any]:
    """Every part that the parameters ask for: a parameter given as a list of allowed values is an axis.

    Raises:
        UserError: if the name or a parameter is not known, or a value is not allowed.
    """
    checks = parameters(kind, name)
    given = dict(given or {})
    for key in given:
        if key not in checks:
            raise UserError(f"{kind}.{name}.{key} is no parameter; {kind} {name} has: {', '.join(checks) or 'none'}")
    axes = [_axis(f"{kind}.{name}.{key}", checks[key], tuples(value)) for key, value in given.items()]
    asked = math.prod(len(values) for values in axes)
    if asked > MOST_VARIANTS:
        what = f"the lists in {kind}.{name} ask for {asked:,} parts"
        raise UserError(f"{what}; up to {MOST_VARIANTS:,} are allowed: give fewer values")
    return [known(kind)[name](**dict(zip(given, values, strict=True))) for values in itertools.product(*axes)]


def refuse_too_large(what: str, *counts: int) -> None:
    """Refuse an array of as many numbers as the product of `counts`, where that is more than fits the memory.

    Raises:
        UserError: if so, saying how much it would be.
    """
    needed = 8 * math.prod(counts)
    if needed > MOST_BYTES:
        most = f"up to {MOST_BYTES / 2**30:.0f} are allowed"
        raise UserError(f"{what} would take {needed / 2**30:,.0f} GiB of memory; {most}: ask for less")


def tuples(value: Any) -> Any:
    """The value with every list, range and array in it a tuple, at any depth; NumPy's numbers plain ones, paths text."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return tuple(map(tuples, value)) if isinstance(value, list | tuple | range) else value


def numbers(value: Any) -> Any:
    """The value with a number, bool, None, or list of such wherever a text states one, as environment variables do."""
    if isinstance(value, list | tuple):
        return tuple(map(numbers, value))
    if isinstance(value, str) and re.fullmatch(r"[-+\w.,\s\[\]]+", value):
        for read in (int, float, json.loads):
            with contextlib.suppress(ValueError, RecursionError):
                return tuples(read(value.lower()))
    return value


def _axis(key: str, check: TypeAdapter, value: Any) -> list[Any]:
    """The values a parameter takes: itself where it fits the declared type, else each element of the list."""
    try:
        return [_fitted(check, value)]
    except ValidationError as error:
        if not isinstance(value, tuple) or not value:
            raise UserError(
                f"{key}={shown(value)} cannot be used: {reason(error)}{_in_text(key, check, value)}"
            ) from None
    try:
        return [_fitted(check, element) for element in value]
    except ValidationError as error:
        raise UserError(f"{key}={shown(value)} cannot be used: {reason(error)}") from None


def _in_text(key: str, check: TypeAdapter, value: Any) -> str:
    """How to give a number as the text that is needed, where one is."""
    if isinstance(value, int | float):
        with contextlib.suppress(ValidationError):
            return f", as in {override(key, check.validate_python(str(value), strict=True))}"
    return ""


def _fitted(check: TypeAdapter, value: Any) -> Any:
    """The value of the declared type: as given, as the number that a text states, or as a list of one."""
    try:
        return check.validate_python(value, strict=True)
    except ValidationError:
        for other in (numbers(value), value if isinstance(value, tuple) else (value,)):
            with contextlib.suppress(ValidationError):
                return check.validate_python(other, strict=True)
        raise


PLAIN = {
    "string_type": "text",
    "int_type": "a whole number (an integer)",
    "int_from_float": "a whole number (an integer)",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list, as in [a,b]",
    "list_type": "a list, as in [a,b]",
    "dict_type": "names with values, as in {a: 1}",
    "model_type": "a name, or names with values, as in {a: 1}",
}
"""Pydantic's types of errors in words for people who write configs."""


def reason(error: ValidationError) -> str:
    """The first complaint of a failed check, as a phrase."""
    errors = error.errors(include_url=False)
    first = errors[0]
    if "error" in first.get("ctx", {}):
        return str(first["ctx"]["error"])
    kinds = dict.fromkeys(PLAIN.get(e["type"]) for e in errors if e["input"] is first["input"])
    if None not in kinds:
        return f"it should be {' or '.join(map(str, kinds))}"
    if first["type"] == "string_pattern_mismatch":
        return "it does not have the form that is needed"
    text = re.sub(r"^(Input|String|Tuple|List|Value) ", "it ", first["msg"])
    return re.sub(r"item(s?) after validation", r"value\1", text)
