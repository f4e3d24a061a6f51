"""L12: the derivative of a step is 0 everywhere, so (S)GD never moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import above, every, same
from analysis.lecture.row import Row
from nnexp.figures import panels, style
from nnexp.figures.panels import Line, Panel
from nnexp.records import STATUS

COLORS = (style.ORANGE, style.BLUE)
REACH, PLACES = 3.0, 601
STEPS = 2000


def standing_still(ends: Sequence[Endpoints]) -> Figure:
    """J and the weights through training, and J along one weight, for step and for sigmoid units."""
    along, J, moved = [], [], []
    for each, color in zip(ends, COLORS, strict=True):
        run, name = each.runs.iloc[0], f"{each.recalled.configuration.activation.name} units"
        t, heights = along_weight(each)
        along.append(Line(t, heights, name, color))
        steps, values = _through(run["curve_steps"], run["curve_J"])
        J.append(Line(steps, values, name, color))
        kept, theta = _through(run["snapshot_steps"], np.reshape(run["snapshots"], (len(run["snapshot_steps"]), -1)))
        moved.append(Line(kept, np.linalg.norm(theta - theta[0], axis=1), name, color))
    weight = "first weight $W^1_{11}$, from where it starts"
    title = "\n".join(_halves(f"no_gradient: {STATUS['no_gradient']}"))
    shown = [
        Panel("J along one weight", weight, "J", along, "steps: flat, with jumps; sigmoids: smooth"),
        Panel("J through training", "steps", "J", J, "the net of steps is not trained"),
        Panel("How far the weights move", "steps", "distance from the start", moved),
    ]
    return panels.panels(shown, title=title)


def _through(steps: Sequence[int], values: Sequence[float] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values at steps; those of a run that was not trained stay as they were to the end."""
    at, known = np.asarray(steps, float), np.asarray(values, float)
    if at[-1] < STEPS:
        at, known = np.append(at, STEPS), np.concatenate([known, known[-1:]])
    return at, known


def _halves(sentence: str) -> list[str]:
    first, _, second = sentence.partition("; ")
    return [f"{first};", second]


def along_weight(ends: Endpoints) -> tuple[np.ndarray, np.ndarray]:
    """J along the first weight of the first layer, the others as they were at the start."""
    theta = np.repeat(np.asarray(ends.runs["snapshots"].iloc[0])[None, : ends.recalled.theta.size], PLACES, axis=0)
    t = np.linspace(-REACH, REACH, PLACES)
    theta[:, 0] += t
    return t, ends.recalled.value(theta)


def moves(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That the net of steps stays where it is, and says why, and that the net of sigmoids moves."""
    step, sigmoid = ends
    yield same("step units: status", "no_gradient", step.runs["status"].iloc[0])
    yield same("step units: steps taken", 0, int(step.runs["steps_taken"].iloc[0]))
    first = step.recalled.weights()[0]
    n = first[0].size + first[1].size
    gradient = step.recalled.gradient()[:n]
    yield every("step units: derivatives of J by the weights and offsets of the features that are 0", gradient == 0.0)
    for each, name, most in ((step, "step", True), (sigmoid, "sigmoid", False)):
        flat = float((np.diff(along_weight(each)[1]) == 0.0).mean())
        says = f"{name} units: share of a weight's way along which J is level"
        yield above(says, 100.0 * flat, 90.0, " %") if most else same(says, 0.0, flat)
    start, end = (float(sigmoid.runs["curve_J"].iloc[0][place]) for place in (0, -1))
    yield above("sigmoid units, from the same weights: J sinks, at the start over at the end", start / end, 1.5)
    yield same("the same weights at the start", True, bool((_start(step) == _start(sigmoid)).all()))


def _start(ends: Endpoints) -> np.ndarray:
    return np.asarray(ends.runs["snapshots"].iloc[0])[: ends.recalled.theta.size]


ROWS = (
    Row(
        "L12",
        "The problem with steps",
        "A step function's derivative is 0 everywhere. The gradient by the features' parameters is 0, so GD and SGD "
        "never move.",
        "A net of step units is trained by gradient descent from random weights. Where is it after 2,000 steps?",
        "Left, J along one weight: flat terraces for step units, a smooth slope for sigmoid units. Middle, J through "
        "training: level for steps, sinking for sigmoids. Right, the weights: none of the steps' moves. Above, the "
        "sentence that says why.",
        ("l12_zero_gradient",),
        standing_still,
        moves,
    ),
)
