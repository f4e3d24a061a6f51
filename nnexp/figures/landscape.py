"""What lies between optima: straight lines before and after matching, a band with its passes, and who shares which valley.

A straight line says what it crosses; a band, over what height a way is known. They are drawn with different marks, and never
called by the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from nnexp.figures import style
from nnexp.figures.marks import mark
from nnexp.optima.between.band import Bands
from nnexp.optima.between.landscape import Landscape, Superbasin
from nnexp.optima.between.passes import Passes
from nnexp.optima.distinct import rungs

Array = NDArray[np.float64]

MOST_LINES = 12
MOST_NAMES = 40
ROOM = 0.06


def lines(places: Array, unmatched: Array, matched: Array) -> Figure:
    """A Figure of J on the straight lines between pairs of optima, as trained and with the second matched to the first.

    Args:
        places: (points,), the share of the way, from 0 to 1.
        unmatched: (pairs, points), J on the line between the two as they were trained.
        matched: (pairs, points), J on the line to the equal of the second that is nearest to the first.
    """
    shown = np.unique(np.linspace(0, len(matched) - 1, min(MOST_LINES, len(matched))).round().astype(int))
    made = style.figure(6.4, 4.4)
    axes = made.subplots()
    many = f"{len(shown)} of {len(matched)} pairs" if len(shown) < len(matched) else f"{len(matched)} pairs"
    style.tidy(axes, f"J on the straight line between two optima ({many})", "share of the way", "J")
    for profiles, color in ((unmatched, style.ORANGE), (matched, style.BLUE)):
        axes.plot(places, profiles[shown].T, color=color, linewidth=1.3, alpha=0.75)
    if min(unmatched[shown].min(), matched[shown].min()) > 0.0:
        axes.set_yscale("log")
        style.plain_ticks(axes, float(unmatched[shown].max() / matched[shown].min()))
    axes.set_xlim(0.0, 1.0)
    style.legend(made, [style.line("as trained", style.ORANGE), style.line("matched: the nearest equal", style.BLUE)])
    return made


def band(found: Bands, which: int, over: Passes, straight: Array) -> Figure:
    """A Figure of one band's profile, the passes on it, and the straight line beside it.

    Args:
        found: the bands.
        which: the number of the band to be drawn.
        over: the passes found on them.
        straight: (points,), J at evenly spaced places on the straight line between the band's ends.
    """
    along, J = found.along()[which], found.J[which]
    made = style.figure(6.4, 4.4)
    axes = made.subplots()
    style.tidy(axes, "The lowest way found between two optima", "length along the band", "J")
    axes.plot(
        np.linspace(0.0, along[-1], len(straight)), straight, color=style.ORANGE, linewidth=1.6, linestyle=(0, (5, 2))
    )
    axes.plot(along, J, color=style.BLUE, linewidth=1.8, marker="o", markersize=4)
    axes.margins(y=0.12)
    style.legend(
        made,
        [
            style.line("band", style.BLUE),
            style.line("straight line, stretched to the same length", style.ORANGE, (0, (5, 2))),
            style.dot("pass", style.RED, size=9.0),
        ],
    )
    _mark_passes(axes, found.theta[which], along, over, which)
    return made


def _mark_passes(axes: Axes, images: Array, along: Array, over: Passes, which: int) -> None:
    """A dot for each pass, above the image of the band that lies nearest to it, and its height as a number."""
    chosen = np.flatnonzero(over.band == which)
    nearest = [np.linalg.norm(images - over.theta[k], axis=1).argmin() for k in chosen]
    places = np.column_stack([along[nearest], over.J[chosen]])
    for place in places:
        axes.plot(*place, "o", color=style.RED, markersize=8, markeredgecolor="white", zorder=3)
    mark(axes, places, [f"{over.J[k]:.6g}{'' if over.certified[k] else ' (flat)'}" for k in chosen], 6.0)


def disconnectivity(found: Landscape, names: Sequence[str] | None = None) -> Figure:
    """A Figure of the disconnectivity graph: each optimum hangs at its J from the level at which water joins it to others.

    Branches to which no way is known reach the top, dashed.

    Args:
        found: the optima and the ways between them.
        names: (optima,), what the optima are called; 1, 2, 3, ... unless given.

    Raises:
        NothingToDraw: if there is no optimum.
    """
    if not len(found.J):
        raise style.NothingToDraw("there is no optimum to draw; train with l2 above 0, or more seeds")
    tree, across = found.superbasins(), len(found.J)
    made = style.figure(min(14.0, max(6.4, 2.2 + 0.3 * across)), 5.0)
    axes = made.subplots()
    style.tidy(axes, _headline(found), "optimum", "J")
    order = _order(found, tree)
    x = dict(zip(order, range(across), strict=True))
    _draw_tree(axes, found, tree, x)
    shown = range(0, across, 1 + across // MOST_NAMES)
    axes.set_xticks(list(shown), [rungs.name(order[i]) if names is None else names[order[i]] for i in shown])
    axes.set_xlim(-0.7, across - 0.3)
    axes.yaxis.set_major_locator(MaxNLocator(8))
    _legend(made, found)
    return made


def _headline(found: Landscape) -> str:
    given, new = int((~found.found).sum()), int(found.found.sum())
    also = f" and {new} found on the way" if new else ""
    return f"{given} optima{also}: the level at which water joins them"


def _order(found: Landscape, tree: tuple[Superbasin, ...]) -> list[int]:
    """The optima from left to right, so that no branches cross; of two branches, that with the lower optimum comes first."""
    inner = {part for basin in tree for part in basin.parts}
    roots = [i for i in range(len(found.J) + len(tree)) if i not in inner]
    order: list[int] = []
    waiting = sorted(roots, key=lambda i: -_floor(found, tree, i))
    while waiting:
        number = waiting.pop()
        if number < len(found.J):
            order.append(number)
        else:
            waiting += sorted(tree[number - len(found.J)].parts, key=lambda i: -_floor(found, tree, i))
    return order


def _floor(found: Landscape, tree: tuple[Superbasin, ...], number: int) -> float:
    """The lowest J below a branch."""
    if number < len(found.J):
        return float(found.J[number])
    return float(found.J[list(tree[number - len(found.J)].optima)].min())


def _draw_tree(axes: Axes, found: Landscape, tree: tuple[Superbasin, ...], x: dict[int, int]) -> None:
    count = len(found.J)
    heights = [*found.J, *(basin.J for basin in tree)]
    places: dict[int, float] = {i: float(place) for i, place in x.items()}
    joined: set[int] = set()
    for number, basin in enumerate(tree, start=count):
        feet = [places[part] for part in basin.parts]
        places[number] = min(feet)  # above the lowest optimum: in the middle it would run into a third part
        axes.plot([min(feet), max(feet)], [basin.J, basin.J], color=style.INK, linewidth=1.2)
        axes.vlines(feet, [heights[part] for part in basin.parts], basin.J, color=style.INK, linewidth=1.2)
        joined.update(basin.parts)
    low, high = min(heights), max(heights)
    top = high + ROOM * ((high - low) or 1.0)
    free = [number for number in places if number not in joined]
    dashes: Literal["solid", "dashed"] = "solid" if len(free) == 1 else "dashed"
    axes.vlines(
        [places[i] for i in free], [heights[i] for i in free], top, color=style.INK, linewidth=1.2, linestyles=dashes
    )
    axes.set_ylim(low - ROOM * ((high - low) or 1.0), top)
    face = np.where(found.found, "white", np.where(found.is_strict, style.BLUE, style.ORANGE))
    edge = np.where(found.is_strict, style.BLUE, style.ORANGE)
    axes.scatter(
        [x[i] for i in range(count)], found.J, s=34, c=face.tolist(), edgecolors=edge.tolist(), linewidths=1.5, zorder=3
    )


def _legend(made: Figure, found: Landscape) -> None:
    """The marks that occur."""
    given = ~found.found
    handles = [
        (given & found.is_strict, style.dot("strict minimum", style.BLUE)),
        (given & ~found.is_strict, style.dot("flat, or not told", style.ORANGE)),
        (found.found, style.dot("found on the way", "white", style.INK)),
    ]
    style.legend(made, [handle for rows, handle in handles if rows.any()])
