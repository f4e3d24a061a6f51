"""Functions and measured values as lines and dots, panel beside panel: what stands in each is said as data.

For what has a picture of its own (loss curves over seeds, boundaries, catalogues), see the module of that name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from nnexp.figures import fit, style

BESIDE = 0.9
"""Inches of a panel that its axes do not have."""
FEW_DECADES = 1e4
"""An axis of logarithms whose ends are nearer to one another than this has its numbers as people write them."""


@dataclass(frozen=True)
class Line:
    """A line through points; without a label it has no place in the legend."""

    x: ArrayLike
    y: ArrayLike
    label: str = ""
    color: str = style.BLUE
    dashes: Any = "-"
    width: float = 2.2
    alpha: float = 1.0


@dataclass(frozen=True)
class Dots:
    """Points by themselves, filled or hollow, before or behind the lines."""

    x: ArrayLike
    y: ArrayLike
    label: str = ""
    color: str = style.BLUE
    size: float = 26.0
    hollow: bool = False
    marker: str = "o"
    behind: bool = False


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    x, y: what they say. marks: what is drawn, in this order. note: a sentence below the title.
    x_scale, y_scale: linear, log or symlog. x_limits, y_limits: where they end, as the marks need unless given.
    ticks: where the x-axis is marked, with words, in place of numbers.
    """

    title: str
    x: str
    y: str
    marks: Sequence[Line | Dots]
    note: str = ""
    x_scale: str = "linear"
    y_scale: str = "linear"
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None
    ticks: tuple[Sequence[float], Sequence[str]] | None = None


def panels(
    shown: Sequence[Panel], columns: int = 3, width: float = 4.1, height: float = 3.7, title: str = ""
) -> Figure:
    """A Figure of these panels, at most so many side by side, each of this many inches, with its legend below it."""
    made, places = style.grid(len(shown), columns, width, height)
    lines = max(draw(axes, panel, width) for axes, panel in zip(places, shown, strict=True))
    rows = -(-len(shown) // columns)
    made.set_figheight(made.get_figheight() + rows * lines * style.LINE)
    made.suptitle(title, fontsize=style.TITLE, color=style.INK)
    return made


def draw(axes: Axes, panel: Panel, width: float = 4.1) -> int:
    """Draw a panel into axes that are this many inches wide; gives how many lines its legend below the axes has."""
    for mark in panel.marks:
        _mark(axes, mark)
    style.tidy(axes, f"{panel.title}\n{panel.note}".strip(), panel.x, panel.y)
    axes.set(xscale=panel.x_scale, yscale=panel.y_scale)
    if panel.x_limits:
        axes.set_xlim(panel.x_limits)
    if panel.y_limits:
        axes.set_ylim(panel.y_limits)
    _ticks(axes, panel, width)
    return style.key(axes, width) if any(mark.label for mark in panel.marks) else 0


def _ticks(axes: Axes, panel: Panel, width: float) -> None:
    axes.grid(color=style.GREY, linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if axis.get_scale() == "log" and high / low < FEW_DECADES:
            style.plain_axis(axis, high / low)
    if panel.ticks is not None:
        room = fit.POINTS * (width - BESIDE) / len(panel.ticks[0])
        axes.set_xticks(list(panel.ticks[0]), [fit.wrapped(word, room, style.SMALL) for word in panel.ticks[1]])
        axes.minorticks_off()


def _mark(axes: Axes, mark: Line | Dots) -> None:
    x, y, label = np.asarray(mark.x), np.asarray(mark.y), mark.label or None
    if isinstance(mark, Line):
        axes.plot(
            x, y, label=label, color=mark.color, linestyle=mark.dashes, linewidth=mark.width, alpha=mark.alpha, zorder=2
        )
        return
    faces: Any = "none" if mark.hollow else mark.color
    edges = mark.color if mark.hollow else "white"
    axes.scatter(
        *(x, y, mark.size), label=label, facecolors=faces, edgecolors=edges, marker=mark.marker, linewidths=0.9
    ).set_zorder(1 if mark.behind else 3)
