"""L17 and L18: the ways of gradient descent and of stochastic gradient descent on the surface of J."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import above, below, every, same, within
from analysis.lecture.row import Drawing, Row
from nnexp.figures import curves, panels, style
from nnexp.figures.panels import Line, Panel
from nnexp.figures.ways import of_runs
from nnexp.optima.between.slices import parameters, seen
from nnexp.optima.between.trails import kept

Array = NDArray[np.float64]

SHOWN = 0
"""The seed whose SGD run is drawn."""
THETA, VALLEY = ("$\\theta_1$", "$\\theta_2$"), ((-4.0, 2.5), (-2.5, 3.5))
EARLY = 10
"""Steps of GD whose gradient evaluations SGD gets too, to compare them at equal cost."""


def walk(whole: Sequence[Endpoints], sliced: Sequence[Endpoints]) -> Figure:
    """The way of GD over the two parameters of one neuron."""
    return of_runs({"GD": whole[0].runs.iloc[0]}, names=THETA, limits=VALLEY)


def on_a_slice(whole: Sequence[Endpoints], sliced: Sequence[Endpoints]) -> Figure:
    """The way of GD on a slice of a larger net, along the two parameters that change most."""
    return of_runs({"GD": sliced[0].runs.iloc[0]}, chosen=_changed_most(sliced[0]))


def _changed_most(ends: Endpoints) -> tuple[int, int]:
    theta = kept(ends.runs.iloc[0])[1]
    first, second = sorted(np.argsort(-np.abs(theta[-1] - theta[0]))[:2].tolist())
    return first, second


def downhill(whole: Sequence[Endpoints], sliced: Sequence[Endpoints]) -> Iterator[Finding]:
    """That each step is step_size times the gradient, J true at each point, and what the slice hides."""
    for name, each in (("one neuron", whole[0]), ("2-3-1", sliced[0])):
        run, recalled = each.runs.iloc[0], each.recalled
        theta = kept(run)[1]
        off = np.abs(np.diff(theta, axis=0) + recalled.configuration.step_size * recalled.gradient(theta[:-1])).max()
        yield within(f"{name}: each step is step_size times the gradient, off by", float(off), 1e-12)
        J = recalled.value(theta)
        yield within(f"{name}: height of the way is J at each of {len(J)} points, off by", _off_record(run, J), 1e-12)
        yield every(f"{name}: J sinks, step by step", np.diff(J) < 0.0)
    yield within("one neuron: distance of the way from the picture's plane", _farthest(whole[0], (0, 1)), 1e-12)
    yield above("2-3-1: distance of the way from the slice, which the picture says", _farthest(sliced[0]), 0.1)


def _off_record(run: pd.Series, J: Array) -> float:
    """By how much J along a way differs from the curve on record, whose steps are the same."""
    return float(np.abs(np.asarray(run["curve_J"], dtype=np.float64)[: len(J)] - J).max())


def _farthest(ends: Endpoints, chosen: tuple[int, int] | None = None) -> float:
    theta = kept(ends.runs.iloc[0])[1]
    on = parameters(theta[-1], chosen or _changed_most(ends), THETA)
    return float(seen(ends.recalled.objective, on, theta, ends.recalled.configuration.l2).off.max())


def drunk(ends: Sequence[Endpoints]) -> Figure:
    """GD and SGD from one start, over the same two parameters."""
    gd, sgd = ends
    return of_runs({"GD": gd.runs.iloc[0], "SGD": sgd.runs.iloc[SHOWN]}, names=THETA, limits=VALLEY)


def costs(ends: Sequence[Endpoints]) -> Figure:
    """J by updates and by gradient evaluations."""
    return panels.panels([_by(ends, x) for x in ("steps", "gradient evaluations")], width=4.8)


def _by(ends: Sequence[Endpoints], x: str) -> Panel:
    marks = []
    for each, color, name in zip(ends, (style.BLUE, style.ORANGE), ("GD", "SGD"), strict=True):
        at = curves.reached(each.runs, x)
        for i, J in enumerate(each.runs["curve_J"].drop_duplicates() if name == "SGD" else each.runs["curve_J"][:1]):
            marks.append(
                Line(at, J, f"{name}, a line a seed" if not i and name == "SGD" else name * (not i), color, width=1.6)
            )
    title = "By updates" if x == "steps" else "By gradient evaluations: what it costs"
    note = (
        "as many looks at a data point" if x != "steps" else "an update of GD looks at all data points, of SGD at one"
    )
    return Panel(title, "updates" if x == "steps" else x, "J", marks, note, x_scale="symlog", y_scale="log")


def meandering(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That SGD takes one data point a step, meanders, and gets further for the same cost."""
    gd, sgd = ends
    thetas = [kept(run)[1] for _, run in sgd.runs.iterrows()]
    start = kept(gd.runs.iloc[0])[1][0]
    yield every("SGD starts where GD does, seed by seed", [(theta[0] == start).all() for theta in thetas])
    eta = sgd.recalled.configuration.step_size
    gaps = np.concatenate([_to_one_point(sgd, theta, eta) for theta in thetas])
    yield within(f"each of {len(gaps):,} steps of SGD is that of one data point, off by", float(gaps.max()), 1e-12)
    rises = [float((np.diff(sgd.recalled.value(theta)) > 0.0).mean()) for theta in thetas]
    yield above("SGD meanders: share of steps in which J rises, the least of the seeds", 100.0 * min(rises), 5.0, " %")
    yield every("GD does not: J sinks, step by step", np.diff(gd.recalled.value(kept(gd.runs.iloc[0])[1])) < 0.0)
    for each, expected, name in ((gd, gd.recalled.objective.n_examples, "GD"), (sgd, 1, "SGD")):
        cost = each.runs["gradient_evaluations"].iloc[0] / each.runs["steps_taken"].iloc[0]
        yield same(f"{name}: gradient evaluations an update", float(expected), float(cost))
    spent = EARLY * gd.recalled.objective.n_examples
    J_gd = float(gd.recalled.value(kept(gd.runs.iloc[0])[1][EARLY]))
    J_sgd = float(np.median([sgd.recalled.value(theta[spent]) for theta in thetas]))
    yield below(f"after {spent} gradient evaluations: J of SGD (median), beside that of GD", J_sgd, J_gd)


def _to_one_point(ends: Endpoints, theta: Array, step_size: float) -> Array:
    """(steps,), how far each step is from the step of the data point that it fits best.

    L = (g - y)^2 with g = sigmoid(w . x) has the gradient 2 (g - y) g (1 - g) x.
    """
    data = ends.recalled.configuration.data
    X, y = data.X_train, data.Y_train[0]
    g = 1.0 / (1.0 + np.exp(-theta[:-1] @ X))
    slopes = (2.0 * (g - y) * g * (1.0 - g))[:, :, None] * X.T[None]
    gap = np.abs(np.diff(theta, axis=0)[:, None, :] + step_size * slopes).max(axis=2)
    return np.asarray(gap.min(axis=1))


ROWS = (
    Row(
        "L17",
        "Gradient descent",
        "Start somewhere; go a step of eta times the gradient, downhill; and again. The arrow's third coordinate is J.",
        "The surface is J over the two parameters of one neuron. Which way will gradient descent go from the ring?",
        "A grey landscape over theta 1 and theta 2 with a blue way that goes down a slope and along a valley to a "
        "square at its lowest place; beside it the same from above, across the contours of J.",
        ("l17_descent", "l17_slice"),
        walk,
        downhill,
        (
            Drawing(
                "J over two of thirteen parameters, with a way above it and its shadow on the slice, which differ "
                "until they meet at the end; below, both heights by steps. The legend says how far off the slice the "
                "way lies.",
                on_a_slice,
            ),
        ),
    ),
    Row(
        "L18",
        "Stochastic gradient descent",
        "SGD is drunk GD: one data point a step, at random, so that it meanders; but each step is far cheaper.",
        "Both start from the ring. Which way is straighter, and which is further down after as many looks at a data "
        "point?",
        "The same landscape with two ways from one start: that of GD straight and smooth, that of SGD zigzagging "
        "about it to the same valley.",
        ("l18_drunk",),
        drunk,
        meandering,
        (
            Drawing(
                "J of GD and of several seeds of SGD: by updates GD is lower; by gradient evaluations SGD is down "
                "long before GD.",
                costs,
            ),
        ),
    ),
)
