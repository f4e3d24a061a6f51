"""Does a class do what it did? A digest of its code, and of all code and values of the user's own that this code refers to.

A fingerprint covers the methods and constants of the class and of its bases, and the functions, classes, modules and values
that they use: numbers, text, arrays, lists, objects. Code of Python's library and of installed packages counts by its name
alone, and so does nnexp outside of `nnexp.parts`. Comments, docstrings, layout and the names of files change nothing. Code that
is looked up by a name that is put together while it runs (`globals()[...]`, `eval`) is not seen.
"""

from __future__ import annotations

import dataclasses
import dis
import functools
import hashlib
import importlib.util
import json
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from nnexp import source
from nnexp.errors import UserError

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), range, slice)
INSTALLED = {"site-packages", "dist-packages"}
NOT_OURS = ("nnexp.parts.registry",)
MISSING = object()

Check = tuple[Callable[[Any, Any, Any], Any], Any, Any, Any]
"""How to look something up, where, by which name, and what was found there."""


@dataclasses.dataclass
class _Known:
    """The fingerprint of a class, and what must still be the same for it to hold; `fixed` says that nothing else matters."""

    digest: str
    checks: list[Check]
    fixed: bool

    def holds(self) -> bool:
        """Whether everything that was looked at is still there."""
        return self.fixed and all(read(at, name, MISSING) is found for read, at, name, found in self.checks)


_KNOWN: dict[type, _Known] = {}
_HELD: dict[type, str] = {}
_DIFFERENT: set[str] = set()

_held = False


def fingerprint(cls: type) -> str:
    """16 hexadecimal digits of what a class does, as it is in memory now.

    Raises:
        UserError: if its code refers to a value that cannot be compared.
    """
    if cls in _HELD:
        return _HELD[cls]
    known = _KNOWN.get(cls)
    if known is None or not known.holds():
        known = _KNOWN[cls] = _Reader(cls).read()
    if _held:
        _HELD[cls] = known.digest
    return known.digest


def hold(held: bool) -> None:
    """From now on look at no class twice, which takes time; or look again each time."""
    global _held
    _held = held
    _HELD.clear()


def of_import(cls: type) -> str:
    """The fingerprint of a class that another process imports by its name; empty for one that is sent there as it is."""
    module = sys.modules.get(cls.__module__)
    by_name = cls.__module__ != "__main__" and getattr(module, cls.__qualname__, None) is cls
    return fingerprint(cls) if by_name else ""


def arrived(cls: type, sent: str) -> None:
    """Take note of a class that came from another process, where its fingerprint was `sent`."""
    if sent and sent != fingerprint(cls):
        _DIFFERENT.add(f"{cls.__module__}.{cls.__qualname__}")


def refuse_different() -> None:
    """Refuse to work for another process with code that is not the same as there.

    Raises:
        UserError: if a class that came from there is another one here.
    """
    for name in _DIFFERENT:
        raise UserError(
            f"the code of {name} on a worker is not the code that the sweep was started with: it was edited since, or another "
            "version is installed there; start the same command again (in a notebook, restart the kernel first)"
        )


class _Reader:
    """Reads a class and all that it refers to.

    Args:
        cls: the class.
    """

    def __init__(self, cls: type) -> None:
        self._cls, self._home = cls, _top(cls.__module__)
        self._numbers: dict[int, int] = {}
        self._said: list[Any] = []
        self._kept: list[Any] = []
        self._checks: list[Check] = []
        self._fixed = True

    def read(self) -> _Known:
        """The fingerprint."""
        self._value(self._cls)
        text = json.dumps(self._said, separators=(",", ":"))
        return _Known(hashlib.blake2b(text.encode(), digest_size=8).hexdigest(), self._checks, self._fixed)

    def _value(self, value: Any) -> Any:
        """A value as plain data; what may be met again, by its number."""
        if isinstance(value, PLAIN):
            return [type(value).__name__, repr(value)]
        if isinstance(value, tuple | frozenset) and type(value) in (tuple, frozenset):
            return self._several(value)
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._said)
            self._kept.append(value)  # so that no other object gets its id
            self._said.append(None)
            self._said[self._numbers[id(value)]] = self._object(value)
        return self._numbers[id(value)]

    def _several(self, values: Any) -> list[Any]:
        said = [self._value(each) for each in values]
        return [type(values).__name__, sorted(said, key=json.dumps) if isinstance(values, set | frozenset) else said]

    def _object(self, value: Any) -> Any:
        if isinstance(value, ModuleType):
            ours = self._is_ours(value.__name__)
            name, file = value.__name__, getattr(value, "__file__", None)
            return source.module(name, file, vars(value)) if ours and file else ["module", name]
        if isinstance(value, type):
            return self._class(value) if self._is_ours(value.__module__) else _named(value)
        if isinstance(value, FunctionType):
            return self._function(value) if self._is_ours(value.__module__) else self._wrapped(value)
        if isinstance(value, staticmethod | classmethod):
            return [type(value).__name__, self._value(value.__func__)]
        if isinstance(value, property):
            return ["property", *(self._value(each) for each in (value.fget, value.fset, value.fdel))]
        if isinstance(value, functools.cached_property):
            return ["cached_property", self._value(value.func)]
        if isinstance(value, MethodType):
            return ["method", self._value(value.__func__), self._value(value.__self__)]
        if isinstance(value, functools.partial):
            return ["partial", self._value(value.func), self._value(value.args), self._value(value.keywords)]
        if isinstance(value, re.Pattern):
            return ["pattern", value.pattern, value.flags]
        if _is_frozen(value) and self._is_ours(type(value).__module__):
            return ["object", self._value(type(value)), self._several(tuple(vars(value).values()))]
        if type(value) is dict and all(isinstance(each, PLAIN) for pair in value.items() for each in pair):
            text = repr(value)
            self._checks.append((lambda at, _, __: repr(at) == text, value, None, True))
            return ["dict", text]
        if hasattr(value, "__wrapped__") or (callable(value) and not self._is_ours(type(value).__module__)):
            return self._wrapped(value)
        return self._changing(value)

    def _changing(self, value: Any) -> Any:
        """A value that may have another content the next time, though it is the same object."""
        self._fixed = False
        if isinstance(value, dict) and type(value) is dict:
            return ["dict", [[self._value(key), self._value(each)] for key, each in value.items()]]
        if isinstance(value, list | set) and type(value) in (list, set):
            return self._several(value)
        if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
            content = hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=16)
            return ["array", value.dtype.str, list(value.shape), content.hexdigest()]
        if self._is_ours(type(value).__module__) and hasattr(value, "__dict__"):
            return ["object", self._value(type(value)), self._value(dict(vars(value)))]
        try:
            return ["object", hashlib.blake2b(pickle.dumps(value, protocol=4), digest_size=16).hexdigest()]
        except Exception as error:  # whatever the object's own code raises
            what = (
                f"{self._cls.__module__}.{self._cls.__qualname__} refers to a value of type {type(value).__qualname__}"
            )
            raise UserError(
                f"{what}, whose content cannot be compared between sweeps ({type(error).__name__}); make it inside of the "
                "method that uses it, or refer to numbers, text or arrays"
            ) from None

    def _wrapped(self, value: Any) -> Any:
        """A function or the like from elsewhere by its name, with the function of the user's own that it wraps, if any."""
        inner = getattr(value, "__wrapped__", None)
        if inner is not None and self._is_ours(inner.__module__):
            return [type(value).__name__, self._value(inner)]
        return _named(value)

    def _class(self, cls: type) -> Any:
        """The methods and constants of a class and of its bases; parameters count by their values, which runs know."""
        bases = [base for base in cls.__mro__ if self._is_ours(base.__module__)]
        return ["class", [[[name, self._value(value)] for name, value in self._own(base)] for base in bases]]

    def _own(self, cls: type) -> Iterator[tuple[str, Any]]:
        """What a class itself states, sorted by name."""
        stated = vars(cls)
        parameters = {field.name for field in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()
        self._checks.append((lambda at, _, __: len(at), stated, None, len(stated)))
        for name, value in sorted(stated.items()):
            if name in parameters or name in ("kind", "name", "_abc_impl") or _is_made_by_python(cls, name, value):
                continue
            self._checks.append((type(stated).get, stated, name, value))
            yield name, value

    def _function(self, function: FunctionType) -> Any:
        code = function.__code__
        self._checks.append((getattr, function, "__code__", code))
        cells = [self._value(cell.cell_contents) for name, cell in _cells(function) if name != "__class__"]
        defaults = [self._value(function.__defaults__), self._value(function.__kwdefaults__)]
        used = [self._value(value) for _, value in sorted(dict(self._names(function)).items())]
        return ["function", source.said(function), cells, defaults, used]

    def _names(self, function: FunctionType) -> Iterator[tuple[str, Any]]:
        """Every global name that a function uses, with its value: of a module of the user's own, what is taken from it."""
        for chain in _chains(function.__code__):
            yield self._reached(function.__globals__, chain)
        for name, taken in source.imports(function):
            if self._is_ours(name):
                module = importlib.import_module(name)
                found = self._reached(vars(module), (taken,)) if taken in vars(module) else ("", module)
                yield f"{name}:{taken}", found[1]

    def _reached(self, names: dict[str, Any], chain: tuple[str, ...]) -> tuple[str, Any]:
        """What a name leads to, or attributes of modules of the user's own behind it, and as much of the chain as that took."""
        value = names.get(chain[0], MISSING)
        self._checks.append((dict.get, names, chain[0], value))
        if len(chain) > 1 and isinstance(value, ModuleType) and self._is_ours(value.__name__):
            name, value = self._reached(vars(value), chain[1:])
            return f"{chain[0]}.{name}", value
        return chain[0], None if value is MISSING else value

    def _is_ours(self, module: str | None) -> bool:
        """Whether a module holds code that may be edited: the user's own, or parts."""
        top = _top(module)
        if top == "nnexp":
            return str(module).startswith("nnexp.parts") and module not in NOT_OURS
        return top == self._home or not (top in sys.stdlib_module_names or top == "builtins" or _is_installed(top))


def _is_frozen(value: Any) -> bool:
    """Whether a value is a frozen record, whose fields stay what they are."""
    return bool(getattr(getattr(type(value), "__dataclass_params__", None), "frozen", False)) and hasattr(
        value, "__dict__"
    )


def _top(module: str | None) -> str:
    return str(module or "").partition(".")[0]


def _is_installed(top: str) -> bool:
    """Whether a package was installed, or cannot be found, and is not a file or folder of the user's."""
    if top in sys.modules:
        module = sys.modules[top]
        places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", [])]
    else:
        spec = importlib.util.find_spec(top)
        if spec is None:
            return True
        places = [spec.origin or "", *(spec.submodule_search_locations or [])]
    return any(INSTALLED.intersection(Path(place).parts) for place in places)


def _named(value: Any) -> list[Any]:
    """What comes from elsewhere, by its name and its package: modules within a package change with versions."""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or type(value).__qualname__
    return [type(value).__name__, _top(getattr(value, "__module__", None)), name]


def _is_made_by_python(cls: type, name: str, value: Any) -> bool:
    """Whether a name with underscores on both sides is no method that the class's source states."""
    if not (name.startswith("__") and name.endswith("__")):
        return False
    return not (isinstance(value, FunctionType) and value.__code__.co_qualname.endswith(f"{cls.__name__}.{name}"))


def _cells(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The variables that a function takes from around it, those that have a value."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            cell.cell_contents  # noqa: B018  an empty one raises
        except ValueError:
            continue
        yield name, cell


def _chains(code: CodeType) -> set[tuple[str, ...]]:
    """Every global name that a code uses, with the attributes that are taken from it at once."""
    found: set[tuple[str, ...]] = set()
    chain: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            found.add(chain)
            chain = (instruction.argval,)
        elif chain and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            chain = (*chain, instruction.argval)
        elif instruction.opname not in ("CACHE", "EXTENDED_ARG"):
            found.add(chain)
            chain = ()
    inner = (_chains(each) for each in code.co_consts if isinstance(each, CodeType))
    return set().union(found, {chain}, *inner) - {()}
