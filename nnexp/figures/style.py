"""The one look of every picture: colours, type, axes, legends.

Colours are Okabe and Ito's, which survive colour blindness and a projector: label 0 is blue, label 1 is orange, and between
them lies a map that is nearly white where the net does not know. Figures are made without pyplot, so nothing is shared
between threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from numpy.typing import NDArray

from nnexp.errors import UserError
from nnexp.figures import fit

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

BLUE, ORANGE, RED, INK, PALE, GREY = "#0072B2", "#E69F00", "#D55E00", "#222222", "#f7f7f5", "#c8c8c8"
COLORS = (BLUE, ORANGE, "#009E73", "#CC79A7", "#56B4E9", RED, "#F0E442", "#332288", "#882255", "#999933")
"""Of classes by number, and of lines; the first seven are Okabe and Ito's."""

SMALL, TEXT, TITLE = 8.0, 9.5, 12.0
ROW, LONGEST_ROW = 0.27, 3.3
"""Inches of a row of a Figure whose name has one line, and of the longest line."""

HANDLE, GAP, LINE = 2.8, 2.0, 0.19
"""Of a legend: what stands before a label and between two columns, in times the letters' size, and inches of a line."""

LEVELS, SOFT = 256, 0.42
"""Colors of a ramp, and the share of white in its last."""


class NothingToDraw(UserError):
    """A picture that these runs cannot give; its text says why, and what to do."""


def figure(width: float, height: float) -> Figure:
    """An empty Figure of this many inches, whose parts make room for one another."""
    made = Figure(figsize=(width, height), dpi=100, facecolor="white")
    made.set_layout_engine(fit.Fitted(w_pad=0.07, h_pad=0.06))
    return made


def engine(made: Figure) -> fit.Fitted:
    """What lays a Figure of this module out."""
    found = made.get_layout_engine()
    assert isinstance(found, fit.Fitted)
    return found


def grid(n: int, columns: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A Figure of n axes, each of this many inches, in rows of at most so many, and the axes in reading order."""
    columns = min(n, columns)
    rows = math.ceil(n / columns)
    made = figure(width * columns, height * rows + 0.6)
    places = made.subplots(rows, columns, squeeze=False).ravel()
    for spare in places[n:]:
        spare.remove()
    return made, list(places[:n])


def tidy(axes: Axes, title: str = "", x: str = "", y: str = "") -> None:
    """Name the axes, and take away what carries nothing."""
    axes.set_title(title, fontsize=TEXT, color=INK)
    axes.set_xlabel(x, fontsize=TEXT, color=INK)
    axes.set_ylabel(y, fontsize=TEXT, color=INK)
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_offset_text().set_fontsize(SMALL)
    axes.tick_params(labelsize=SMALL, color=GREY, labelcolor=INK, which="both")
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(GREY)


def name_solid(axes: Any, names: Sequence[str], pad: float) -> None:
    """Name x and y of three-dimensional axes of a Figure, wrapped and clear of the tick labels.

    Args:
        axes: three-dimensional ones.
        names: of x and y.
        pad: points from an axis to a name of one line.
    """
    width = 0.75 * fit.POINTS * axes.bbox.width / axes.figure.dpi
    for axis, name in zip((axes.xaxis, axes.yaxis), names, strict=True):
        said = fit.wrapped(name, max(width, fit.LEAST), TEXT)
        axis.set_label_text(said, fontsize=TEXT, color=INK)
        axis.labelpad = pad + 0.7 * TEXT * said.count("\n")


def framed(axes: Axes) -> None:
    """A thin frame and no ticks, for a small picture."""
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(GREY)


def legend(made: Figure, handles: Sequence[Any], columns: int = 8) -> None:
    """Say below the whole Figure what its marks mean, in at most so many columns, as many as its width has room for.

    Labels that are longer than the Figure is wide are wrapped; the Figure grows by the lines that this adds.
    """
    room = fit.POINTS * made.get_figwidth() - 2.0 * TEXT
    for handle in handles:
        handle.set_label(fit.wrapped(handle.get_label(), room - HANDLE * TEXT, TEXT))
    widths = [max(fit.length(line, TEXT) for line in handle.get_label().split("\n")) for handle in handles]
    wanted = max(1, min(columns, len(widths)))
    fitting = next((n for n in range(wanted, 1, -1) if _across(widths, n) <= room), 1)
    lines = [handle.get_label().count("\n") + 1 for handle in handles]
    more = _rows(lines, fitting) - math.ceil(len(lines) / wanted)
    made.set_figheight(made.get_figheight() + LINE * more)
    made.legend(
        handles=list(handles), loc="outside lower center", ncols=fitting, frameon=False, fontsize=TEXT, labelcolor=INK
    )


def _parts(values: Sequence[Any], n: int) -> list[Sequence[Any]]:
    """The entries of a legend by its n columns, as matplotlib fills them."""
    return [part.tolist() for part in np.array_split(np.array(values), n)]


def _across(widths: Sequence[float], n: int) -> float:
    """How many points a legend of n columns is wide, for the lengths of its labels."""
    return sum(max(part) + HANDLE * TEXT for part in _parts(widths, n)) + GAP * TEXT * (n - 1)


def _rows(lines: Sequence[int], n: int) -> int:
    """How many lines of text the tallest of n columns has."""
    return max((sum(part) for part in _parts(lines, n)), default=0)


def key(axes: Axes, width: float | None = None) -> int:
    """Say below axes what the marks in them mean; gives how many lines that takes.

    Args:
        axes: with marks that have labels.
        width: inches to which labels are wrapped, one below the other; side by side as they are unless given.
    """
    handles, labels = axes.get_legend_handles_labels()
    said = [
        label if width is None else fit.wrapped(label, fit.POINTS * width - HANDLE * SMALL, SMALL) for label in labels
    ]
    made = axes.legend(
        *(handles, said), ncols=len(said) if width is None else 1, loc="upper center", borderaxespad=0.0, frameon=False
    )
    made.set_gid(fit.BELOW)
    for text in made.get_texts():
        text.set(fontsize=SMALL, color=INK)
    return sum(label.count("\n") + 1 for label in said)


def columns(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """The handles of a legend of two columns, blanks at the foot of the shorter."""
    rows, blank = max(len(first), len(second)), line(" ", "none")
    return [handle for column in (first, second) for handle in (*column, *[blank] * (rows - len(column)))]


def dot(label: str, face: str, edge: str = "white", size: float = 8.0) -> Line2D:
    """A dot for a legend."""
    return Line2D([], [], linestyle="", marker="o", markersize=size, label=label, color=face, markeredgecolor=edge)


def square(label: str, face: str, edge: str = "white") -> Line2D:
    """A square for a legend."""
    return Line2D([], [], linestyle="", marker="s", markersize=8.0, label=label, color=face, markeredgecolor=edge)


def area(label: str, color: str) -> Patch:
    """A patch for a legend, in the soft form of a color that `ramp` ends with."""
    return Patch(color=tint(color, "white", SOFT), label=label)


def tick(label: str) -> Line2D:
    """An upright stroke for a legend."""
    return Line2D([], [], linestyle="", marker="|", markersize=12, markeredgewidth=2, color=INK, label=label)


def line(label: str, color: str = INK, dashes: Any = "-", width: float = 2.0) -> Line2D:
    """A line for a legend."""
    return Line2D([], [], linestyle=dashes, linewidth=width, color=color, label=label)


def says(axes: Axes, sentence: str, color: str = INK) -> None:
    """Put a sentence where the picture would be."""
    axes.text(0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", fontsize=TEXT, color=color)


def rows(names: Sequence[str]) -> tuple[list[str], float]:
    """The names of rows of a Figure in lines of at most LONGEST_ROW inches, and how many inches high each row has to be."""
    said = [fit.wrapped(fit.plain(name), fit.POINTS * LONGEST_ROW, SMALL) for name in names]
    return said, ROW + 0.13 * max((name.count("\n") for name in said), default=0)


def plain_ticks(axes: Axes, ratio: float) -> None:
    """Numbers on log axes as people write them, between the decades too where the greatest is this many times the least."""
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            plain_axis(axis, ratio)


def plain_axis(axis: Any, ratio: float) -> None:
    """The same of one log axis."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if ratio < 300.0 else (1.0,)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def mix(color: str, other: str, share: float) -> Array:
    """(3,), the colour with this share of another, red, green and blue between 0 and 1."""
    return (1.0 - share) * np.array(to_rgb(color)) + share * np.array(to_rgb(other))


def tint(color: str, other: str, share: float) -> str:
    """The same colour as a name that matplotlib takes anywhere."""
    return to_hex(tuple(mix(color, other, share).tolist()))


def class_colors(n: int) -> list[str]:
    """The colours of n classes; past the palette's end they come round again."""
    return [COLORS[i % len(COLORS)] for i in range(n)]


def diverging() -> Pixels:
    """(LEVELS, 3), from blue (0) over nearly white (1/2) to orange (1), soft enough for points to show on it."""
    return np.concatenate([ramp(BLUE, LEVELS // 2)[::-1], ramp(ORANGE, LEVELS - LEVELS // 2)])


def ramp(color: str, levels: int = LEVELS) -> Pixels:
    """(levels, 3), from nearly white to a soft form of the colour."""
    share = np.linspace(0.0, 1.0, levels)[:, None]
    return as_pixels((1.0 - share) * np.array(to_rgb(PALE)) + share * mix(color, "white", SOFT))


def as_pixels(color: Array) -> Pixels:
    """Colours between 0 and 1 as uint8."""
    return np.round(255.0 * color).astype(np.uint8)
