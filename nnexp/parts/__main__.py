"""List the parts that there are: what each does, and its parameters with their defaults and bounds.

    python -m nnexp.parts                  every kind
    python -m nnexp.parts activation       one kind
    python -m nnexp.parts --markdown       the same as Markdown, which docs/parts.md holds
    python -m nnexp.parts --release same   for developers of nnexp, after its parts' code was changed: see docs/parts.md

Everything is read off the registry: a part that is added appears by itself.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import textwrap
import types
import typing
from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt

from nnexp.door import door
from nnexp.errors import unknown
from nnexp.fingerprints import fingerprint
from nnexp.parts import registry

COLUMNS = 100
SENTENCE = re.compile(r".*?\S\.(?=\s+[A-Z`]|$)")
"""Up to the first full stop that a new sentence, or nothing, follows."""

INTRODUCTION = """\
# Parts

What an experiment is made of, by kind. A part is chosen by its name, as in `python -m nnexp activation=relu`, and several in
a list, which is an axis of the sweep: `activation=[tanh,relu]`. Its parameters stand under its name,
`optimizer=sgd optimizer.sgd.batch_size=[1,16]`, and a list is an axis there too. Of a range, a bracket's end belongs to it and
a parenthesis' end does not. `python -m nnexp.parts` prints this list, `python -m nnexp.parts activation` one kind of it.

To add a part, write one class under `@part(kind, name)` in its kind's module, its parameters as annotated fields, and one file
of their defaults, `conf/<kind>/<name>.yaml`. Nothing else is needed: sweeps, records, tests and the printed list find it by
themselves. `python -m nnexp.parts --markdown > docs/parts.md` makes this page anew.

## When the code of a part changes

A run's id includes what its parts do. A part of your own counts by a fingerprint of its code: its methods, its base classes,
and the functions, constants and arrays that they use. After an edit the same sweep trains again. Comments, docstrings, type
hints and layout make no difference, and neither does Python's version. A data set of your own counts by the arrays that it
loads.

The parts that nnexp brings have the fingerprints that `nnexp/parts/released.json` lists, and ids without them. If you change
the code of one and do nothing else, its runs get new ids, and NumPy trains them, not the compiled kernels. Developers of nnexp
whose change is to stay run one of these before they commit, and a test fails until they do:

- `python -m nnexp.parts --release same`: every result is the same to the last bit, so runs keep their ids;
- `python -m nnexp.parts --release new`: results differ, so the part gets a new version, and its runs new ids.

## Left out on purpose

Dropout. It makes J itself random: each step minimises the loss of another, thinned net, so there is no fixed landscape whose
endpoints could be judged, or compared across seeds. What regularizes here is l2, l1, early stopping and fewer units.
"""


def main() -> None:
    """Run the command line; leaves with 2 where the kind is not known."""
    parser = argparse.ArgumentParser(prog="python -m nnexp.parts", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", nargs="?", help=f"one of: {', '.join(registry.MODULES)}; all unless given")
    parser.add_argument("--markdown", action="store_true", help="as Markdown, which docs/parts.md holds")
    parser.add_argument(
        "--release",
        choices=["same", "new"],
        help="keep the fingerprints of changed code in released.json: same where every result is the same to the last bit, "
        "new where runs with these parts are to get new ids",
    )
    asked = parser.parse_args()
    if asked.release:
        door(lambda: release(asked.release == "new"))
        return
    say = markdown if asked.markdown else plain
    door(lambda: print(say(_kinds(asked.kind)), end=""))


def release(new: bool) -> None:
    """Keep the fingerprint of every part that nnexp brings; with `new`, those whose code changed get another version."""
    found = {
        kind: {name: _released(kind, name, fingerprint(cls), new) for name, cls in registry.known(kind).items()}
        for kind in registry.MODULES
    }
    registry.RELEASED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _released(kind: str, name: str, found: str, new: bool) -> tuple[str, int]:
    known, version = registry.released(kind, name)
    return found, version + (new and known not in ("", found))


def _kinds(kind: str | None) -> list[str]:
    if kind is None:
        return list(registry.MODULES)
    if kind not in registry.MODULES:
        raise unknown("kind", kind, registry.MODULES)
    return [kind]


def plain(kinds: Sequence[str]) -> str:
    """The parts of these kinds for a terminal of COLUMNS columns."""
    return "\n".join(_plain_kind(kind) for kind in kinds)


def _plain_kind(kind: str) -> str:
    width = 4 + max(map(len, registry.known(kind)))
    blank = " " * width
    lines = textwrap.wrap(f"{kind}: {question(kind)}", COLUMNS)
    for name in registry.known(kind):
        lines += textwrap.wrap(
            says(kind, name), COLUMNS, initial_indent=f"  {name}".ljust(width), subsequent_indent=blank
        )
        lines += textwrap.wrap(
            parameters(kind, name), COLUMNS, initial_indent=f"{blank}  ", subsequent_indent=f"{blank}  "
        )
    return "\n".join(lines) + "\n"


def markdown(kinds: Sequence[str]) -> str:
    """The parts of these kinds as Markdown, introduced where they are all there are."""
    sections = [INTRODUCTION] if list(kinds) == list(registry.MODULES) else []
    return "\n".join([*sections, *(_markdown_kind(kind) for kind in kinds)])


def _markdown_kind(kind: str) -> str:
    lines = [f"## {kind}", "", f"{question(kind)} (`{registry.MODULES[kind]}`)", ""]
    for name in registry.known(kind):
        lines.append(f"- **{name}**: {says(kind, name)}")
        lines += [f"  - {line}" for line in [parameters(kind, name)] if line]
    return "\n".join(lines) + "\n"


def question(kind: str) -> str:
    """The question that a kind answers: the first paragraph of its module."""
    doc = importlib.import_module(registry.MODULES[kind]).__doc__ or ""
    return " ".join(doc.split("\n\n")[0].split())


def says(kind: str, name: str) -> str:
    """What a part does: its docstring's first sentence; of a schedule also whether SGD settles with it."""
    summary = " ".join(registry.known(kind)[name].__doc__.split("\n\n")[0].split())
    first = SENTENCE.match(summary)
    sentence = first.group() if first else summary
    settles = getattr(registry.make(kind, name), "robbins_monro", False)
    return f"{sentence} Satisfies Robbins-Monro with these defaults." if settles else sentence


def parameters(kind: str, name: str) -> str:
    """The parameters of a part, each with its default and bounds; empty where it has none."""
    cls = registry.known(kind)[name]
    hints, made = typing.get_type_hints(cls, include_extras=True), cls()
    return "; ".join(f"{f.name}={written(getattr(made, f.name))}: {allowed(hints[f.name])}" for f in fields(cls))


def written(value: Any) -> str:
    """A default as a config says it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, float):
        return re.sub(r"e-0*", "e-", str(value))
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value) or "''"


def allowed(hint: Any) -> str:
    """The values that a parameter of this type may have, in a few words."""
    origin, within = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(allowed, within))
    if origin is Literal:
        return " or ".join(map(str, within))
    if origin is tuple:
        return f"list of {_several(allowed(within[0]))}"
    if origin is Annotated:
        return f"{allowed(within[0])}{_range(within[1:])}"
    words = {int: "whole number", float: "number", bool: "true or false", str: "text", type(None): "null"}
    return words.get(hint, str(hint))


def _several(one: str) -> str:
    """What `allowed` says of one value, of several."""
    return re.sub(r"^(whole number|number|list|text)", r"\1s", one)


def _range(bounds: Sequence[Any]) -> str:
    """The range that bounds leave, as " in [0, 1)"; nothing where there are none."""
    low = next((b for b in bounds if isinstance(b, Ge | Gt)), None)
    high = next((b for b in bounds if isinstance(b, Le | Lt)), None)
    if low is None and high is None:
        return ""
    left = "(-inf" if low is None else f"[{_short(low.ge)}" if isinstance(low, Ge) else f"({_short(low.gt)}"
    right = "inf)" if high is None else f"{_short(high.le)}]" if isinstance(high, Le) else f"{_short(high.lt)})"
    return f" in {left}, {right}"


def _short(bound: Any) -> str:
    """A bound in few signs: 2^63, 1e6, 0.5."""
    if isinstance(bound, int) and bound > 2**30 and bound & (bound - 1) == 0:
        return f"2^{bound.bit_length() - 1}"
    return re.sub(r"e\+0*", "e", f"{bound:g}")


if __name__ == "__main__":
    main()
