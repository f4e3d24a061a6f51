"""Which optima are there, how many runs reach each, are there more, and what does each look like?

`rungs` has their J and how often they are reached, `discovery` what the seeds spent so far tell of those not seen yet, and
`gallery` the decision boundary and the hidden units of each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch
from numpy.typing import ArrayLike, NDArray

from nnexp.figures import boundary, style, units
from nnexp.figures.plane import plane
from nnexp.frames import recall
from nnexp.optima.distinct import rungs as ladder
from nnexp.optima.distinct import unseen
from nnexp.optima.distinct.catalogue import Catalogue, Optimum

Array = NDArray[np.float64]

MOST, MOST_SHOWN, MOST_UNITS = 24, 8, 8
"""Optima on the ladder, optima in the gallery, hidden units beside each."""

RUNG, BESIDE_NAMES = 0.45, -0.15
"""How far the rungs reach, as a share of the ladder's width, and where the lines from them end, left of the names of the bars,
as a share of the bars' width."""

POINTS = 80


def rungs(found: Catalogue, seeds: ArrayLike | None = None, most: int = MOST) -> Figure:
    """A Figure with J of each optimum as a ladder and, rung by rung, the share of runs with Wilson's 95 % interval over seeds.

    Args:
        found: the catalogue.
        seeds: (runs,), the seed of each run's initial weights; each run has its own unless given.
        most: how many optima are shown, those with the lowest J.

    Raises:
        NothingToDraw: if no run is at an optimum.
    """
    shown = _some(found)[:most]
    made = style.figure(10.0, 1.5 + 0.36 * max(4, len(shown)))
    left, bars = made.subplots(1, 2, width_ratios=[1.0, 3.2])
    _bars(bars, shown, found, _over_seeds(found, seeds))
    _ladder(left, shown)
    for place, each in enumerate(shown):
        ends = (RUNG, each.J), (BESIDE_NAMES, float(place))
        frames = left.get_yaxis_transform(), bars.get_yaxis_transform()
        made.add_artist(ConnectionPatch(*ends, *frames, color=style.GREY, linewidth=0.8))
    said = f"{_many(found, shown)} from {found.seeds:,} run{'' if found.seeds == 1 else 's'}"
    made.suptitle(said, fontsize=style.TITLE, color=style.INK)
    return made


def _over_seeds(found: Catalogue, seeds: ArrayLike | None) -> Array:
    """(seeds, optima), the share of each seed's runs that end at each optimum."""
    return ladder.over_seeds(found.member, np.arange(found.seeds) if seeds is None else seeds)


def _some(found: Catalogue) -> tuple[Optimum, ...]:
    if not found.optima:
        raise style.NothingToDraw(
            "there is no optimum to draw: no run is at a minimum; train for more steps, or with l2"
        )
    return found.optima


def _many(found: Catalogue, shown: tuple[Optimum, ...]) -> str:
    """How many optima there are, and how many of them are shown."""
    n = len(found.optima)
    more = f" (shown: the {len(shown)} lowest)" if len(shown) < n else ""
    return f"{n:,} distinct optim{'um' if n == 1 else 'a'}{more}"


def _ladder(axes: Axes, shown: tuple[Optimum, ...]) -> None:
    style.tidy(axes, y="J")
    axes.hlines([each.J for each in shown], 0.05, RUNG, color=style.INK, linewidth=1.6)
    axes.set(xlim=(0.0, 1.0), xticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.margins(y=0.08)


def _bars(axes: Axes, shown: tuple[Optimum, ...], found: Catalogue, shares: Array) -> None:
    """A bar an optimum, the lowest J at the foot as on the ladder."""
    places, share = np.arange(len(shown)), np.array([each.share for each in shown])
    low, high = np.array([ladder.interval(float(each), len(shares)) for each in share]).T
    reach = np.array([share - low, high - share])
    axes.barh(places, share, color=style.BLUE, height=0.62, alpha=0.75)
    axes.errorbar(share, places, xerr=np.maximum(reach, 0.0), fmt="none", ecolor=style.INK, elinewidth=1.2, capsize=3)
    for place, each in enumerate(shown):
        text = f"  {each.runs:,}" + (f", by {each.by}" if each.by == "guesses" else "")
        axes.text(high[place], place, text, va="center", fontsize=style.SMALL, color=style.INK)
    style.tidy(axes, x=f"share of {found.seeds:,} runs, with Wilson's 95 % interval over {len(shares):,} seeds")
    axes.set_yticks(places, [f"{ladder.name(place)}:  J {each.J:.6g}" for place, each in enumerate(shown)])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(xlim=(0.0, 1.15 * float(high.max())), ylim=(-0.6, max(3.5, len(shown) - 0.4)))


def discovery(found: Catalogue, seeds: ArrayLike | None = None, goal: float | None = None) -> Figure:
    """A Figure of the optima found and the probability unseen, against seeds spent, each with all its runs.

    Above: found in the order in which the seeds were spent, and on average over all orders; Chao's estimate of how many there
    are. Below: Good's estimate of the probability that a run from the next seed shows another, and its upper confidence bound.

    Args:
        found: the catalogue.
        seeds: (runs,), the seed of each run's initial weights; each run has its own unless given.
        goal: the probability below which no more seeds are asked for, where the sweep has one.

    Raises:
        NothingToDraw: if no run is at an optimum.
    """
    _some(found)
    shares = _over_seeds(found, seeds)
    spent = np.unique(np.geomspace(1, len(shares), POINTS).round().astype(np.int64))
    made = style.figure(8.4, 6.8)
    above, below = made.subplots(2, 1, sharex=True)
    _found(above, shares, spent)
    _unseen(below, shares, spent, goal)
    now = ladder.still_unseen(shares)
    said = f"unseen probability {now.value:.2g}, at most {now.high:.2g} (95 %)"
    made.suptitle(f"{_many(found, found.optima)} found; {said}", fontsize=style.TITLE, color=style.INK)
    return made


def _found(axes: Axes, shares: Array, spent: NDArray[np.int64]) -> None:
    style.tidy(axes, y="optima found")
    counts, n = ladder.reached(shares), len(shares)
    chao = unseen.optima(counts, n)
    if np.isfinite(chao.high):
        axes.axhspan(chao.low, chao.high, color=style.ORANGE, alpha=0.15, linewidth=0)
    axes.axhline(chao.value, color=style.ORANGE, dashes=(5, 3), label=f"Chao's estimate: {chao.value:.3g}")
    actual = (np.cumsum(shares, axis=0) > 0.0).sum(axis=1)
    axes.step(np.arange(1, n + 1), actual, where="post", color=style.BLUE, label="in the order of the seeds")
    expected = unseen.expected(counts, spent, n)
    axes.plot(spent, expected, color=style.INK, label="on average over all orders")
    axes.set_ylim(0.0, 1.12 * max(chao.value, len(counts)))
    style.key(axes)


def _unseen(axes: Axes, shares: Array, spent: NDArray[np.int64], goal: float | None) -> None:
    style.tidy(axes, x="seeds spent", y="unseen probability")
    so_far = [ladder.still_unseen(shares[:n]) for n in spent]
    shown = {
        "upper 95 % bound": [e.high for e in so_far],
        "Good's estimate, where above 0": [e.value or np.nan for e in so_far],
    }
    for (name, values), color in zip(shown.items(), (style.GREY, style.BLUE), strict=True):
        axes.plot(spent, values, color=color, linewidth=2.0, marker="." if color == style.BLUE else "none", label=name)
    if goal is not None:
        axes.axhline(goal, color=style.RED, dashes=(2, 2), linewidth=1.0, label=f"goal {goal:g}")
    axes.set(xscale="log", yscale="log")
    style.plain_ticks(axes, 1000.0)
    style.key(axes)


def gallery(found: Catalogue, run: Any, most: int = MOST_SHOWN) -> Figure:
    """A Figure with a row an optimum: what the net says over the plane of its data, and what each hidden unit says.

    Args:
        found: the catalogue.
        run: a row of a frame with curves, of any run of the configuration that the catalogue is of.
        most: how many optima are shown, those with the lowest J.

    Raises:
        NothingToDraw: if no run is at an optimum.
    """
    shown = _some(found)[:most]
    recalled = recall(run)
    beside = min(MOST_UNITS, sum(recalled.objective.network.sizes[1:-1]))
    made = style.figure(2.3 * (1 + beside) + 0.5, 2.25 * len(shown) + 1.0)
    places = made.subplots(len(shown), 1 + beside, squeeze=False)
    for place, (line, each) in enumerate(zip(places, shown, strict=True)):
        boundary.panel(line[0], {**dict(run), "theta": each.theta}, scale=0.5, tested=False)
        line[0].set(xlabel="", xticks=[], yticks=[])
        line[0].set_ylabel(
            f"optimum {ladder.name(place)}\n{each.share:.1%} of runs", fontsize=style.TEXT, color=style.INK
        )
        line[0].set_title(f"J {each.J:.4g}", fontsize=style.TEXT, color=style.INK)
        style.framed(line[0])
        _units(line[1:], recalled, each.theta)
    made.suptitle(f"{_many(found, shown)}. Hidden units: {units.COLORS}", fontsize=style.TEXT, color=style.INK)
    style.legend(made, boundary.key([run], tested=False))
    return made


def _units(line: Any, recalled: Any, theta: Array) -> None:
    """What hidden units say over the plane of the data, one axes each."""
    layers = units.said(recalled, theta)
    named = [(f"layer {i + 1}, unit {j + 1}", a) for i, (_, layer) in enumerate(layers) for j, a in enumerate(layer)]
    for axes, (name, a) in zip(line, named, strict=False):
        units.paint(axes, plane(recalled.configuration.data), a)
        axes.set_title(name if len(layers) > 1 else name.split(", ")[1], fontsize=style.TEXT, color=style.INK)
