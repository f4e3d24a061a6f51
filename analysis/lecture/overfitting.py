"""L21: one may not want the global optimum: expressive nets overfit, and a bag of tricks cures it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import above, below, every
from analysis.lecture.row import Drawing, Row
from nnexp.figures import panels, style
from nnexp.figures.panels import Dots, Line, Panel

Array = NDArray[np.float64]
Ends = Sequence[Endpoints]

TRAIN, TEST = style.BLUE, style.ORANGE
MODEST, NO_PENALTY, ROOM = 1e-9, 3e-9, 1.4
"""How far a loss may rise by rounding; where no penalty stands on an axis of logarithms; room for a legend."""
FITS = (1, 5, 11)
"""Orders whose curves are drawn."""


def measured(ends: Endpoints) -> dict[str, float]:
    """Train and test loss at the very optimum, where the polish landed."""
    c = ends.recalled.configuration
    found = ends.recalled.objective.measure(ends.polished[:1], np.array([c.l2]), np.array([c.l1]))
    return {name: float(found[name][0]) for name in ("train_loss", "test_loss")}


def both(sweep: Ends) -> tuple[Array, Array]:
    """Train and test loss of each configuration at its optimum."""
    found = [measured(each) for each in sweep]
    return np.array([each["train_loss"] for each in found]), np.array([each["test_loss"] for each in found])


def losses(order: Ends, width: Ends, l2: Ends, optima: Ends) -> Figure:
    """Train and test loss by order, by width, and by penalty."""
    shown = [
        Panel(
            "More features: order of polynomial",
            *("order", "loss at the optimum", _pair([_order(each) for each in order], *both(order))),
            "training loss can only sink, test loss turns",
            y_scale="log",
        ),
        Panel(
            "More units",
            *(
                "width",
                "loss where training ends, median seed",
                [*_by_width(width, "steps"), *_by_width(width, "early_stopping")],
            ),
            "trained to the end, and stopped early",
            y_limits=(2e-4, 6.0),
            x_scale="log",
            y_scale="log",
            ticks=(_widths(width), [str(n) for n in _widths(width)]),
        ),
        Panel(
            "The cure: a penalty, at order 11",
            *("l2 (none at the left)", "loss at the optimum", _pair(_penalties(l2), *both(l2))),
            "expressive at the left, simple at the right",
            x_scale="log",
            y_scale="log",
        ),
    ]
    return panels.panels(shown, width=4.4)


def _pair(x: Sequence[float], train: Array, test: Array) -> list[Line | Dots]:
    lines: list[Line | Dots] = []
    for loss, color, name in ((train, TRAIN, "training data"), (test, TEST, "test data")):
        lines += [Line(x, loss, name, color), Dots(x, loss, "", color)]
    return lines


def _order(ends: Endpoints) -> int:
    return int(ends.recalled.configuration.features.order)


def _penalties(l2: Ends) -> list[float]:
    """The penalties, none at a place of its own at the left."""
    return [max(each.recalled.configuration.l2, NO_PENALTY) for each in l2]


def _widths(width: Ends) -> list[int]:
    return sorted({each.recalled.configuration.widths[0] for each in width})


def by_stopping(width: Ends, stopping: str) -> list[Endpoints]:
    """The nets under this stopping rule, the narrowest first."""
    found = [each for each in width if each.recalled.configuration.stopping.name == stopping]
    return sorted(found, key=lambda each: int(each.recalled.configuration.widths[0]))


def _by_width(width: Ends, stopping: str) -> list[Line]:
    found, dashes = by_stopping(width, stopping), "-" if stopping == "steps" else (0, (4, 2))
    ends = "" if stopping == "steps" else ", stopped early"
    return [
        Line(_widths(width), [each.runs[loss].median() for each in found], f"{name}{ends}", color, dashes)
        for loss, color, name in (("train_loss", TRAIN, "training data"), ("test_loss", TEST, "test data"))
    ]


def fits(order: Ends, width: Ends, l2: Ends, optima: Ends) -> Figure:
    """The curves of some orders at their optimum, and of the highest with the penalty that tests best."""
    chosen = [next(each for each in order if _order(each) == k) for k in FITS]
    cured = l2[int(np.argmin(both(l2)[1]))]
    titles = [f"order {k}" for k in FITS] + [f"order {FITS[-1]}, l2 = {cured.recalled.configuration.l2:g}"]
    return panels.panels([_fit(*each) for each in zip((*chosen, cured), titles, strict=True)], columns=4, width=3.3)


def _fit(ends: Endpoints, title: str) -> Panel:
    data, x = ends.recalled.configuration.data, np.linspace(-1.0, 1.0, 400)
    inputs = ends.recalled.configuration.features.transform(x[None, :])
    curve = ends.recalled.objective.guess(ends.polished[:1], inputs)[0, 0]
    marks: list[Line | Dots] = [
        Dots(data.X_test[0], data.Y_test[0], "test", TEST, 30.0, hollow=True, behind=True),
        Line(x, curve, "", style.INK),
        Dots(data.X_train[0], data.Y_train[0], "training", TRAIN, 40.0),
    ]
    loss = measured(ends)
    note = f"loss: training {loss['train_loss']:.3f}, test {loss['test_loss']:.3f}"
    return Panel(title, "x", "y", marks, note, y_limits=(-1.9, 1.9))


def tested(order: Ends, width: Ends, l2: Ends, optima: Ends) -> Figure:
    """Train and test loss of each optimum of one net side by side."""
    table = optima[0].optima.frame()
    place = list(range(1, len(table) + 1))
    marks: list[Line | Dots] = [Line(place, table["J"], "J, with the penalty", style.INK, (0, (4, 2)), width=1.6)]
    for loss, color, name in (("train_loss", TRAIN, "training data"), ("test_loss", TEST, "test data")):
        marks += [
            Line(place, table[loss], "", color, width=1.0, alpha=0.5),
            Dots(place, table[loss], f"loss on {name}", color, 90.0),
        ]
    ticks = (place, [f"{n}\n{share:.1%}" for n, share in zip(place, table["share"], strict=True)])
    note = "the lowest J first, each with the share of seeds that reach it"
    shown = Panel(
        "The optima of one net on the same data",
        "optimum",
        "loss",
        marks,
        note,
        ticks=ticks,
        y_limits=(0.0, ROOM * float(table["test_loss"].max())),
    )
    return panels.panels([shown], width=7.0, height=4.2)


def traded(order: Ends, width: Ends, l2: Ends, optima: Ends) -> Iterator[Finding]:
    """That expressive nets overfit, that the lowest J is not the best on test data, and that tricks cure it."""
    train, test = both(order)
    yield every("a higher order never has a higher training loss, at the optimum", np.diff(train) <= MODEST)
    best = int(np.argmin(test))
    yield every("but the test loss is least at an order between the ends", 0 < best < len(test) - 1)
    gap = (test - train)[[best, -1]]
    yield above("gap between test and training loss, highest order over the best one", float(gap[1] / abs(gap[0])), 3.0)
    cured_train, cured = both(l2)
    yield every("a larger l2 never has a lower training loss, at the optimum", np.diff(cured_train) >= -MODEST)
    yield every("and the test loss is least at an l2 between the ends", 0 < int(np.argmin(cured)) < len(cured) - 1)
    yield below(
        "order 11: test loss with the best l2, beside that with none", float(cured.min()), 0.6 * float(cured[0])
    )
    whole, early = (
        [float(each.runs["test_loss"].median()) for each in by_stopping(width, rule)]
        for rule in ("steps", "early_stopping")
    )
    yield above("widest net: test loss of training to the end over that of the narrowest", whole[-1] / whole[0], 1.5)
    yield below("widest net: test loss if stopped early, beside training to the end", early[-1], 0.6 * whole[-1])
    table = optima[0].optima.frame()
    yield above("one net: distinct optima", float(len(table)), 1.0)
    lowest, least = float(table["test_loss"].iloc[0]), float(table["test_loss"].min())
    yield below(
        "and the optimum that does best on test data is not that of the lowest J: test losses", least, 0.98 * lowest
    )


ROWS = (
    Row(
        "L21",
        "Not wanting the best",
        "One may not want the global optimum: expressive nets overfit. Trade the loss off against simplicity; there "
        "is a bag of tricks.",
        "Fifteen points are fitted at the very optimum by polynomials of order 1 to 11. How does the loss on them go, "
        "and how that on points not seen?",
        "Three panels of training and test loss: by order of polynomial and by width the training loss sinks while "
        "the test loss turns up, less so if training is stopped early; by l2 the test loss is least in the middle.",
        ("l21_order", "l21_width", "l21_l2", "l21_optima"),
        losses,
        traded,
        (
            Drawing(
                "Four fits of the same points: a line, a sine, a curve that swings from point to point, and the same "
                "order calmed by a penalty.",
                fits,
            ),
            Drawing(
                "Training and test loss of each optimum of one net, the lowest J at the left: training loss climbs "
                "with J, while the least test loss stands second.",
                tested,
            ),
        ),
    ),
)
