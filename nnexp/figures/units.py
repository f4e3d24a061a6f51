"""What does every unit of a net compute over the plane of its data, layer by layer, the output last?

The first layer's units are features of x: each turns at a straight line. Those of the second are features of these features,
and so on; the last layer is the linear classifier or regressor on top (MIT 6.036, lecture 6).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnexp.figures import boundary, fit, style
from nnexp.figures.plane import Plane, centers, plane
from nnexp.frames import Recalled, recall
from nnexp.optima.distinct.reduction import activations

Array = NDArray[np.float64]

MOST, LEAST = 8, 4
"""Units of a layer that are shown unless more are asked for, and columns that there are at least."""

SIDE, NAMES, TALL, SPAN = 1.7, 0.62, 1.5, 2
"""Inches of a unit's map; how many times as wide the layers' names are, as tall the output's pictures, and at most as wide."""

COLORS = "blue below 0, white 0, orange above, each by its own largest value"

SILENT = 1e-6
"""A unit that says no more than this anywhere is shown as one that says 0."""


def unit_maps(row: Any, most: int = MOST) -> Figure:
    """A Figure with a row of maps a layer: what each unit says over the plane of the data, and where its sum z is 0.

    The last row is what the net says, with the boundary and the training points; of several labels each has its own.

    Args:
        row: a row of a frame with curves (`nnexp.frames`).
        most: how many units of a layer are shown; a sentence says so where there are more.

    Raises:
        NothingToDraw: if the run diverged.
    """
    run = recall(row)
    if not np.isfinite(run.theta).all():
        raise style.NothingToDraw(f"the units of run {row['run']} say nothing: it {boundary.J(row)}; take another run")
    layers, outputs = said(run, run.theta), _outputs(run)
    columns = min(most, max([LEAST, *run.objective.network.sizes[1:-1], outputs]))
    made = style.figure(SIDE * (columns + NAMES), SIDE * (1.16 * len(layers) + TALL) + 1.2)
    ratios = {"width_ratios": [NAMES, *[1.0] * columns], "height_ratios": [*[1.0] * len(layers), TALL]}
    places = made.add_gridspec(len(layers) + 1, columns + 1, **ratios)
    for number in range(len(layers) + 1):
        _named(made.add_subplot(places[number, 0]), run, number)
    for number, (z, a) in enumerate(layers):
        _layer([made.add_subplot(places[number, 1 + unit]) for unit in range(min(columns, len(a)))], run, z, a)
    span = max(1, min(SPAN, columns // outputs))
    spans = [places[-1, 1 + span * output : 1 + span * (output + 1)] for output in range(min(outputs, columns))]
    _output([made.add_subplot(each) for each in spans], row, run)
    style.legend(made, _key(row, run), columns=6)
    made.suptitle("\n".join(_notes(run, columns)), fontsize=style.TEXT, color=style.INK)
    return made


def _named(axes: Axes, run: Recalled, number: int) -> None:
    """A layer's name at the left, by its number from 0, with m, n and f."""
    network = run.objective.network
    unit = (*network.hidden, network.unit)[number]
    m, n = network.sizes[number : number + 2]
    is_output = number == network.n_layers - 1
    role = "output" if is_output else "features of\nfeatures" if number else "features of x"
    axes.set_axis_off()
    text = f"layer {number + 1}\nm = {m}, n = {n}\n{'softmax' if unit is None else unit.name}\n{role}"
    axes.text(0.0, 0.5, text, va="center", fontsize=style.TEXT, color=style.INK, linespacing=1.4)


def _output(line: list[Axes], row: Any, run: Recalled) -> None:
    """What the net says, a panel for each output that has one."""
    for output, axes in enumerate(line):
        boundary.panel(axes, row, scale=0.7, tested=False, output=output)
        said = fit.plain(run.configuration.data.outputs[output])
        name = f"guess {output + 1}: {said}" if len(line) > 1 else "what the net says"
        axes.set_title(name, fontsize=style.TEXT, color=style.INK)
        if output:
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)


def said(run: Recalled, theta: Array) -> list[tuple[Array, Array]]:
    """For each hidden layer its z and a over the plane of the data, (n, pixels) each, for theta (parameters,).

    The pixels are boundary.FINE along each coordinate of the plane, row by row from the top left.
    """
    network = run.objective.network
    below = run.configuration.features.transform(plane(run.configuration.data).grid(boundary.FINE))
    found = []
    for (W, W0), a in zip(network.weights(theta), activations(network, theta[None, :], below), strict=False):
        found.append((W.T @ below + W0[:, None], a[0]))
        below = a[0]
    return found


def paint(axes: Axes, view: Plane, a: Array) -> None:
    """Draw what a unit says, a (pixels,), over a plane as colors or over a line as a curve."""
    if len(view.names) == 1:
        axes.plot(centers(view.limits[0], len(a)), a, color=style.INK, linewidth=1.4)
    else:
        share = 0.5 + 0.5 * a / max(float(np.abs(a).max()), SILENT)
        ground = style.diverging()[(share * (style.LEVELS - 1)).astype(np.int64)].reshape(
            boundary.FINE, boundary.FINE, 3
        )
        (left, right), (low, high) = view.limits
        axes.imshow(ground, extent=(left, right, low, high), interpolation="nearest", aspect="auto")
    style.framed(axes)


def _layer(line: list[Axes], run: Recalled, z: Array, a: Array) -> None:
    """The maps of one layer's units, and where each one's z is 0."""
    view = plane(run.configuration.data)
    for unit, axes in enumerate(line):
        paint(axes, view, a[unit])
        _turn(axes, view, z[unit])
        axes.set_title(f"unit {unit + 1}\n{_range(a[unit])}", fontsize=style.SMALL, color=style.INK)


def _range(a: Array) -> str:
    """The least and greatest that a unit says; what is next to nothing beside its largest value is 0."""
    low, high = float(a.min()), float(a.max())
    largest = max(-low, high)
    if largest <= SILENT:
        return "0 everywhere"
    low, high = (0.0 if abs(end) < 0.005 * largest else end for end in (low, high))
    return f"{low:.2g} to {high:.2g}"


def _turn(axes: Axes, view: Plane, z: Array) -> None:
    """A dashed line where z is 0: where a step unit jumps, a ReLU bends and a sigmoid says 1/2."""
    if not z.min() < 0.0 < z.max():
        return
    across = centers(view.limits[0], boundary.FINE)
    if len(view.names) == 1:
        for place in np.flatnonzero(np.diff(np.sign(z))):
            axes.axvline(float(across[place : place + 2].mean()), color=style.INK, linewidth=0.9, linestyle=(0, (4, 3)))
        return
    up, ground = centers(view.limits[1], boundary.FINE)[::-1], z.reshape(boundary.FINE, boundary.FINE)
    axes.contour(across, up, ground, [0.0], colors=[style.INK], linewidths=0.9, linestyles="dashed")


def _outputs(run: Recalled) -> int:
    """How many pictures the output takes: one for each of several labels or numbers, one for all classes together."""
    data = run.configuration.data
    return 1 if data.task in ("multiclass", "population") else len(data.outputs)


def _key(row: Any, run: Recalled) -> list[Any]:
    """The legend: classes, points and boundary of the output, and the dashed line of the units."""
    handles = boundary.key([row], tested=False)
    if run.configuration.data.task == "multilabel":
        handles[:2] = [style.area("label 0", style.BLUE), style.area("label 1", style.ORANGE)]
    if run.objective.network.n_layers > 1:
        handles.append(style.line("z = 0 of a unit", dashes=(0, (4, 3)), width=0.9))
    return handles


def _notes(run: Recalled, columns: int) -> list[str]:
    """What the colors of hidden units mean, what is left out, and whether the plane is a slice."""
    network, data = run.objective.network, run.configuration.data
    view, notes = plane(data), ["No hidden layer: the sum is linear in what goes in"]
    if data.task == "population":
        notes = [f"The guess is the sum of {network.sizes[-1]} units"]
    elif network.n_layers > 1:
        notes = [
            f"Hidden units: {COLORS}"
            if len(view.names) == 2
            else f"Hidden units over {view.names[0]}, by their own range"
        ]
    for number, n in enumerate(network.sizes[1:-1], start=1):
        if n > columns:
            notes.append(f"Layer {number} has {n} units: the first {columns} are shown")
    if _outputs(run) > columns:
        notes.append(f"There are {_outputs(run)} outputs: the first {columns} are shown")
    return [*notes, *filter(None, [view.note])]
