"""What does the source of a function say, whatever its layout?

The syntax tree, without comments, docstrings, annotations, decorators and the wording of errors, written in one form that does
not depend on Python's version. Source is looked up where a function says it comes from (a file, or a notebook's cell) and
compiled: where that does not give the code that is in memory, as after a file was edited, or where there is no source,
the compiled code itself is used.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import linecache
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

LEFT_OUT = {"ctx", "kind", "type_comment", "annotation", "returns", "type_params", "decorator_list"}
"""Fields of nodes that do not change what a function computes, or that the object in memory shows."""

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
"""Notebooks allow it in their cells."""

KINDS_OF_CODE = 0x3FF
"""Flags that say what kind of function a code is, without those of `from __future__` imports."""

Key = tuple[int, str]
"""The first line of a definition, decorators included, and its name: of several lambdas on a line the same."""


def said(function: FunctionType) -> list[Any]:
    """What a function's source says, as plain data; its compiled code where there is no source that gives this code."""
    code = function.__code__
    text = _text(code.co_filename, function.__globals__)
    found = _said(text, _bare(code), code.co_qualname) if text else None
    return found if found is not None else ["compiled", importlib.util.MAGIC_NUMBER.hex(), *_compiled(_bare(code))]


def imports(function: FunctionType) -> Iterator[tuple[str, str | None]]:
    """The modules that a function imports when it is called, each with a name that is taken from it, or None."""
    package = function.__globals__.get("__package__") or ""
    for kind, fields in _nodes(said(function)):
        if kind == "Import":
            yield from ((alias[1]["name"], None) for alias in fields["names"])
        elif kind == "ImportFrom":
            dots = "." * fields.get("level", 0)
            module = importlib.util.resolve_name(dots + fields.get("module", ""), package)
            yield from ((module, alias[1]["name"]) for alias in fields["names"])


def module(name: str, file: str, namespace: dict[str, Any]) -> list[Any]:
    """What the whole source of a module says; its name alone where there is no source."""
    text = _text(file, namespace)
    return canonical(ast.parse(text)) if text else ["module", name]


def canonical(node: Any) -> Any:
    """A syntax tree as plain data, the same for sources that compute the same by the same steps."""
    if isinstance(node, list):
        return [canonical(each) for each in node if not _is_remark(each)]
    if isinstance(node, ast.Raise):
        return ["Raise", {}]
    if isinstance(node, ast.Constant):
        return ["Constant", {"value": [type(node.value).__name__, repr(node.value)]}]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: canonical(value) for name, value in ast.iter_fields(node) if name not in LEFT_OUT}
    return [type(node).__name__, {name: value for name, value in fields.items() if value not in (None, [])}]


def _is_remark(node: Any) -> bool:
    """Whether a statement is a docstring, or another text that nothing is done with."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _nodes(said: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node, as its kind and its fields, of what `canonical` gave."""
    if isinstance(said, list) and len(said) == 2 and isinstance(said[0], str) and isinstance(said[1], dict):
        yield said[0], said[1]
        for value in said[1].values():
            yield from _nodes(value)
    elif isinstance(said, list):
        for each in said:
            yield from _nodes(each)


def _text(file: str, namespace: dict[str, Any]) -> str:
    """The source of a file or cell as it is now; empty where there is none."""
    linecache.checkcache(file)
    return "".join(linecache.getlines(file, namespace))


@functools.lru_cache(maxsize=4096)
def _said(text: str, code: CodeType, qualname: str) -> list[Any] | None:
    """What the definitions in a text say that compile to this code; None where none does."""
    nodes, codes = _definitions(text)
    keys = [key for key, name, compiled in codes if name == qualname and compiled == code]
    return [canonical(node) for node in nodes[keys[0]]] if keys else None


@functools.lru_cache(maxsize=64)
def _definitions(text: str) -> tuple[dict[Key, list[ast.AST]], list[tuple[Key, str, CodeType]]]:
    """The definitions in a text by their key, and what each is compiled to; none where it is no Python."""
    try:
        tree = ast.parse(text)
        compiled = compile(text, "", "exec", flags=TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError):
        return {}, []
    nodes: dict[Key, list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, DEFINITIONS):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
            nodes.setdefault((first, getattr(node, "name", "<lambda>")), []).append(node)
    codes = [((code.co_firstlineno, code.co_name), code.co_qualname, _bare(code)) for code in _codes(compiled)]
    return nodes, [each for each in codes if each[0] in nodes]


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A code and every code within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _bare(code: CodeType) -> CodeType:
    """The code without where it stood."""
    constants = tuple(_bare(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    flags = code.co_flags & KINDS_OF_CODE
    return code.replace(co_filename="", co_firstlineno=1, co_linetable=b"", co_flags=flags, co_consts=constants)


def _compiled(code: CodeType) -> list[Any]:
    """A compiled code as plain data, which is the same for one version of Python alone."""
    constants = [_compiled(each) if isinstance(each, CodeType) else _constant(each) for each in code.co_consts]
    return [code.co_code.hex(), code.co_exceptiontable.hex(), *map(list, (code.co_names, code.co_varnames)), constants]


def _constant(value: Any) -> Any:
    """A constant in words; of a set, whose order is another in each process, in the order of its elements' words."""
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)
