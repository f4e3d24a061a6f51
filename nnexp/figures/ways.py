"""J over two parameters, the others held, as a surface and seen from above, with the ways on it that several runs went.

The third coordinate of a way is J at the run's own theta, at every point. Of a net with two parameters the picture is the whole
truth. Of a larger one it is a slice: a run is drawn where the slice comes closest to it, its legend says how far off it lies at
most, and beside the picture stands its own J over J on the slice, which differ as far as the slice does not show what is there.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray

from nnexp.configuration import objective_id
from nnexp.figures import slices, style
from nnexp.figures.captions import symbol
from nnexp.frames import Recalled, recall
from nnexp.optima.between.slices import Relief, parameters, relief
from nnexp.optima.between.trails import Trail, kept, trail

Array = NDArray[np.float64]
Limits = Sequence[tuple[float, float]]

GREYS = LinearSegmentedColormap.from_list("greys", ["#6e6e6e", "#b4b4b4", style.PALE])
MOST, MOST_MARKED = 6, 80
"""Ways in a picture; a way of no more points than this has a dot at each."""

FOREMOST = 20
"""The order in which the first way is drawn, over the second and so on."""

MARGIN, TOO_HIGH = 0.2, 3.0
"""Room about the ways, and from how many times the start's J on a point counts no more for the limits of the picture."""


def of_runs(
    runs: Mapping[str, Any],
    chosen: tuple[int, int] = (0, 1),
    held: Array | None = None,
    names: Sequence[str] | None = None,
    limits: Limits | None = None,
    size: int = 81,
) -> Figure:
    """A Figure of J over two parameters with the ways of runs that minimize it; see `ways`.

    of_runs({"GD": gd, "SGD": sgd})                     # a net of two parameters: theta is all there is
    of_runs({"GD": gd, "SGD": sgd}, chosen=(4, 7))      # of a larger one, parameters 4 and 7, the others as where GD ended

    Args:
        runs: rows of a frame with curves, by what they are called, trained with `snapshots` above 1.
        chosen: which two parameters vary, by their places in theta, from 0.
        held: (parameters,), where the others are held; where the first run ended unless given.
        names: of the two; in the lecture's notation unless given.
        limits: the least and greatest value of each that is shown; around the ways unless given.
        size: places along each parameter at which J is worked out.

    Raises:
        NothingToDraw: if there is no run or more than MOST, they do not minimize the same J, or theta was not kept on the way.
    """
    first = _refuse(runs)
    network = first.objective.network
    end = kept(next(iter(runs.values())))[1][-1] if held is None else np.asarray(held, dtype=np.float64)
    on = parameters(end, chosen, names or [symbol(network, place) for place in chosen])
    penalties = first.configuration.l2, first.configuration.l1
    cost = {name: _cost(recall(row)) for name, row in runs.items()}
    went = {name: trail(row, first.objective, on, cost[name], *penalties) for name, row in runs.items()}
    ground = relief(first.objective, on, limits or around(list(went.values())), size, *penalties)
    where = f"where {next(iter(runs))} ended" if held is None else "at the values given"
    return ways(ground, went, where)


def _refuse(runs: Mapping[str, Any]) -> Recalled:
    """The first run, unless there is none, or they cannot be in one picture."""
    if not runs:
        raise style.NothingToDraw("there is no way to draw: no run was given")
    if len(runs) > MOST:
        raise style.NothingToDraw(f"the ways of {len(runs)} runs would hide one another; give at most {MOST}")
    if len({objective_id(row["settings"]) for row in runs.values()}) > 1:
        what = "these runs do not minimize the same J"
        raise style.NothingToDraw(f"{what}; give runs that differ only in how they were trained, as GD and SGD do")
    for name, row in runs.items():
        if len(kept(row)[0]) < 2:
            what = f"{name} went no way that could be drawn: theta was not kept at two steps or more"
            raise style.NothingToDraw(f"{what}; ask for snapshots=200 and as many curve_points")
    return recall(next(iter(runs.values())))


def _cost(run: Recalled) -> Any:
    """How many gradient evaluations so many steps of a run take."""
    return functools.partial(run.configuration.optimizer.examples_seen, n=run.objective.n_examples)


def around(trails: Sequence[Trail]) -> Limits:
    """The least and greatest of both parameters on the ways, with some room; points far above the start do not count.

    A point is left out if its J, or J on the slice where it is drawn, is TOO_HIGH times the highest J at a start or more.
    """
    top = TOO_HIGH * max(max(way.seen.J[0], way.seen.J_drawn[0]) for way in trails)
    near = [way.seen.t[np.maximum(way.seen.J, way.seen.J_drawn) < top] for way in trails]
    t = np.concatenate([*near, *(way.seen.t[:1] for way in trails)])
    low, high = t.min(axis=0), t.max(axis=0)
    room = np.maximum(MARGIN * (high - low), 0.25 * MARGIN * (high - low).max()) + 0.05 * (high == low).all()
    return [(float(a), float(b)) for a, b in zip(low - room, high + room, strict=True)]


def ways(ground: Relief, trails: Mapping[str, Trail], where: str = "at the values given") -> Figure:
    """A Figure of J over a plane, as a surface and seen from above, and the ways that runs went.

    Args:
        ground: J on a grid over two parameters (`nnexp.optima.between.slices.parameters` and `relief`).
        trails: the ways of runs on the same slice, by what they are called (`nnexp.optima.between.trails.trail`); the first
            is drawn over the others.
        where: where the other parameters are held, in words.

    Raises:
        NothingToDraw: if J is finite nowhere on the grid.
    """
    is_whole = len(ground.on.origin) == ground.on.directions.shape[1]
    made = style.figure(11.0, 5.9 if is_whole else 8.3)
    places = made.add_gridspec(1 if is_whole else 2, 2, height_ratios=None if is_whole else [2.4, 1.0])
    surface, above = made.add_subplot(places[0, 0], projection="3d"), made.add_subplot(places[0, 1])
    _surface(surface, ground)
    slices.contours(made, above, ground, GREYS)
    style.tidy(above, "seen from above", *ground.on.names)
    for place, (way, color) in enumerate(zip(trails.values(), style.COLORS, strict=False)):
        _on_surface(surface, ground, way, color, FOREMOST - place)
        _from_above(above, ground, way, color, FOREMOST - place)
    above.set(xlim=_ends(ground.axes[0]), ylim=_ends(ground.axes[1]))
    if not is_whole:
        _true_and_drawn(made.add_subplot(places[1, :]), trails)
    made.suptitle(_headline(ground, is_whole, where), fontsize=style.TITLE, color=style.INK)
    named = [
        style.line(_said(name, way, ground), c) for (name, way), c in zip(trails.items(), style.COLORS, strict=False)
    ]
    style.legend(made, style.columns(named, _marks(is_whole)), columns=2)
    return made


def _headline(ground: Relief, is_whole: bool, where: str) -> str:
    if is_whole:
        return "J over both parameters of the net: the picture is the whole truth"
    rest = len(ground.on.origin) - 2
    return f"A slice of J: 2 parameters vary, the other {rest} are held {where}"


def _surface(axes: Any, ground: Relief) -> None:
    levels, norm = slices.scale(ground)
    x, y = np.meshgrid(*ground.axes)
    J = np.where(np.isfinite(ground.J), ground.J, np.nan)
    axes.computed_zorder = False  # what is drawn later stays in sight, also behind a hill
    axes.plot_surface(x, y, J, cmap=GREYS, norm=norm, rcount=len(y), ccount=len(x), linewidth=0, antialiased=False)
    axes.contour(x, y, J, levels=levels[::3], colors="white", linewidths=0.5, zorder=2)
    axes.set(xlim=_ends(ground.axes[0]), ylim=_ends(ground.axes[1]))
    style.tidy(axes, "J as height")
    style.name_solid(axes, ground.on.names, 6.0)
    axes.view_init(elev=38.0, azim=-62.0)
    axes.set_box_aspect((1.0, 1.0, 0.72), zoom=1.05)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color("white")
        axis._axinfo["grid"].update(color="#e4e4e4", linewidth=0.5)


def _on_surface(axes: Any, ground: Relief, way: Trail, color: str, order: float) -> None:
    """The way at its own J; of a slice also, dotted, J on the slice below it."""
    inside = _inside(ground, way)
    x, y = np.where(inside, way.seen.t.T, np.nan)
    if way.farthest > 0.0:
        axes.plot(x, y, np.where(inside, way.seen.J_drawn, np.nan), color=color, linestyle=":", linewidth=1.4, zorder=3)
    J = np.where(inside, way.seen.J, np.nan)
    _way(axes, np.stack([x, y, J]), color, order)


def _from_above(axes: Axes, ground: Relief, way: Trail, color: str, order: float) -> None:
    inside = _inside(ground, way)
    beside = inside | np.append(inside[1:], False) | np.append(False, inside[:-1])
    _way(axes, np.where(beside, way.seen.t.T, np.nan), color, order)


def _way(axes: Any, places: Array, color: str, order: float) -> None:
    """A line through places (2 or 3, points) on a white one, with a ring at the start and a square at the end."""
    few = places.shape[1] <= MOST_MARKED
    width = 1.6 if few else 1.0
    axes.plot(*places, color="white", linewidth=width + 1.6, zorder=order)
    axes.plot(*places, color=color, linewidth=width, marker="o" if few else "", markersize=3.2, zorder=order)
    for at, marker, face in ((places[:, :1], "o", "white"), (places[:, -1:], "s", color)):
        axes.plot(
            *at, marker=marker, markersize=8, color=face, markeredgecolor=style.INK, linestyle="", zorder=FOREMOST + 1
        )


def _inside(ground: Relief, way: Trail) -> NDArray[np.bool_]:
    """(points,), whether a point lies within the limits of the picture."""
    low, high = np.array([_ends(axis) for axis in ground.axes]).T
    return np.asarray(((way.seen.t >= low) & (way.seen.t <= high)).all(axis=1))


def _ends(axis: Array) -> tuple[float, float]:
    return float(axis[0]), float(axis[-1])


def _said(name: str, way: Trail, ground: Relief) -> str:
    """A run in the legend: its steps and their cost, its J, how far off the slice it lies, and where it leaves the picture."""
    drawn = f" ({len(way.steps)} points drawn)" if len(way.steps) <= way.steps_taken else ""
    said = f"{name}: {way.steps_taken:,} steps{drawn}, {way.evaluations[-1]:,} gradient evaluations"
    if way.diverged_at is None:
        said += f"\nJ from {way.seen.J[0]:.3g} to {way.seen.J[-1]:.3g}"
    else:
        said += f"\ndiverged at step {way.diverged_at:,}"
    said += f", up to {way.farthest:.2g} off the slice" if len(ground.on.origin) > 2 else ""
    outside = np.flatnonzero(~_inside(ground, way))
    if not len(outside):
        return said
    gone = len(outside) == len(way.steps) - outside[0]
    return f"{said}, {f'outside the picture from step {way.steps[outside[0]]:,}' if gone else 'at times outside the picture'}"


def _marks(is_whole: bool) -> list[Any]:
    marks = [style.dot("start", "white", style.INK), style.square("end", style.GREY, style.INK)]
    if is_whole:
        return marks
    return [
        *marks,
        style.line("the run's own J", width=1.6),
        style.line("J on the slice below it", dashes=":", width=1.4),
    ]


def _true_and_drawn(axes: Axes, trails: Mapping[str, Trail]) -> None:
    """J of each way and J on the slice where it is drawn, over the steps."""
    for way, color in zip(trails.values(), style.COLORS, strict=False):
        axes.plot(way.steps, way.seen.J, color=color, linewidth=1.6)
        axes.plot(way.steps, way.seen.J_drawn, color=color, linewidth=1.4, linestyle=":")
    last = max(int(way.steps[-1]) for way in trails.values())
    axes.set_xscale("symlog", linthresh=1.0, linscale=0.3)
    axes.set_xlim(0.0, 1.05 * last)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    style.tidy(axes, "what the slice does not show: the runs' own J, and J on the slice below them", "steps", "J")
