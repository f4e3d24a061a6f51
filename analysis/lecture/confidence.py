"""L8 and L15: the same lines as step, sigmoid, tanh and ReLU features, under an identity and under a sigmoid output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import above, below, every, same, within
from analysis.lecture.maps import Limits, Maps, maps
from analysis.lecture.row import Drawing, Row
from nnexp.figures.surfaces import Panel, both, grid

PLANETS, LINES = ((-2.5, 8.5), (-2.6, 8.7)), ((-3.0, 3.0), (-3.0, 3.0))
NAMES, LINE_NAMES = ("x1: distance", "x2: star size"), ("x1", "x2")
REACH = {"identity": 2.0, "sigmoid": 0.5}
OUTPUTS = {"identity": "identity output: z", "sigmoid": "sigmoid output"}
OUTWARD = np.linspace(3.2, 8.0, 25)
"""Places on the diagonal x1 = x2, from just outside of the band to the corner of the picture."""
LEVEL = 0.01
"""A place where a surface climbs by less than this share of its steepest climb is on a plateau."""


def by_output(ends: Sequence[Endpoints], output: str) -> list[Endpoints]:
    """The nets with this output unit, in the order of the sweep."""
    return [each for each in ends if each.recalled.configuration.output == output]


def name(ends: Endpoints) -> str:
    """The kind of feature, as titles say it."""
    activation = ends.recalled.configuration.activation.name
    return {"relu": "ReLU"}.get(activation, activation) + " features"


def _shown(each: Endpoints, limits: tuple[Limits, Limits], names: tuple[str, str], reach: float) -> Panel:
    shown = maps(each, *limits, names)
    if each.recalled.configuration.output == "identity":
        return Panel(name(each), shown.sum(reach=reach))
    return Panel(name(each), shown.says())


def confident(ends: Sequence[Endpoints], view: Literal["surface", "above"] = "surface") -> Figure:
    """Features in columns, outputs in rows."""
    rows = []
    for output in OUTPUTS:
        panels = [_shown(each, PLANETS, NAMES, REACH["identity"]) for each in by_output(ends, output)]
        rows.append([Panel(panel.title, panel.field, view) for panel in panels])
    return grid(rows, tuple(OUTPUTS.values()), threshold="threshold (z = 0, sigmoid 1/2)")


def from_above(ends: Sequence[Endpoints]) -> Figure:
    """The same from above."""
    return confident(ends, "above")


def surer(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That a sigmoid changes no label, says a value between 0 and 1, and is surer further from the line."""
    for plain, squashed in zip(by_output(ends, "identity"), by_output(ends, "sigmoid"), strict=True):
        z, guess = maps(plain, *PLANETS, NAMES).guess, maps(squashed, *PLANETS, NAMES).guess
        yield every(f"{name(plain)}: a sigmoid output changes no label, on a grid", (z > 0.0) == (guess > 0.5))
        yield every(f"{name(plain)}: its value lies between 0 and 1, on a grid", (guess >= 0.0) & (guess <= 1.0))
        outward = squashed.guess(np.stack([OUTWARD, OUTWARD]))[0]
        climbs = np.diff(outward)
        if plain.recalled.configuration.activation.name == "step":
            yield same("step features: values of the sigmoid output, however far from the line", 1, len(set(outward)))
        else:
            yield every(f"{name(plain)}: surer further from the line, from place to place", climbs >= 0.0)
            yield above(f"{name(plain)}: so much surer at the corner than at the line", float(climbs.sum()), 0.1)


def plateaus(ends: Sequence[Endpoints]) -> Figure:
    """Sigmoid and ReLU features, from the side and from above, under both outputs."""
    rows = []
    for output in OUTPUTS:
        panels = [_shown(each, LINES, LINE_NAMES, 3.0) for each in by_output(ends, output)]
        rows.append([panel for each in panels for panel in both(each.title, each.field)])
    return grid(rows, tuple(OUTPUTS.values()), threshold="threshold (z = 0, sigmoid 1/2)")


def level(shown: Maps) -> float:
    """The share of the picture that lies on a plateau of the weighted sum."""
    slopes = np.hypot(*np.gradient(shown.z[0]))
    return float((slopes < LEVEL * slopes.max()).mean())


def squashed(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That sigmoid features give plateaus, that ReLU features need not, and that a sigmoid keeps what is higher higher."""
    shown = {output: [maps(each, *LINES, LINE_NAMES) for each in by_output(ends, output)] for output in OUTPUTS}
    sigmoid, relu = shown["identity"]
    yield above("sigmoid features: share of the picture on a plateau", 100.0 * level(sigmoid), 30.0, " %")
    yield below("ReLU features: share of the picture on a plateau", 100.0 * level(relu), 1.0, " %")
    for plain, pressed, kind in zip(shown["identity"], shown["sigmoid"], ("sigmoid", "ReLU"), strict=True):
        off = np.abs(pressed.guess - 1.0 / (1.0 + np.exp(-plain.z))).max()
        yield within(
            f"{kind} features: the sigmoid output is the sigmoid of the same surface, off by", float(off), 1e-12
        )
        inside = (pressed.guess > 0.0) & (pressed.guess < 1.0)
        yield every(f"{kind} features: it lies between 0 and 1, on a grid", inside)


ROWS = (
    Row(
        "L8",
        "Confidence",
        "A value further above the threshold feels like more confidence in label 1. With a sigmoid at the output it "
        "is one: a value between 0 and 1.",
        "Step features are traded for sigmoid, tanh and ReLU features along the same lines. Which nets can say that "
        "they are surer of a planet far from the band than of one near it?",
        "Four columns of surfaces over distance and star size, with step, sigmoid, tanh and ReLU features. Above, the "
        "weighted sum: flat for steps, smooth valleys for sigmoid and tanh, ever rising for ReLU. Below, the same "
        "under a sigmoid, between 0 and 1.",
        ("l08_confidence",),
        confident,
        surer,
        (
            Drawing(
                "The same eight functions from above: the same two lines bound label 1 in every column and in both "
                "rows; only for steps is each region of one color.",
                from_above,
            ),
        ),
    ),
    Row(
        "L15",
        "Plateaus, and what squashes them",
        "Sigmoid features with an identity output give plateaus; ReLU features need not. A sigmoid output squashes "
        "the same surface into (0, 1).",
        "The same three lines, once with sigmoid and once with ReLU features. Which surface is flat between the "
        "lines, and what becomes of both under a sigmoid?",
        "Two rows, each a surface and the view from above for sigmoid and for ReLU features. Sigmoid features make "
        "terraces with edges along the lines; ReLU features make slopes with creases along them. Below, both pressed "
        "between 0 and 1.",
        ("l15_surfaces",),
        plateaus,
        squashed,
    ),
)
