"""J on a slice through the space of all weights, with what is drawn on it, and with how far that lies off it.

A point is drawn as large as it lies far off the slice. Beside the picture stand, for each point that is named, its own J and J
where it is drawn: where they differ, the picture does not show what is there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnexp.figures import style
from nnexp.figures.marks import mark
from nnexp.optima.between.slices import Relief, Seen

Array = NDArray[np.float64]

DEEP = LinearSegmentedColormap.from_list("heights", ["#0b3c5d", style.BLUE, "#8cc0de", style.PALE])
LEVELS = 24
MOST_ROWS = 14
ON = 1e-9
"""Points that lie off by less than this share of the greatest number on the axes are on the slice."""


def plane(relief: Relief, seen: Seen, names: Sequence[str], paths: Sequence[Array] = ()) -> Figure:
    """A Figure of J over a plane, with points on it or off it, and a table of what that hides.

    Args:
        relief: J on the grid.
        seen: the points that are named.
        names: of the points, such as "optimum 3".
        paths: trajectories as a plane shows them, (points, 2) each.
    """
    made = style.figure(9.6, 5.2)
    axes, table = made.subplots(1, 2, width_ratios=[1.5, 1.0])
    style.tidy(axes, "J on the slice", *_axis_names(relief))
    contours(made, axes, relief)
    for path in paths:
        axes.plot(path[:, 0], path[:, 1], color=style.INK, linewidth=0.9, alpha=0.8)
    _points(axes, seen, _width(relief))
    axes.set(xlim=_ends(relief.axes[0]), ylim=_ends(relief.axes[1]))
    _table(table, seen, names)
    style.legend(made, _marks(bool(len(paths))))
    _numbered(axes, seen.t)
    return made


def line(relief: Relief, seen: Seen, names: Sequence[str]) -> Figure:
    """A Figure of J along a line, with points on it or off it; the arguments are those of `plane`.

    A point stands at its own J, a stroke leads from there to J where it is drawn.
    """
    made = style.figure(9.6, 4.4)
    axes, table = made.subplots(1, 2, width_ratios=[1.5, 1.0])
    style.tidy(axes, "J on the line", _axis_names(relief)[0], "J")
    axes.plot(relief.axes[0], relief.J, color=style.BLUE, linewidth=1.8)
    axes.vlines(seen.t[:, 0], seen.J, seen.J_drawn, color=style.INK, linewidth=1.0)
    axes.scatter(
        seen.t[:, 0],
        seen.J,
        s=_areas(seen, _width(relief)),
        color=style.ORANGE,
        edgecolors=style.INK,
        linewidths=0.8,
        zorder=3,
    )
    _table(table, seen, names)
    style.legend(made, _marks(paths=False)[:2])
    _numbered(axes, np.column_stack([seen.t[:, 0], seen.J]))
    return made


def _axis_names(relief: Relief) -> list[str]:
    """Of the slice's numbers, with the share of variance along each."""
    shares = relief.on.explained or (None,) * len(relief.on.names)
    return [
        name if share is None else f"{name} ({share:.0%} of variance)"
        for name, share in zip(relief.on.names, shares, strict=True)
    ]


def contours(made: Figure, axes: Axes, relief: Relief, colors: Colormap = DEEP) -> None:
    """Draw J over a plane into axes, low where the colors are dark, with a bar that says how high they are.

    Raises:
        NothingToDraw: if J is finite nowhere.
    """
    levels, norm = scale(relief)
    heights = np.ma.masked_invalid(relief.J)
    axes.contourf(*relief.axes, heights, levels=levels, cmap=colors, norm=norm)
    axes.contour(*relief.axes, heights, levels=levels[::3], colors="white", linewidths=0.5, alpha=0.7)
    bar = made.colorbar(ScalarMappable(norm, colors), ax=axes, pad=0.02)
    ticks = (np.geomspace if isinstance(norm, LogNorm) else np.linspace)(levels[0], levels[-1], 6)
    bar.set_ticks(list(ticks), labels=_apart(ticks), fontsize=style.SMALL)
    bar.ax.minorticks_off()
    bar.outline.set_visible(False)


def _apart(numbers: Array) -> list[str]:
    """Numbers with as many digits as tell them apart, three at least."""
    written = ([f"{number:.{digits}g}" for number in numbers] for digits in range(3, 17))
    return next(each for each in written if len(set(each)) == len(set(numbers)))


def scale(relief: Relief) -> tuple[Array, Normalize]:
    """(LEVELS,), the heights between which colors change, and the scale of the colors: logarithmic where J varies by much.

    Raises:
        NothingToDraw: if J is finite nowhere.
    """
    known = relief.J[np.isfinite(relief.J)]
    if not len(known):
        raise style.NothingToDraw("J is infinite all over the slice; take narrower limits")
    low, high = float(known.min()), float(known.max())
    logarithmic = low > 0.0 and high > 3.0 * low
    levels = (np.geomspace if logarithmic else np.linspace)(low, high if high > low else low + 1.0, LEVELS)
    return levels, (LogNorm if logarithmic else Normalize)(levels[0], levels[-1])


def _points(axes: Axes, seen: Seen, width: float) -> None:
    x, y = seen.t.T
    axes.scatter(
        x, y, s=_areas(seen, width), color=style.ORANGE, edgecolors="white", linewidths=1.0, alpha=0.9, zorder=3
    )


def _numbered(axes: Axes, places: Array) -> None:
    shown = places[:MOST_ROWS]
    halo = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
    mark(axes, shown, [f"{number}" for number in range(1, len(shown) + 1)], 6.0, bbox=halo, zorder=4)


def _areas(seen: Seen, width: float) -> Array:
    """(points,), in square points: small on the slice, up to ten times as large where they lie off it by its whole width."""
    return 30.0 + 270.0 * np.clip(seen.off / width, 0.0, 1.0)


def _width(relief: Relief) -> float:
    """How long the longest side of the picture is, in the length of theta."""
    sides = [np.ptp(axis) * np.linalg.norm(d) for axis, d in zip(relief.axes, relief.on.directions.T, strict=True)]
    return float(max(sides))


def _ends(axis: Array) -> tuple[float, float]:
    return float(axis[0]), float(axis[-1])


def _table(axes: Axes, seen: Seen, names: Sequence[str]) -> None:
    """J of each point, J where it is drawn, and how far off it lies; J as drawn is red where the slice lies."""
    axes.set_axis_off()
    columns = (0.0, 0.08, 0.52, 0.76, 1.0)
    for x, title in zip(columns[1:], ("", "J", "J as drawn", "off by"), strict=True):
        axes.text(x, 0.97, title, ha="right", va="top", fontsize=style.SMALL, color="#666666", transform=axes.transAxes)
    for row in range(min(len(names), MOST_ROWS)):
        y = 0.90 - 0.06 * row
        lies = abs(seen.J_drawn[row] - seen.J[row]) > 0.01 * abs(seen.J[row])
        off = seen.off[row] if seen.off[row] > ON * max(1.0, float(np.abs(seen.t).max())) else 0.0
        said = (f"{row + 1}", names[row], f"{seen.J[row]:.5g}", f"{seen.J_drawn[row]:.5g}", f"{off:.3g}")
        for x, word, place in zip(columns, said, ("left", "left", "right", "right", "right"), strict=True):
            color = style.RED if lies and x == columns[3] else style.INK
            axes.text(x, y, word, ha=place, va="top", fontsize=style.SMALL, color=color, transform=axes.transAxes)
    if len(names) > MOST_ROWS:
        more = f"and {len(names) - MOST_ROWS} more"
        axes.text(0.08, 0.90 - 0.06 * MOST_ROWS, more, va="top", fontsize=style.SMALL, transform=axes.transAxes)


def _marks(paths: bool) -> list[object]:
    marks = [style.dot("on the slice", style.ORANGE, size=5.5), style.dot("far off it", style.ORANGE, size=14.0)]
    return [*marks, style.line("trajectory, projected", width=0.9)] if paths else list(marks)
