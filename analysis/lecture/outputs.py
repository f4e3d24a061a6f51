"""L9 and L13: several outputs on the same features, and the output unit that a task needs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

import nnexp
from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import above, below, every, same, within
from analysis.lecture.maps import maps
from analysis.lecture.row import Drawing, Row
from nnexp.errors import UserError
from nnexp.figures import panels, style
from nnexp.figures.fields import Points
from nnexp.figures.panels import Dots, Line
from nnexp.figures.surfaces import Panel, grid

DAYS, WEATHER = ((-0.5, 5.5), (-12.0, 47.0)), ("p: precipitation", "T: temperature")
BLOBS, XY = ((-4.0, 4.0), (-4.0, 4.0)), ("x1", "x2")
WHO = ("I run", "my friend runs", "my neighbor runs")
REFUSED = (
    ("nll on an identity output", {"dataset": "two_moons", "loss": "nll", "output": "identity"}, "output=identity"),
    ("nll of real values", {"dataset": "noisy_sine", "loss": "nll"}, "loss=nll cannot be used"),
)
"""What does not go together, how it is asked for, and how the refusal begins."""


def labels(several: Sequence[Endpoints], classes: Sequence[Endpoints]) -> Figure:
    """A panel for each of three labels."""
    shown, data = maps(several[0], *DAYS, WEATHER), several[0].recalled.configuration.data
    found = [Points(data.X_train, label) for label in data.Y_train]
    row = [Panel(who, shown.says(i), "labels", found[i]) for i, who in enumerate(WHO)]
    title = f"{_shapes(several[0])}: three labels, a sigmoid each, on the same three features"
    return grid([row], title=title, threshold="guess of 1/2")


def _shapes(ends: Endpoints) -> str:
    """The shapes of W, layer by layer, in the lecture's notation."""
    shapes = enumerate((W.shape for W, _ in ends.recalled.weights()), start=1)
    return ", ".join(f"$W^{layer}$ is {m} x {n}" for layer, (m, n) in shapes)


def one_of_three(several: Sequence[Endpoints], classes: Sequence[Endpoints]) -> Figure:
    """The guess for each of three classes."""
    shown, data = maps(classes[0], *BLOBS, XY), classes[0].recalled.configuration.data
    found = [Points(data.X_train, label) for label in data.Y_train]
    row = [Panel(f"guess that it is {name}", shown.says(i), "above", found[i]) for i, name in enumerate(data.outputs)]
    title = f"{_shapes(classes[0])}: one of three classes, a softmax whose guesses add up to 1"
    return grid([row], title=title, threshold="guess of 1/2", labels=("another class", "this class"))


def shared(several: Sequence[Endpoints], classes: Sequence[Endpoints]) -> Iterator[Finding]:
    """The shapes of the layers, every label of every point, and what the outputs add up to."""
    for what, each, shapes in (("labels", several[0], [(2, 3), (3, 3)]), ("classes", classes[0], [(2, 4), (4, 3)])):
        weights = each.recalled.weights()
        yield same(f"{what}: shapes m x n of W, layer by layer", shapes, [W.shape for W, _ in weights])
        yield same(
            f"{what}: numbers of offsets W0, layer by layer", [n for _, n in shapes], [len(W0) for _, W0 in weights]
        )
        fits = [a.shape[1] == b.shape[0] for (a, _), (b, _) in pairwise(weights)]
        yield every(f"{what}: each layer takes in what the one before gives", fits)
    data = several[0].recalled.configuration.data
    yield every("each of three labels of each listed point", (several[0].guess(data.X_train) > 0.5) == data.Y_train)
    together = maps(several[0], *DAYS, WEATHER).guess
    yield above("labels: how many hold at once somewhere", float((together > 0.5).sum(axis=0).max()), 1.0)
    guess = maps(classes[0], *BLOBS, XY).guess
    yield within("classes: the guesses add up to 1, off by", float(np.abs(guess.sum(axis=0) - 1.0).max()), 1e-12)
    yield below("classes: test error", 100.0 * float(classes[0].runs["test_error"].iloc[0]), 10.0, " %")


def units(ends: Sequence[Endpoints]) -> Figure:
    """Regression under two output units, and the nll under the guesses that it can take."""
    data = ends[0].recalled.configuration.data
    x = np.linspace(-1.0, 1.0, 300)
    marks: list[Line | Dots] = [Dots(data.X_train[0], data.Y_train[0], "data", style.GREY, 14.0, behind=True)]
    for each, color in zip(ends, (style.BLUE, style.ORANGE), strict=True):
        marks.append(Line(x, each.guess(x[None, :])[0], f"{each.recalled.configuration.output} output", color))
    z, g = np.linspace(-6.0, 6.0, 300), np.linspace(0.001, 0.999, 400)
    squeezed = [Line(z, 1.0 / (1.0 + np.exp(-z)), "sigmoid", style.ORANGE), Line(z, z, "identity", style.BLUE)]
    likely = [Line(g, -np.log(g), "actual 1", style.ORANGE), Line(g, -np.log(1.0 - g), "actual 0", style.BLUE)]
    edges = [Line([at, at], [0.0, 7.0], "", style.INK, ":", 1.2) for at in (0.0, 1.0)]
    return panels.panels(
        [
            panels.Panel(
                "Regression needs real values", "x", "y", marks, "A sigmoid output says nothing below 0 or above 1"
            ),
            panels.Panel(
                "Output units", "z", "guess", squeezed, "Only the sigmoid's lies in (0, 1)", y_limits=(-2.0, 2.0)
            ),
            panels.Panel(
                "The nll needs guesses in (0, 1)",
                *("guess", "loss", [*likely, *edges]),
                "At 0 and at 1 a wrong guess costs infinitely much; beyond there is no logarithm",
                x_limits=(-0.5, 1.5),
                y_limits=(0.0, 7.0),
            ),
        ]
    )


def fitting(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That the identity reaches the targets, that a sigmoid does not, and that what does not go together is refused."""
    identity, sigmoid = ends
    low = identity.recalled.configuration.data.Y_train.min()
    yield below("regression: least target", float(low), 0.0)
    guess = sigmoid.guess(np.linspace(-1.0, 1.0, 300)[None, :])
    yield every("sigmoid output: guesses between 0 and 1", (guess > 0.0) & (guess < 1.0))
    worst, best = identity.runs["test_loss"].max(), sigmoid.runs["test_loss"].min()
    yield above("regression: test loss of a sigmoid output over that of an identity output", float(best / worst), 3.0)
    for what, asked, begins in REFUSED:
        yield _refused(what, asked, begins)


def _refused(what: str, asked: dict[str, str], begins: str) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        try:
            nnexp.sweep(**asked, seeds=1, steps=0, runs_dir=folder, backend={"where": "serial"})
        except UserError as error:
            return Finding(
                f"{what} is refused in a sentence", f"{begins} ...", str(error), str(error).startswith(begins)
            )
    return Finding(f"{what} is refused in a sentence", f"{begins} ...", "not refused", passed=False)


ROWS = (
    Row(
        "L9",
        "Layers with several outputs",
        "In layer l, W is m x n and W0 is n x 1, and the next layer takes in what this one gives. Several outputs "
        "share the features: I run, my friend runs, my neighbor runs.",
        "My friend does not mind the rain, my neighbor does not mind the heat. Which features does each of us use, "
        "and which region of the weather is whose?",
        "Three panels over precipitation and temperature: label 1 in a rectangle for me, in a strip of middle "
        "temperatures in any rain for my friend, and in all dry weather above 5 degrees for my neighbor.",
        ("l09_labels", "l09_classes"),
        labels,
        shared,
        (
            Drawing(
                "Three panels, one for each of three classes in three clouds: the guess is near 1 in the class's own "
                "sector, near 0 in the two others.",
                one_of_three,
            ),
        ),
    ),
    Row(
        "L13",
        "The output unit fits the task",
        "Regression needs real values; the negative log likelihood needs values in (0, 1). So the output activation "
        "is the identity for regression, and the sigmoid for the likelihood.",
        "A net with a sigmoid at its output is trained on a sine between -1 and 1. What will its best curve look like?",
        "Left, noisy points along a sine, met by the curve of an identity output, while that of a sigmoid output lies "
        "flat at 0 where the sine is negative. Middle, the two units. Right, the losses for actual 0 and 1, which end "
        "at guesses 0 and 1.",
        ("l13_outputs",),
        units,
        fitting,
    ),
)
