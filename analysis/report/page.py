"""What is a page made of? Sections of sentences, tables and pictures, and the page that they become.

Every table and picture says of which runs it is. Pictures are part of the page, as PNG in base64, so that the page is one file
and needs nothing else.
"""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

DPI = 110
PERCENT = ("share", "error", "unseen")
"""Words in a column's heading by which its numbers are shares."""


@dataclass(frozen=True)
class Table:
    """A table.

    rows: its cells, under headings that a reader understands. says: its caption. of: numbers of objectives, all if none.
    """

    rows: pd.DataFrame
    says: str
    of: tuple[int, ...] = ()
    kind: str = "table"

    def cells(self) -> list[list[str]]:
        """The rows as text."""
        return [[cell(str(name), value) for name, value in row.items()] for row in self.rows.to_dict("records")]


@dataclass(frozen=True)
class Picture:
    """A picture.

    alt: what it shows, for who cannot see it. says: its caption. of: numbers of objectives, all if none.
    metadata: what its file says of where it comes from, by name. dpi: points of the file an inch.
    """

    figure: Figure
    alt: str
    says: str
    of: tuple[int, ...] = ()
    kind: str = "picture"
    metadata: Mapping[str, str] = field(default_factory=dict)
    dpi: int = DPI

    @functools.cached_property
    def png(self) -> bytes:
        """The picture's file."""
        drawn = io.BytesIO()
        self.figure.savefig(drawn, format="png", dpi=self.dpi, metadata={"Software": None, **self.metadata})
        return drawn.getvalue()

    def data(self) -> str:
        """The picture as the text of an address."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


@dataclass(frozen=True)
class Words:
    """A paragraph. look: plain unless given, `ask` for what to think of first, `command` for what is typed."""

    text: str
    look: Literal["plain", "ask", "command"] = "plain"
    kind: str = "words"


Part = Words | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it. id: by which it is linked to."""

    id: str
    title: str
    parts: Sequence[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """Where a page comes from.

    runs: name and ids by the number of their objective. made: versions and the like, by name. commit: as captions name it.
    what: what the runs are grouped by. whole: how captions call all of them. configs: what was asked for, by the same numbers.
    """

    runs: dict[int, tuple[str, list[str]]]
    made: dict[str, str]
    commit: str
    what: str = "objective"
    whole: str = "all of the sweep"
    configs: Mapping[int, str] = field(default_factory=dict)

    def of(self, numbers: Sequence[int]) -> int:
        """How many runs these objectives have; of all, where none is named."""
        return sum(len(ids) for n, (_, ids) in self.runs.items() if not numbers or n in numbers)


def cell(name: str, value: object) -> str:
    """A cell as text: shares in percent, numbers to four digits, nothing for what is missing."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if any(word in name for word in PERCENT):
            return f"{value:.0%}" if value in (0.0, 1.0) else f"{value:.1%}"
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e12 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def render(title: str, question: str, summary: Sequence[str], sections: Sequence[Section], source: Source) -> str:
    """The page, as HTML."""
    house = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    house.trim_blocks = house.lstrip_blocks = True
    template = house.get_template("page.html.jinja")
    return template.render(title=title, question=question, summary=summary, sections=sections, source=source)
