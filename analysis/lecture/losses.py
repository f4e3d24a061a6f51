"""L11: from a hypothesis class to a hypothesis: choose a loss, then learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import below, every, same, within
from analysis.lecture.row import Row
from analysis.objectives import identities
from nnexp.figures import panels, style
from nnexp.figures.panels import Dots, Line, Panel

COLORS = {"zero_one": style.INK, "asymmetric": "#009E73", "nll": style.BLUE, "squared": style.ORANGE}
COST, TALLEST = 10.0, 4.2
HALF = 0.5
LEARNED = ("nll", "squared", "asymmetric_nll")


def losses(ends: Sequence[Endpoints]) -> Figure:
    """Each loss against the guess, for both actual values, and what the nets that it chooses do wrong."""
    return panels.panels([*map(_against_guess, (1, 0)), _mistakes(ends)])


def _against_guess(actual: int) -> Panel:
    """The four losses of the lecture as functions of the guess."""
    g = np.linspace(0.002, 0.998, 499)
    wrong = (g > HALF) != actual
    cost = COST if actual else 1.0
    values = {
        f"asymmetric: {cost:g} if wrong": (cost * wrong, COLORS["asymmetric"], "-"),
        "0-1": (wrong.astype(float), COLORS["zero_one"], (0, (4, 2))),
        "nll": (-np.log(g if actual else 1.0 - g), COLORS["nll"], "-"),
        "squared": ((g - actual) ** 2, COLORS["squared"], "-"),
    }
    marks = [Line(g, value, name, color, dashes) for name, (value, color, dashes) in values.items()]
    note = "a missed 1 costs more than a false alarm" if actual else "a false alarm"
    return Panel(f"Actual value {actual}", "guess", "loss", marks, note, y_limits=(0.0, TALLEST))


def _mistakes(ends: Sequence[Endpoints]) -> Panel:
    """The 0-1 error and the asymmetric cost of every net that was trained, a column a loss."""
    marks: list[Line | Dots] = []
    for measure, color, name in (
        ("train_error", COLORS["zero_one"], "0-1 error"),
        ("train_cost", "#009E73", "asymmetric cost"),
    ):
        for optimizer, hollow in (("gd", False), ("sgd", True)):
            found = [(i, of(ends, loss, optimizer).runs[measure]) for i, loss in enumerate(LEARNED)]
            x = np.concatenate([np.full(len(values), i + 0.16 * hollow - 0.08) for i, values in found])
            y = np.concatenate([values.to_numpy() for _, values in found])
            marks.append(Dots(x, y, f"{name}, {optimizer.upper()}", color, 34.0, hollow))
    names = [loss.replace("asymmetric_nll", "asymmetric\nnll") for loss in LEARNED]
    note = "a dot a seed; both are always reported"
    ticks = (range(len(LEARNED)), names)
    return Panel(
        "What each trained loss gets wrong",
        "loss that was trained",
        "on training data",
        marks,
        note,
        ticks=ticks,
        x_limits=(-0.4, 3.4),
    )


def of(ends: Sequence[Endpoints], loss: str, optimizer: str) -> Endpoints:
    """The runs of one loss under one optimizer."""
    made = [each.recalled.configuration for each in ends]
    return next(
        each for each, c in zip(ends, made, strict=True) if c.loss.name == loss and c.optimizer.name == optimizer
    )


def chosen(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That each is a value of the config, what each weighs, and that 0-1 and asymmetric are always reported."""
    runs = pd.concat([each.runs for each in ends])
    yield same("losses and optimizers that were asked for", 8, len(ends))
    yield every(
        "0-1 error and asymmetric cost are on record for every run", runs[["train_error", "train_cost"]].notna()
    )
    for loss in LEARNED:
        pair = pd.concat([of(ends, loss, optimizer).runs for optimizer in ("gd", "sgd")])
        yield same(f"{loss}: objectives that GD and SGD minimize", 1, identities(pair).nunique())
        first = of(ends, loss, "gd")
        off = abs(by_hand(first, loss) - float(first.runs["train_loss"].iloc[0]))
        yield within(f"{loss}: mean over the data by the lecture's formula, off by", off, 1e-12)
    costs = {loss: float(of(ends, loss, "gd").runs["train_cost"].median()) for loss in LEARNED}
    yield below("asymmetric cost when it is trained, beside that of the nll", costs["asymmetric_nll"], costs["nll"])
    status = set(of(ends, "zero_one", "gd").runs["status"])
    yield same("the 0-1 loss itself has no slope to learn by", "no_gradient", ", ".join(sorted(status)))


def by_hand(ends: Endpoints, loss: str) -> float:
    """The mean loss of the first run, example by example."""
    data = ends.recalled.configuration.data
    total = 0.0
    for g, y in zip(ends.guess(data.X_train)[0], data.Y_train[0], strict=True):
        likely = -(y * np.log(g) + (1.0 - y) * np.log(1.0 - g))
        total += (g - y) ** 2 if loss == "squared" else likely * (COST if y and loss == "asymmetric_nll" else 1.0)
    return float(total / data.Y_train.shape[1])


ROWS = (
    Row(
        "L11",
        "Hypothesis class, loss, learning",
        "Layers, units and activations make the hypothesis class. Then choose a loss: 0-1, asymmetric, negative log "
        "likelihood, squared. Then learn, by GD or SGD.",
        "The actual value is 1. What does each loss charge for a guess of 0.4, and what for one of 0.001?",
        "Left and middle, four losses against the guess: the 0-1 and the asymmetric loss jump at 1/2, the negative "
        "log likelihood climbs without bound, the squared loss stays below 1. Right, error and cost of trained nets: "
        "the asymmetric loss buys a lower cost with more errors.",
        ("l11_losses",),
        losses,
        chosen,
    ),
)
