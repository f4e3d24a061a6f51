"""What is a row of the lecture, and which are there?

Every module of this package may state rows in `ROWS`; they are found by themselves.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from analysis.experiment import Finding

Drawn = Callable[..., Figure]
Claimed = Callable[..., Iterable[Finding]]


@dataclass(frozen=True)
class Drawing:
    """One more figure of a row. alt: what it shows, for who cannot see it."""

    alt: str
    figure: Drawn


@dataclass(frozen=True)
class Row:
    """An idea of the lecture.

    id: L1 to L22. title: in a few words. says: what the lecture says. predict: what to ask before the figure is shown.
    alt: what the figure shows, for who cannot see it. sweeps: their files in `conf/sweep/lecture/`.
    figure, claims: from the endpoints of each sweep, an argument each, in that order. more: further figures.
    """

    id: str
    title: str
    says: str
    predict: str
    alt: str
    sweeps: tuple[str, ...]
    figure: Drawn
    claims: Claimed
    more: tuple[Drawing, ...] = ()

    @property
    def number(self) -> int:
        """Its place in the lecture, from 1."""
        return int(self.id[1:])

    @property
    def command(self) -> str:
        """What makes it again."""
        return f"make lecture ROW={self.id}"

    @property
    def drawings(self) -> list[Drawing]:
        """All its figures."""
        return [Drawing(self.alt, self.figure), *self.more]


def rows() -> dict[str, Row]:
    """Every row by its id, in the order of the lecture."""
    package = __name__.rpartition(".")[0]
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if module.name[:1] != "_"]
    modules = [importlib.import_module(f"{package}.{name}") for name in names]
    found = [row for module in modules for row in getattr(module, "ROWS", ())]
    return {row.id: row for row in sorted(found, key=lambda row: row.number)}
