"""The function graph of a net, as the lecture draws it: circles are functions, values have none.

From left to right: the inputs x; for every neuron a circle with the sum and one with f, z between them, a behind; the layers,
with W (m x n), W0 (n x 1), m and n; the loss of guess and actual. Backward, from right to left, what flows there:

    dL/dz = dL/da f'(z),   dL/da of the layer below = W dL/dz,   dL/dW = a (dL/dz)^T,   dL/dW0 = dL/dz

(MIT 6.036, lecture 6). Given theta, a weight's line is as wide as its size, blue below 0 and orange above.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch
from numpy.typing import NDArray

from nnexp.figures import captions, fit, style
from nnexp.figures.captions import LINE, WORDS, say
from nnexp.figures.nodes import A_BEHIND, PITCH, RADIUS, Column, Nodes, nodes

Array = NDArray[np.float64]

PHI = r"\varphi"
DOTS = r"$\vdots$"
LETTERS, LONGEST_NAME = 14.0, 26
MOST_LAYERS = 5
ABOVE, BELOW, BACKWARD, KEY = 1.2, 1.75, 1.15, 0.4
"""Room for the brackets and the arrow above, for what is said of the layers, for what flows backward, and for the key."""

LEAST_WIDTH, MOST_WIDTH, PLAIN_WIDTH = 0.3, 5.0, 0.8
LEAST_PAPER = 8.6
STUB = 0.17
"""How long the stroke is through which an offset enters a sum."""


def function_graph(configuration: Any, theta: Array | None = None, backward: bool = False) -> Figure:
    """A Figure of a configuration's net as a function graph.

    Args:
        configuration: what is drawn (`nnexp.configuration.Configuration`).
        theta: (parameters,), weights and offsets to be shown as the lines' width and color.
        backward: whether the backward direction is drawn too, with the derivatives that flow there.

    Raises:
        NothingToDraw: if the net is too deep to be read, or theta is not finite, as where a run diverged.
    """
    network = configuration.network()
    _refuse(network, theta)
    names = _names(configuration)
    plan = nodes(network.sizes, max(map(len, names), default=0))
    remarks = _remarks(plan, configuration)
    made, axes = _paper(plan, LINE * len(remarks), BACKWARD * backward + KEY * (theta is not None))
    symbol = "x" if _sees_x(configuration) else PHI
    _inputs(axes, plan.inputs, symbol, names)
    _layers(axes, plan, network, theta)
    _loss(axes, plan, network)
    captions.layers(axes, plan, network, symbol)
    captions.forward(axes, plan, remarks)
    if backward:
        captions.backward(axes, plan, network, symbol)
    if theta is not None:
        key = _key(float(np.abs(theta).max()))
        axes.legend(handles=key, loc="lower center", ncols=len(key), frameon=False, fontsize=WORDS)
    return made


def _refuse(network: Any, theta: Array | None) -> None:
    if network.n_layers > MOST_LAYERS:
        what = f"a function graph of {network.n_layers} layers could not be read"
        raise style.NothingToDraw(f"{what}; up to {MOST_LAYERS} are drawn: take a net of depth {MOST_LAYERS} at most")
    if theta is not None and not np.isfinite(theta).all():
        raise style.NothingToDraw(
            "weights that are not finite have no width: the run diverged; take another, or no theta"
        )


def _paper(plan: Nodes, above: float, below: float) -> tuple[Figure, Axes]:
    """A Figure and axes that fill it, on which a unit is an inch, with so much more room above and below."""
    low, high, side = -plan.reach - BELOW - below, plan.reach + ABOVE + above, max(0.0, LEAST_PAPER - plan.width) / 2.0
    made = style.figure(plan.width + 2.0 * side, high - low)
    made.set_layout_engine("none")
    axes = made.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(-side, plan.width + side), ylim=(low, high))
    axes.set_axis_off()
    return made, axes


def _names(configuration: Any) -> list[str]:
    """What the data call the inputs, cut where it is long; nothing for features, and where it is x1, x2, ... anyway."""
    names = configuration.data.inputs if _sees_x(configuration) else ()
    return [
        "" if name == f"x{number}" else fit.plain(textwrap.shorten(name, LONGEST_NAME, placeholder=" ..."))
        for number, name in enumerate(names, start=1)
    ]


def _inputs(axes: Axes, inputs: Column, symbol: str, names: Sequence[str]) -> None:
    """The values that go in, with their names in the data."""
    for number, y in zip(inputs.shown, inputs.y, strict=True):
        say(axes, inputs.x - 0.08, y, f"${symbol}_{{{number + 1}}}$", ha="right", fontsize=LETTERS)
        if names:
            say(axes, inputs.x - 0.5, y, names[number], ha="right", fontsize=captions.SMALL)
    if inputs.is_thinned:
        say(axes, inputs.x - 0.25, inputs.ellipsis, DOTS, fontsize=LETTERS)


def _layers(axes: Axes, plan: Nodes, network: Any, theta: Array | None) -> None:
    weights = [(None, None)] * network.n_layers if theta is None else network.weights(theta)
    largest = 1.0 if theta is None else float(np.abs(theta).max()) or 1.0
    for place, (column, (W, W0)) in enumerate(zip(plan.layers, weights, strict=True)):
        _weights(axes, plan, place, W, largest)
        if network.offsets:
            _offsets(axes, column, place + 1, W0, largest)
        unit = (*network.hidden, network.unit)[place]
        _neurons(axes, column, place + 1, unit)


def _weights(axes: Axes, plan: Nodes, place: int, W: Array | None, largest: float) -> None:
    """The fan of lines into a layer, a line a weight: from value i, in order, to each unit j."""
    source, column, start = plan.below(place), plan.layers[place], plan.starts(place)
    ends = [((start, y), (column.x, to)) for y in source.y for to in column.y]
    chosen = None if W is None else W[np.ix_(source.shown, column.shown)].ravel()
    _strokes(axes, ends, chosen, largest, f"W{place + 1}")
    first, last = float(source.y[0]), float(column.y[0])
    top = 0.5 * (first + last) + 0.2 + 0.07 * abs(first - last)
    say(axes, 0.5 * (start + column.x), top, f"$W^{{{place + 1}}}$", fontsize=LETTERS)


def _offsets(axes: Axes, column: Column, layer: int, W0: Array | None, largest: float) -> None:
    """A short stroke from below into each sum."""
    ends = [((column.x, y - RADIUS - STUB), (column.x, y)) for y in column.y]
    _strokes(axes, ends, None if W0 is None else W0[list(column.shown)], largest, f"W0{layer}")
    say(axes, column.x, float(column.y[-1]) - RADIUS - STUB - 0.12, f"$W_0^{{{layer}}}$")


def _strokes(axes: Axes, ends: list[Any], values: Array | None, largest: float, name: str) -> None:
    """Lines, each as wide as its value is large and of its sign's color; thin and grey where there are no values."""
    colors: Any = "#8a8a8a" if values is None else np.where(values < 0.0, style.BLUE, style.ORANGE).tolist()
    widths = PLAIN_WIDTH if values is None else _width(values, largest)
    drawn = LineCollection(ends, colors=colors, linewidths=widths, alpha=0.85, zorder=1, capstyle="butt")
    drawn.set_gid(name)
    axes.add_collection(drawn)


def _width(values: Any, largest: float) -> Any:
    return LEAST_WIDTH + (MOST_WIDTH - LEAST_WIDTH) * np.abs(values) / largest


def _neurons(axes: Axes, column: Column, layer: int, unit: Any) -> None:
    """For each unit the sum, z, f and a; the softmax is one function of all sums."""
    for number, y in zip(column.shown, column.y, strict=True):
        index = f"^{{{layer}}}_{{{number + 1}}}"
        axes.plot([column.x, column.fan], [y, y], color=style.INK, linewidth=1.0, zorder=1)
        _circle(axes, column.x, y, r"$\Sigma$", f"sum {layer} {number + 1}")
        say(axes, 0.5 * (column.x + column.f), y + 0.14, f"$z{index}$")
        say(axes, column.f + A_BEHIND, y + 0.14, f"$a{index}$")
        if unit is not None:
            _circle(axes, column.f, y, f"$f^{{{layer}}}$", f"f {layer} {number + 1}")
    if unit is None:
        _pill(axes, column, layer)
    if column.is_thinned:
        for x in (column.x, column.f):
            say(axes, x, column.ellipsis, DOTS, fontsize=LETTERS)


def _circle(axes: Axes, x: float, y: float, text: str, name: str) -> None:
    axes.add_patch(Circle((x, y), RADIUS, facecolor="white", edgecolor=style.INK, linewidth=1.3, zorder=2, gid=name))
    say(axes, x, y, text, zorder=3)


def _pill(axes: Axes, column: Column, layer: int) -> None:
    """One function of all units of a layer."""
    low, high = float(column.y[-1]) - RADIUS, float(column.y[0]) + RADIUS
    box = FancyBboxPatch(
        (column.f - RADIUS, low), 2 * RADIUS, high - low, boxstyle=f"round,pad=0,rounding_size={RADIUS}", zorder=2
    )
    box.set(facecolor="white", edgecolor=style.INK, linewidth=1.3, gid=f"f {layer}")
    axes.add_patch(box)
    say(axes, column.f, 0.5 * (low + high), f"$f^{{{layer}}}$", zorder=3)


def _loss(axes: Axes, plan: Nodes, network: Any) -> None:
    """The guesses come together in the loss, and the actual value from below."""
    last, x = plan.layers[-1], plan.layers[-1].fan + 0.85
    _strokes(axes, [((last.fan, y), (x, 0.0)) for y in last.y], None, 1.0, "guess")
    low = -RADIUS - PITCH
    axes.plot([x, x], [low, 0.0], color=style.INK, linewidth=1.0, zorder=1)
    _circle(axes, x, 0.0, "$L$", "loss")
    say(axes, x, low - 0.12, "actual")
    say(
        axes,
        x + RADIUS + 0.08,
        0.0,
        f"loss\n$L$(guess, actual):\n{network.loss.name}",
        ha="left",
        fontsize=captions.SMALL,
    )
    say(axes, last.f + A_BEHIND, float(last.y[0]) + 0.36, "guess", fontsize=captions.SMALL)


def _sees_x(configuration: Any) -> bool:
    """Whether the net takes the data points as they are, not features of them."""
    return bool(configuration.features.name == "identity")


def _remarks(plan: Nodes, configuration: Any) -> list[str]:
    """Sentences on what circles are, what the graph leaves out, and the features that go in."""
    said = ["Circles are functions; x, z and a are values and have none.", *plan.left_out()]
    if not _sees_x(configuration):
        d, kind = len(configuration.data.inputs), configuration.features.name
        said.append(
            rf"${PHI}$: {kind} features of the {d} coordinate{'s' * (d != 1)} of x; nothing in them is trained."
        )
    if configuration.data.task == "population":
        said.append("The guess is the sum of all units; nothing above them is trained.")
    return said


def _key(largest: float) -> list[Any]:
    """Handles that say what a line's color and width mean."""
    signs = [("below 0", style.BLUE), ("above 0", style.ORANGE)]
    handles = [style.line(f"weight or offset {sign}", color, width=3.0) for sign, color in signs]
    sizes = [largest, 0.5 * largest]
    return handles + [
        style.line(f"size {size:.2g}", "#8a8a8a", width=float(_width(size, largest or 1.0))) for size in sizes
    ]
