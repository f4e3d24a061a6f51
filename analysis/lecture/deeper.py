"""L22: more than two layers: features of features, and a linear classifier on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import above, below, within
from analysis.lecture.row import Drawing, Row
from nnexp.figures import boundary
from nnexp.figures.plane import centers
from nnexp.figures.units import unit_maps
from nnexp.frames import recall
from nnexp.optima.distinct.reduction import activations

Array = NDArray[np.float64]

SIZE, REACH = 60, 1.1
STRAIGHT = 1e-10


def best(ends: Endpoints) -> pd.Series:
    """The run with the lowest J."""
    return ends.runs.iloc[int(ends.runs["J"].to_numpy().argmin())]


def units(ends: Sequence[Endpoints]) -> Figure:
    """Each hidden unit's map of a net of three layers."""
    return unit_maps(best(ends[2]))


def depths(ends: Sequence[Endpoints]) -> Figure:
    """What nets of one, two and three layers say."""
    runs = [best(each) for each in ends]
    named = [f"depth {each.recalled.configuration.depth}" for each in ends]
    return boundary.panels(runs, [f"{name}: {_of(n)}" for n, name in enumerate(named)])


def _of(n: int) -> str:
    return ("linear classification", "features", "features of features")[n]


def sums(run: pd.Series) -> list[Array]:
    """Z of each layer over the plane, (units, rows, columns) each."""
    recalled, at = recall(run), centers((-REACH, REACH), SIZE)
    inputs = np.stack(np.meshgrid(at, at)).reshape(2, -1)
    network, theta = recalled.objective.network, recalled.theta[None, :]
    below = [inputs, *(layer[0] for layer in activations(network, theta, inputs))]
    z = [W.T @ a + W0[:, None] for a, (W, W0) in zip(below, recalled.weights(), strict=True)]
    return [values.reshape(-1, SIZE, SIZE) for values in z]


def bend(z: Array) -> Array:
    """(units,), how far each function over the plane is from a plane: its greatest second difference over its height."""
    second = np.maximum(np.abs(np.diff(z, 2, axis=1)).max(axis=(1, 2)), np.abs(np.diff(z, 2, axis=2)).max(axis=(1, 2)))
    return np.asarray(second / np.ptp(z, axis=(1, 2)))


def layered(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That one layer is linear, that first features turn at lines, later ones need not, and the last layer is linear."""
    one, two, three = (best(each) for each in ends)
    yield within("depth 1: z is a plane over x, second differences", float(bend(sums(one)[0]).max()), STRAIGHT)
    first, second, _ = sums(three)
    yield within(
        "depth 3, layer 1: every unit's z is a plane over x, second differences", float(bend(first).max()), STRAIGHT
    )
    yield above(
        "depth 3, layer 2: no unit's z is, second differences of the straightest", float(bend(second).min()), 1e-3
    )
    recalled = recall(three)
    at = np.stack(np.meshgrid(*[centers((-REACH, REACH), SIZE)] * 2)).reshape(2, -1)
    features = activations(recalled.objective.network, recalled.theta[None, :], at)[-1][0]
    W, W0 = recalled.weights()[-1]
    linear = 1.0 / (1.0 + np.exp(-(W.T @ features + W0[:, None])))
    off = np.abs(linear - recalled.guess(at.T).T).max()
    yield within("depth 3: the guess is a linear classifier of the last features, off by", float(off), 1e-12)
    errors = [float(run["test_error"]) for run in (one, two, three)]
    yield above("depth 1: test error", 100.0 * errors[0], 25.0, " %")
    yield below("depth 3: test error", 100.0 * errors[2], 5.0, " %")
    yield below("depth 3: J of the best seed, beside that of depth 2", float(three["J"]), float(two["J"]))


ROWS = (
    Row(
        "L22",
        "More layers: features of features",
        "With more than two layers there are features of features. The last layer stays the linear classifier or "
        "regressor; one layer alone is linear classification or regression.",
        "Each unit of the first layer turns at a straight line. What shapes can the units of the second layer turn at?",
        "Rows of small maps of the plane, a row a layer: the units of the first layer change along straight lines, "
        "those of the second along bent ones, and the output follows two spirals.",
        ("l22_deeper",),
        units,
        layered,
        (
            Drawing(
                "Two spirals as nets of one, two and three layers see them: cut by a straight line, then followed "
                "with a stray patch far from the points, then followed whole.",
                depths,
            ),
        ),
    ),
)
