"""L14: the hidden units of the lecture and their slopes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import same, within
from analysis.lecture.row import Row
from nnexp.figures import panels, style
from nnexp.figures.panels import Line, Panel

Array = NDArray[np.float64]

Z = np.linspace(-4.0, 4.0, 801)
NOTES = {
    "step": "0 or 1; slope 0 everywhere",
    "sigmoid": "a step from 0 to 1, relaxed",
    "tanh": "a step from \N{MINUS SIGN}1 to +1, relaxed",
    "relu": "slope 0 or 1; at z = 0 it is 0 by definition",
}
NAMES = {"relu": "ReLU"}
STEEP = 1e4
H = 1e-4


def curves(ends: Sequence[Endpoints]) -> Figure:
    """A panel a unit: a = f(z), and f'(z)."""
    return panels.panels([_panel(each) for each in ends], columns=4, width=3.3)


def _panel(ends: Endpoints) -> Panel:
    f = ends.recalled.configuration.activation
    marks = [
        *_pieces(said(ends, Z), "a = f(z)", style.BLUE),
        *_pieces(slope(f, Z), "slope f'(z)", style.ORANGE, (0, (4, 2))),
    ]
    low = {"sigmoid": 0.0, "tanh": -1.0}.get(f.name)
    if low is not None:
        marks.insert(0, Line(Z, np.where(Z > 0.0, 1.0, low), "step", style.GREY, width=1.4))
    title = NAMES.get(f.name, f.name)
    return Panel(title, "z", "", marks, NOTES[f.name], y_limits=(-1.25, 2.1))


def _pieces(values: Array, label: str, color: str, dashes: Any = "-") -> list[Line]:
    """A line that is broken where it jumps."""
    jump = np.flatnonzero(np.abs(np.diff(values)) > 0.5)
    parts = np.split(np.arange(len(Z)), jump + 1)
    return [Line(Z[part], values[part], "" if i else label, color, dashes) for i, part in enumerate(parts)]


def said(ends: Endpoints, z: Array) -> Array:
    """What the net of one unit says, which is f(z)."""
    return ends.guess(z[None, :])[0]


def slope(f: Any, z: Array) -> Array:
    """f'(z)."""
    a = f.value(z.copy()[None, None], np.empty((1, 1, len(z))))
    return f.slope(z[None, None], a, np.empty_like(a))[0, 0]


def curvature(f: Any, z: Array) -> Array:
    """f''(z)."""
    a = f.value(z.copy()[None, None], np.empty((1, 1, len(z))))
    return f.curvature(z[None, None], a, np.empty_like(a))[0, 0]


def exact(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """Values by their formulas, slopes and curvatures by differences, and what happens at z = 0."""
    step, sigmoid, tanh, relu = ends
    z = Z[np.abs(Z) > 2.0 * H]
    formulas = {
        "step": z > 0.0,
        "sigmoid": 1.0 / (1.0 + np.exp(-z)),
        "tanh": (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
        "relu": np.where(z > 0.0, z, 0.0),
    }
    for each in ends:
        f = each.recalled.configuration.activation
        yield within(
            f"{f.name}: value by its formula, off by", float(np.abs(said(each, z) - formulas[f.name]).max()), 1e-14
        )
        rise = (said(each, z + H) - said(each, z - H)) / (2.0 * H)
        yield within(f"{f.name}: slope by differences, off by", float(np.abs(slope(f, z) - rise).max()), 1e-8)
        bend = (slope(f, z + H) - slope(f, z - H)) / (2.0 * H)
        yield within(f"{f.name}: curvature by differences, off by", float(np.abs(curvature(f, z) - bend).max()), 1e-8)
    zero = np.zeros(1)
    yield same(
        "ReLU: slope at z = 0, by definition", 0.0, float(slope(relu.recalled.configuration.activation, zero)[0])
    )
    yield same("step: value at z = 0", 0.0, float(said(step, zero)[0]))
    relaxed = float(np.abs(said(sigmoid, STEEP * z) - said(step, z)).max())
    yield within("sigmoid(w z) for a large weight w is the step from 0 to 1, off by", relaxed, 1e-12)
    relaxed = float(np.abs(said(tanh, STEEP * z) - np.sign(z)).max())
    yield within("tanh(w z) for a large weight w is the step from -1 to +1, off by", relaxed, 1e-12)


ROWS = (
    Row(
        "L14",
        "Hidden activations",
        "Sigmoid is a relaxed step from 0 to 1, tanh a relaxed step from -1 to +1; ReLU has derivative 0 or 1, and 0 "
        "by definition at z = 0.",
        "Draw the slope of each curve. Where is it 0, and how large does it get?",
        "Four panels of f(z) with its slope dashed: step, with slope 0; sigmoid, with a slope of 1/4 at most; tanh, "
        "with a slope of 1 at most; ReLU, whose slope is 0 on the left and 1 on the right. The step lies in grey "
        "behind sigmoid and tanh.",
        ("l14_activations",),
        curves,
        exact,
    ),
)
