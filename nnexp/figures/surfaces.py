"""What does a function of two inputs look like: as a surface above their plane, and seen from above?

Both views of a function have the same axes and the same colors: nearly white at its threshold, blue below, orange above, the
deeper the further from it. A dark line runs where it passes the threshold. Panels of labels are blue for 0 and orange for 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnexp.figures import fit, style
from nnexp.figures.fields import LEAST_REACH, Field, Points

Array = NDArray[np.float64]

SIDE = 2.75
"""Inches of a panel."""
ELEVATION, AZIMUTH, ZOOM = 35.0, -62.0, 1.08
MOST_HEIGHTS, CLIFF_COLOR = 16, "#dddddb"
"""A surface of so few heights at most is one of steps, whose cliffs are grey: they have no label."""
AN_ENTRY = 2.25
"""Inches that an entry of the legend takes."""


@dataclass(frozen=True)
class Panel:
    """One view of a function.

    view: the surface, the same from above, or the labels that it gives from above.
    old: a function whose passing of its threshold is drawn dashed, for what was there before.
    turned: whether a surface is seen from the other side, as one that would else show its back.
    """

    title: str
    field: Field
    view: Literal["surface", "above", "labels"] = "surface"
    points: Points | None = None
    old: Field | None = None
    turned: bool = False


def both(title: str, field: Field, points: Points | None = None, turned: bool = False) -> list[Panel]:
    """The surface of a function and the same from above, to stand side by side."""
    return [Panel(title, field, turned=turned), Panel("seen from above", field, "above", points)]


def grid(
    rows: Sequence[Sequence[Panel]],
    names: Sequence[str] = (),
    labels: tuple[str, str] = ("label 0", "label 1"),
    threshold: str = "threshold",
    title: str = "",
) -> Figure:
    """A Figure of rows of panels.

    Args:
        rows: of panels; a shorter row leaves its last places empty.
        names: of the rows, at their left; none unless given.
        labels: what label 0 and label 1 mean, for the legend.
        threshold: what the legend calls the value at which colors turn.
        title: above all.
    """
    across = max(len(row) for row in rows)
    made = style.figure(SIDE * across + 0.4 * bool(names), (SIDE + 0.15) * len(rows) + 0.7)
    for line, row in enumerate(rows):
        for place, panel in enumerate(row):
            solid = panel.view == "surface"
            axes = made.add_subplot(len(rows), across, line * across + place + 1, projection="3d" if solid else None)
            draw(axes, panel)
            if place == 0 and names:
                _name_row(axes, names[line], solid)
    made.suptitle(title, fontsize=style.TITLE, color=style.INK)
    marks = _marks([panel for row in rows for panel in row], labels, threshold)
    style.legend(made, marks, columns=max(2, int(made.get_figwidth() / AN_ENTRY)))
    return made


def draw(axes: Any, panel: Panel) -> None:
    """Draw a panel into axes, three-dimensional ones for a surface."""
    (_solid if panel.view == "surface" else _flat)(axes, panel)


def _name_row(axes: Any, name: str, solid: bool) -> None:
    place = (-0.06, 0.5) if solid else (-0.32, 0.5)
    write = axes.text2D if solid else axes.text
    write(
        *place,
        fit.wrapped(name, fit.POINTS * SIDE, style.TITLE),
        transform=axes.transAxes,
        rotation=90,
        va="center",
        ha="right",
        fontsize=style.TITLE,
        color=style.INK,
    )


def _solid(axes: Any, panel: Panel) -> None:
    """The surface, with the line on it where it passes the threshold."""
    field = panel.field
    X, Y = np.meshgrid(field.x, field.y)
    axes.computed_zorder = False  # or the surface would hide the line that lies on it
    axes.plot_surface(
        X,
        Y,
        field.heights,
        facecolors=_sides(field),
        rstride=1,
        cstride=1,
        linewidth=0.0,
        antialiased=False,
        shade=False,
    )
    if _passes(field):
        fine = field.fine or field
        border = *np.meshgrid(fine.x, fine.y), fine.heights, [field.threshold]
        axes.contour(*border, colors=[style.INK], linewidths=1.3, zorder=10)
    axes.view_init(ELEVATION, AZIMUTH + 180.0 * panel.turned)
    axes.set_box_aspect((1.0, 1.0, 0.75), zoom=ZOOM)
    axes.set_title(panel.title, fontsize=style.TEXT, color=style.INK)
    style.name_solid(axes, field.names, -4.0)
    axes.tick_params(labelsize=style.SMALL - 1.0, pad=-2)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((1.0, 1.0, 1.0, 0.0))
        axis._axinfo["grid"].update(color=style.GREY, linewidth=0.4)
    axes.locator_params(nbins=4)


def _sides(field: Field) -> Array:
    """(rows, columns, 3), the colors of a surface's parts, each from one point of the grid to the next."""
    heights, colors = field.heights, field.colors()
    if len(np.unique(heights.round(9))) <= MOST_HEIGHTS:
        corners = np.stack([heights[:-1, :-1], heights[1:, :-1], heights[:-1, 1:], heights[1:, 1:]])
        colors[:-1, :-1][np.ptp(corners, axis=0) > LEAST_REACH] = to_rgb(CLIFF_COLOR)
    return colors


def _flat(axes: Any, panel: Panel) -> None:
    """From above: the same colors, or the two labels."""
    field = panel.field.fine or panel.field
    ends = _edges(field.x), _edges(field.y)
    colors = field.colors() if panel.view == "above" else _two(field.labels())
    axes.imshow(colors, extent=(*ends[0], *ends[1]), origin="lower", aspect="auto", interpolation="nearest")
    _threshold(axes, field, "solid")
    if panel.old is not None:
        _threshold(axes, panel.old.fine or panel.old, "dashed")
    if panel.points is not None:
        _dots(axes, panel.points)
    style.tidy(axes, panel.title, *field.names)
    axes.set_box_aspect(1.0)
    axes.set(xlim=ends[0], ylim=ends[1])
    axes.locator_params(nbins=5)


def _threshold(axes: Any, field: Field, dashes: Literal["solid", "dashed"]) -> None:
    if _passes(field):
        axes.contour(
            field.x, field.y, field.heights, [field.threshold], colors=[style.INK], linewidths=1.5, linestyles=dashes
        )


def _passes(field: Field) -> bool:
    """Whether it lies on both sides of its threshold."""
    return bool(field.heights.min() < field.threshold < field.heights.max())


def _dots(axes: Any, points: Points) -> None:
    """The points by their label, each class with a shape of its own too."""
    for label, color, marker in ((0.0, style.BLUE, "o"), (1.0, style.ORANGE, "s")):
        x = points.x[:, points.label == label]
        dark = style.mix(color, "black", 0.3)
        axes.scatter(*x, s=24, color=[dark], marker=marker, edgecolors="white", linewidths=0.7, zorder=3)


def _two(labels: NDArray[np.bool_]) -> Array:
    """The soft colors of label 0 and label 1."""
    low, high = (style.mix(color, "white", style.SOFT) for color in (style.BLUE, style.ORANGE))
    return np.where(labels[..., None], high, low)


def _edges(centers: Array) -> tuple[float, float]:
    half = 0.5 * float(centers[1] - centers[0])
    return float(centers[0]) - half, float(centers[-1]) + half


def _marks(panels: Sequence[Panel], labels: tuple[str, str], threshold: str) -> list[Any]:
    """What the colors, lines and points of these panels mean."""
    named = any(panel.view == "labels" for panel in panels)
    marks: list[Any] = []
    if any(panel.view != "labels" for panel in panels):
        words = (f"below the {threshold}", f"above the {threshold}")
        words = (f"{words[0]}: {labels[0]}", f"{words[1]}: {labels[1]}") if named else words
        marks = [style.area(words[0], style.BLUE), style.area(words[1], style.ORANGE)]
    elif named:
        marks = [style.area(labels[0], style.BLUE), style.area(labels[1], style.ORANGE)]
    marks.append(style.line(f"at the {threshold}", width=1.5))
    if any(panel.old is not None for panel in panels):
        marks.append(style.line("where it was", dashes="--", width=1.5))
    if any(panel.points is not None for panel in panels):
        marks += [_dot(f"point of {labels[0]}", style.BLUE, "o"), _dot(f"point of {labels[1]}", style.ORANGE, "s")]
    return marks


def _dot(label: str, color: str, marker: str) -> Any:
    made = style.dot(label, style.tint(color, "black", 0.3))
    made.set_marker(marker)
    return made
