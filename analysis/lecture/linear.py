"""L1 and L2: linear classification and regression, in the inputs themselves and in polynomial features of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis import linear
from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import above, below, every, same, within
from analysis.lecture.maps import maps, points
from analysis.lecture.row import Drawing, Row
from nnexp.figures.surfaces import Panel, both, grid

MOONS, SQUARE, CIRCLES = ((-1.8, 2.8), (-1.4, 1.9)), ((-3.0, 3.0),) * 2, ((-1.5, 1.5),) * 2
NAMES = ("x1", "x2")
SUM = "z = $W^T x + W_0$"
REACH = 3.0
"""How far from 0 the deepest colors lie: the surfaces fall much further than they rise."""
DRAWN = 100
"""Points of the space of weights at which J is seen to curve upward."""


def classification(ends: Sequence[Endpoints]) -> Figure:
    """The plane of a classifier, from the side and from above, and the labels."""
    shown = maps(ends[0], *MOONS, NAMES)
    labels = Panel("label 1 where z > 0", shown.sum(), "labels", points(ends[0]))
    return grid([[*both(SUM, shown.sum(), turned=True), labels]], threshold="height 0")


def regression(ends: Sequence[Endpoints]) -> Figure:
    """The plane of a regressor, from the side and from above."""
    shown = maps(ends[1], *SQUARE, NAMES)
    return grid([both("guess = " + SUM, shown.sum(), turned=True)], threshold="guess of 0")


def planes(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That one layer is a plane, labels 1 where it is above 0, and is least squares for regression."""
    for each, (x, y), name in ((ends[0], MOONS, "classification"), (ends[1], SQUARE, "regression")):
        z = maps(each, x, y, NAMES).z[0]
        bend = max(np.abs(np.diff(z, 2, axis=axis)).max() for axis in (0, 1))
        yield within(f"{name}: second differences of the surface, all 0 for a plane", float(bend), 1e-12)
    shown = maps(ends[0], *MOONS, NAMES)
    yield every("label 1 just where the plane is above 0, on a grid", (shown.guess > 0.5) == (shown.z > 0.0))
    yield same("parameters of the classifier: two weights and an offset", 3, ends[0].recalled.theta.size)
    found = np.append(*(part.ravel() for part in ends[1].recalled.weights()[0]))
    apart = np.abs(found - linear.optimum(ends[1]).ravel()).max()
    yield within("regression: distance from the least-squares solution in closed form", float(apart), 1e-6)


def curved(ends: Sequence[Endpoints]) -> Figure:
    """For each order, the surface over the inputs and the labels from above."""
    shown = [maps(each, *CIRCLES, NAMES) for each in ends]
    order = [each.recalled.configuration.features.order for each in ends]
    count = [each.recalled.objective.train.X.shape[0] for each in ends]
    titles = [f"order {k}: {n} features" for k, n in zip(order, count, strict=True)]
    reach = [min(REACH, float(np.abs(each.z).max())) for each in shown]
    solid = [Panel(title, each.sum(reach=r)) for title, each, r in zip(titles, shown, reach, strict=True)]
    flat = [
        Panel(f"training error {ends[i].runs['train_error'].iloc[0]:.0%}", each.sum(), "labels", points(ends[i]))
        for i, each in enumerate(shown)
    ]
    return grid(
        [solid, flat], ("surface", "labels"), threshold="height 0", title="z = $\\theta^T \\phi(x) + \\theta_0$"
    )


def still_convex(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That the boundary bends and the objective does not: one optimum, from every seed."""
    line, curve = ends[0], ends[1]
    yield above("order 1, a line: training error", float(line.runs["train_error"].iloc[0]), 0.3)
    yield below("order 2, a curve: training error", float(curve.runs["train_error"].max()), 0.02)
    for each in ends:
        order, theta = each.recalled.configuration.features.order, each.recalled.theta
        optimum = linear.optimum(each)
        apart = np.abs(each.stopped - np.append(optimum[:-1, 0], optimum[-1, 0])).max()
        says = (
            f"order {order}: distance of the furthest of {len(each.runs)} seeds from the optimum found by other means"
        )
        yield within(says, float(apart), 1e-6)
        drawn = 3.0 * np.random.default_rng(order).normal(size=(DRAWN, theta.size))
        least = np.linalg.eigvalsh(each.recalled.hessian(drawn).reshape(DRAWN, theta.size, theta.size))[:, 0]
        yield every(f"order {order}: J curves upward at random weights in all directions", least > 0.0)


ROWS = (
    Row(
        "L1",
        "Linear classification, linear regression",
        "With the default features, z = W'x + W0 is a plane over the x1-x2 plane. A classifier says 1 where it is "
        "above 0; a regressor says z itself. Both are a net of one layer.",
        "A plane stands over the x1-x2 plane. Where, seen from above, will label 1 be, and what shape has the border?",
        "A tilted plane over two inputs; the same from above, as a change of color along a straight line; and the two "
        "half planes of labels with the data points.",
        ("l01_linear",),
        classification,
        planes,
        (
            Drawing(
                "The tilted plane of a regression over two inputs, and the same from above: its value is the guess.",
                regression,
            ),
        ),
    ),
    Row(
        "L2",
        "Polynomial features",
        "Features such as x1, x2, x1 squared, ... bend the boundary. The classifier is still linear in theta, so the "
        "objective is as convex as it was.",
        "A ring of points lies around a disc. Which order of polynomial is the first that can tell them apart?",
        "Three columns, orders 1, 2 and 3: above, the surface over the inputs, a plane and then domes; below, the "
        "labels seen from above: half planes, then a disc inside a ring, with the training error over each.",
        ("l02_polynomial",),
        curved,
        still_convex,
    ),
)
