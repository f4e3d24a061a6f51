"""Arguments as they were typed, made readable for Hydra's grammar of overrides: text that it refuses gets quotes.

A shell takes away the quotes of `until='unseen < 0.01'`, and Hydra's grammar refuses what remains, as it refuses accents,
`~`, `#` or `CO(GT)`. Such text is put into Hydra's own quotes here. An argument that Hydra reads already is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from nnexp.config import no_key
from nnexp.errors import UserError, in_quotes, override, shell_word

DEEPEST = 10
"""Lists within lists, whose texts are looked at."""


def readable(arguments: Sequence[str], *, several: bool = False) -> list[str]:
    """The arguments in the same order, each such that Hydra's grammar reads it.

    Args:
        arguments: overrides, as typed.
        several: whether there may be several jobs, so that `depth=1,2` is allowed.

    Raises:
        UserError: if there is one that it does not read with quotes either, such as `depth=[1,`.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parser = OverridesParser.create()
    read = [_readable(parser, argument, before) for before, argument in pairwise(["", *arguments])]
    for typed, argument in zip(arguments, read, strict=True):
        if not several and parser.parse_override(argument).is_sweep_override():
            raise _several_values(typed, argument)
    return read


def _several_values(typed: str, argument: str) -> UserError:
    """The refusal of values for several jobs where there is one."""
    key, _, value = typed.partition("=")
    if "," not in value or re.match(r"\w+ ?\(", value):
        return UserError(f"{typed} is several values; add -m for one job each")
    axis = shell_word(f"{key}=[{argument.partition('=')[2]}]")
    text = override(key, value)
    return UserError(f"{typed} is several values; say {axis} for an axis, add -m for one job each, or {text} for text")


def _readable(parser: Any, argument: str, before: str) -> str:
    wrong = _wrong(parser, argument)
    if wrong is None:
        return argument
    key, equals, value = argument.partition("=")
    if not equals:
        raise _no_value(argument, before)
    if _wrong(parser, f"{key}=x"):
        raise no_key(key)
    quoted = _quoted(parser, value)
    if quoted is None:
        raise UserError(f"{argument} cannot be read ({wrong}); if it is text, say {override(key, value)}")
    return f"{key}={quoted}"


def _no_value(argument: str, before: str) -> UserError:
    """The refusal of an argument without `=`, perhaps the end of a value with blanks that the shell has split."""
    key, equals, value = before.partition("=")
    split = f"; a value with blanks needs quotes, as in {override(key, f'{value} {argument}')}" if equals else ""
    return UserError(f"{argument} is no key=value{split}; see --help")


def _wrong(parser: Any, argument: str) -> str | None:
    """What Hydra's grammar complains of; None where it reads the argument."""
    try:
        parser.parse_override(argument)
    except Exception as error:  # of Hydra, of the functions it calls, or of Python's int
        return str(error)
    return None


def _quoted(parser: Any, value: str, deep: int = 0) -> str | None:
    """The value with those texts in quotes that Hydra refuses; None where brackets or quotes do not match."""
    elements = list(_elements(value))
    if len(elements) > 1 and deep < DEEPEST:
        each = [_quoted(parser, element, deep + 1) for element in elements]
        return None if None in each else ",".join(map(str, each))
    text = value.strip(" \t")
    if _wrong(parser, f"x={text}") is None:
        return text or None
    if text.startswith("[") and text.endswith("]") and deep < DEEPEST:
        within = _quoted(parser, text[1:-1], deep + 1)
        return None if within is None else f"[{within}]"
    called = re.match(r"(\w+) ?\(", text)
    if text[0] in "[]{}'\"" or (called and called.group(1) in parser.functions.functions):
        return None
    return in_quotes(text)


def _elements(value: str) -> Iterator[str]:
    """The parts of a value between its commas, except for commas within brackets or quotes."""
    begin, deep, quote = 0, 0, ""
    for place, letter in enumerate(value):
        if quote:
            quote = "" if letter == quote and value[place - 1] != "\\" else quote
        elif letter in "'\"" and not value[begin:place].strip(" \t["):
            quote = letter
        elif letter in "([{":
            deep += 1
        elif letter in ")]}":
            deep -= 1
        elif letter == "," and deep == 0:
            yield value[begin:place]
            begin = place + 1
    yield value[begin:]
