"""L16: the objective as a function of all weights, and its exact derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import same, within
from analysis.lecture.row import Drawing, Row
from nnexp.figures import panels, style
from nnexp.figures.matrix import heat
from nnexp.figures.panels import Dots, Line, Panel
from nnexp.figures.ways import symbol
from nnexp.frames import Recalled

Array = NDArray[np.float64]

REACH = 2.5
STEPS = np.geomspace(1e-1, 1e-3, 9)
WHERE = (("a weight of the features, $W^1_{11}$", 0), ("a weight of the output, $W^2_{11}$", -4))
"""Two weights of a net of 2-3-1 by their places in theta."""


def derivatives(ends: Sequence[Endpoints]) -> Figure:
    """J along two weights with its tangent and its parabola, and how the differences close in on the derivatives."""
    recalled = ends[0].recalled
    first, second = errors(recalled)
    square = first[0] * (STEPS / STEPS[0]) ** 2
    marks: list[Line | Dots] = [
        Line(STEPS, square, "as $h^2$", style.GREY, width=1.6),
        Dots(STEPS, first, "gradient", style.BLUE, 40.0),
        Dots(STEPS, second, "Hessian", style.ORANGE, 40.0, marker="s"),
    ]
    note = "greatest entry of the gap: a tenth of h, a hundredth of the gap"
    gap = Panel("Differences beside derivatives", "h", "gap", marks, note, x_scale="log", y_scale="log")
    return panels.panels([*(_along(recalled, *each) for each in WHERE), gap])


def curvatures(ends: Sequence[Endpoints]) -> Figure:
    """The Hessian, entry by entry, by layers."""
    recalled, network = ends[0].recalled, ends[0].recalled.objective.network
    names = [symbol(network, place) for place in range(recalled.theta.size)]
    title = "The Hessian of J: how the slope along each weight changes with every other, layer 1 and layer 2"
    return heat(recalled.hessian(), names, title, [n * m for n, m in network.shapes])


def _along(recalled: Recalled, name: str, place: int) -> Panel:
    """J along a weight, with the line and the parabola that its derivatives give."""
    t = np.linspace(-REACH, REACH, 301)
    theta = np.repeat(recalled.theta[None, :], len(t), axis=0)
    theta[:, place] += t
    J, slope, bend = recalled.value(), recalled.gradient()[place], recalled.hessian()[place, place]
    near = np.abs(t) < 0.5 * REACH
    lines: list[Line | Dots] = [
        Line(t, recalled.value(theta), "J", style.INK),
        Line(t[near], (J + slope * t + 0.5 * bend * t * t)[near], "with the Hessian: a parabola", style.ORANGE),
        Line(t[near], (J + slope * t)[near], "with the gradient: a tangent", style.BLUE, (0, (4, 2))),
        Dots([0.0], [J], "", style.INK, 50.0),
    ]
    return Panel(f"J along {name}", "change of the weight", "J", lines)


def errors(recalled: Recalled) -> tuple[Array, Array]:
    """By how much central differences miss the gradient and the Hessian, (steps,) each, the greatest entry."""
    theta, n = recalled.theta, recalled.theta.size
    first, second = [], []
    for h in STEPS:
        ahead, behind = theta + h * np.eye(n), theta - h * np.eye(n)
        first.append(np.abs((recalled.value(ahead) - recalled.value(behind)) / (2.0 * h) - recalled.gradient()).max())
        rise = (recalled.gradient(ahead) - recalled.gradient(behind)) / (2.0 * h)
        second.append(np.abs(rise - recalled.hessian()).max())
    return np.array(first), np.array(second)


def by_hand(recalled: Recalled) -> float:
    """J of a net of two layers of tanh and a sigmoid, example by example, with the penalty on its weights."""
    (W1, W01), (W2, W02) = recalled.weights()
    data, total = recalled.configuration.data, 0.0
    for x, y in zip(data.X_train.T, data.Y_train[0], strict=True):
        g = 1.0 / (1.0 + np.exp(-(W2[:, 0] @ np.tanh(W1.T @ x + W01) + W02[0])))
        total -= y * np.log(g) + (1.0 - y) * np.log(1.0 - g)
    penalty = 0.5 * recalled.configuration.l2 * ((W1**2).sum() + (W2**2).sum())
    return float(total / data.X_train.shape[1] + penalty)


def of_all_weights(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That J is the mean loss with the penalty, of all weights, and that its derivatives are exact."""
    recalled = ends[0].recalled
    sizes = [part.size for pair in recalled.weights() for part in pair]
    yield same("what J is a function of: W and W0, layer by layer", [6, 3, 3, 1], sizes)
    yield within(
        "J is the mean of L over the data and the penalty, off by", abs(by_hand(recalled) - recalled.value()), 1e-13
    )
    yield within("and as it is on record, off by", abs(float(ends[0].runs["J"].iloc[0]) - recalled.value()), 1e-13)
    for name, gap in zip(("gradient", "Hessian"), errors(recalled), strict=True):
        order = np.polyfit(np.log(STEPS), np.log(gap), 1)[0]
        says = f"{name}: gap to differences falls as h to the power"
        yield Finding(says, "2, give or take 0.05", f"{order:.3f}", abs(order - 2.0) < 0.05)
        yield within(f"{name}: gap at the least h", float(gap[-1]), 1e-5)
    hessian = recalled.hessian()
    yield same("Hessian is symmetric to the last bit", True, bool((hessian == hessian.T).all()))


ROWS = (
    Row(
        "L16",
        "The objective",
        "The objective is the mean loss over the data as a function of all W and W0, the features' own parameters "
        "included.",
        "J is drawn along one weight of the features. What are the gradient and the Hessian of this curve at the dot?",
        "Left and middle, J along a weight of the first and of the last layer, with the tangent that the gradient "
        "gives and the parabola that the Hessian gives, both touching at the dot. Right, the gaps between differences "
        "and derivatives, falling along a line of slope 2.",
        ("l16_objective",),
        derivatives,
        of_all_weights,
        (
            Drawing(
                "A square of 13 by 13 colored numbers, the second derivatives of J by every pair of weights and "
                "offsets, the same on both sides of the diagonal, with lines between the two layers.",
                curvatures,
            ),
        ),
    ),
)
