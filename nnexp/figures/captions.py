"""What is said around a function graph: names and sizes of the layers, the forward direction, and what flows backward.

And what its parameters are called (`symbol`), in whatever picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from nnexp.figures import style
from nnexp.figures.nodes import A_BEHIND, RADIUS, Nodes

WORDS, SMALL = 11.0, 9.5
LINE = 0.26
"""Sizes of type, for the last row of a class room, and from one line of text down to the next, in inches."""

GUTTER = 0.5
"""From the foot of the graph down to the brackets of the layers: room for W0."""


def say(axes: Axes, x: float, y: float, text: str, **given: Any) -> None:
    """Put words or a formula about a place."""
    axes.text(x, y, text, **{"ha": "center", "va": "center", "fontsize": WORDS, "color": style.INK, **given})


def layers(axes: Axes, plan: Nodes, network: Any, inputs: str) -> None:
    """Below each layer its name, m and n, the shapes of W and W0, and what it computes; above, which are hidden."""
    units = (*network.hidden, network.unit)
    for place, unit in enumerate(units):
        left, right = plan.starts(place) + 0.12, plan.layers[place].fan - 0.04
        y = -plan.reach - GUTTER
        _bracket(axes, left, right, y, 0.08)
        below = f"a^{{{place}}}" if place else inputs
        lines = _computes(place + 1, network, below, unit)
        for row, line in enumerate(lines):
            weight = "normal" if row else "bold"
            say(axes, 0.5 * (left + right), y - 0.2 - LINE * row, line, fontweight=weight)
    _kinds(axes, plan)


def _computes(number: int, network: Any, below: str, unit: Any) -> Sequence[str]:
    """A layer, by its number from 1, in four lines."""
    m, n = network.sizes[number - 1 : number + 1]
    layer = f"^{{{number}}}"
    plus, shape = (f" + W_0{layer}", rf",  $W_0{layer}: {n} \times 1$") if network.offsets else ("", "")
    name = "softmax" if unit is None else unit.name
    return (
        f"layer {number}:  m = {m}, n = {n}",
        rf"$W{layer}: {m} \times {n}${shape}",
        rf"$z{layer} = (W{layer})^\top {below}{plus}$",
        rf"$a{layer} = f{layer}(z{layer})$,  $f{layer}$: {name}",
    )


def _kinds(axes: Axes, plan: Nodes) -> None:
    """Brackets over the hidden layers and over the output layer."""
    y = plan.reach + 0.42
    last = len(plan.layers) - 1
    spans = [(last, last, "output layer")]
    if last:
        spans.append((0, last - 1, "hidden layer" if last == 1 else "hidden layers"))
    for first, end, name in spans:
        left, right = plan.layers[first].x - RADIUS, plan.layers[end].f + RADIUS
        _bracket(axes, left, right, y, -0.08)
        say(axes, 0.5 * (left + right), y + 0.16, name)


def _bracket(axes: Axes, left: float, right: float, y: float, tip: float) -> None:
    axes.plot([left, left, right, right], [y + tip, y, y, y + tip], color="#8a8a8a", linewidth=1.0)


def forward(axes: Axes, plan: Nodes, remarks: Sequence[str]) -> None:
    """The arrow of the forward direction, and above it a line for each remark."""
    y = plan.reach + 0.86
    start, end = plan.inputs.x, plan.layers[-1].fan + 0.85
    _arrow(axes, start, end, y, style.INK)
    say(axes, start, y + 0.16, "forward: from x to the guess, no arrow back", ha="left")
    for row, remark in enumerate(reversed(remarks), start=1):
        say(axes, start, y + 0.16 + LINE * row, remark, ha="left", fontsize=SMALL)


def _arrow(axes: Axes, start: float, end: float, y: float, color: str, width: float = 1.4) -> None:
    axes.annotate(
        "", (end, y), (start, y), arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": width, "shrinkA": 0}
    )


def backward(axes: Axes, plan: Nodes, network: Any, inputs: str) -> None:
    """Below all, from the loss to the first layer, the derivatives of L that flow from right to left.

    Args:
        axes: where to draw.
        plan: where the nodes stand.
        network: whose graph it is; where the loss brings the output's unit, dL/dz comes from it at once.
        inputs: the symbol of what goes in.
    """
    y = -plan.reach - GUTTER - 5.9 * LINE
    at, factor = plan.layers[-1].fan + 0.85, ""
    say(axes, at, y, "$L$", color=style.RED)
    units = (*network.hidden, network.unit)
    for place, unit in reversed(list(enumerate(units))):
        number, column = place + 1, plan.layers[place]
        if unit is not None:
            at = _flows(axes, at, column.f + A_BEHIND, y, f"a^{{{number}}}", factor)
            factor = f"$f^{{{number}}}\\,'(z^{{{number}}})$"
        factor = factor if unit is not None or factor else f"$L$ and $f^{{{number}}}$ at once"
        at = _flows(axes, at, 0.5 * (column.x + column.f), y, f"z^{{{number}}}", factor)
        factor = f"$W^{{{number}}}$"
        _received(axes, plan, place, y, f"a^{{{place}}}" if place else inputs, network.offsets)
    say(axes, 0.12, y, "backward:\nby the chain rule", color=style.RED, ha="left")


def _flows(axes: Axes, start: float, end: float, y: float, name: str, factor: str) -> float:
    """An arrow to the left, what it multiplies with, and the derivative that it leads to; gives the derivative's place."""
    _arrow(axes, start - 0.31, end + 0.31, y, style.RED)
    say(axes, 0.5 * (start + end), y + 0.17, factor, color=style.RED, fontsize=SMALL)
    say(axes, end, y, rf"$\partial L/\partial {name}$", color=style.RED)
    return end


def _received(axes: Axes, plan: Nodes, place: int, y: float, below: str, offsets: bool) -> None:
    """The derivatives that GD and SGD move a layer's weights and offsets by."""
    middle, number = 0.5 * (plan.starts(place) + plan.layers[place].fan), place + 1
    lines = [rf"$\partial L/\partial W^{{{number}}} = {below}\,(\partial L/\partial z^{{{number}}})^\top$"]
    if offsets:
        lines.append(rf"$\partial L/\partial W_0^{{{number}}} = \partial L/\partial z^{{{number}}}$")
    for row, line in enumerate(lines, start=1):
        say(axes, middle, y - 0.1 - LINE * row, line, color=style.RED)


def symbol(network: Any, place: int) -> str:
    """A parameter by its place in theta: W with its layer above, input and unit below; the offset is that of input 0."""
    for layer, (n, m) in enumerate(network.shapes, start=1):
        if place < n * m:
            unit, column = divmod(place, m)
            row = column + 1 if column < network.sizes[layer - 1] else 0
            return f"$W^{{{layer}}}_{{{row},{unit + 1}}}$"
        place -= n * m
    raise IndexError(place)
