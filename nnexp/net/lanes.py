"""How does a net compute when every run sees its own single example, or very few?

Then matrix products are too small to pay for a call each, so the runs lie last: every number of the net is a row of lanes,
one lane a run, and all arithmetic goes element by element along contiguous lanes. theta is (parameters, runs), values
are (batch, units, runs). Sums are taken input by input and example by example, so that no product of all weights with all
inputs is ever written out, and no lane's sum depends on how many lanes there are. What is to be computed is fixed by the
arrays that a pass works on, so each pass is a list of NumPy calls made once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network

Array = NDArray[np.float64]
Call = tuple[Callable[..., Any], tuple[Any, ...]]

LARGEST_BATCH = 7


class LanePass:
    """Forward and backward for a stack of nets with runs last.

    Args:
        network: the shape that all nets of the stack share.
        layers: each layer's matrix, (n, m + 1, runs).
        X: the examples that each run sees, (batch, m, runs).
        Y: their targets, (batch, outputs, runs).
        into: where the gradient goes, laid out as `layers`.
    """

    def __init__(self, network: Network, layers: Sequence[Array], X: Array, Y: Array, into: Sequence[Array]) -> None:
        batch, _, runs = X.shape
        self._loss, self._unit, self._Y = network.loss, network.unit, Y
        self._share = 1.0 / batch
        a = [np.empty((batch, n, runs)) for n in network.sizes[1:-1]]
        z = [np.empty(v.shape) if f.needs_z else v for f, v in zip(network.hidden, a, strict=True)]
        self._last = np.empty(Y.shape)
        delta = [np.empty((batch, n, runs)) for n in network.sizes[1:]]
        self._delta, self._scale = delta[-1], np.empty(runs)
        scratch = [np.empty((batch, n, runs)) for n in network.sizes]
        inputs, offsets = [X, *a], network.offsets
        self._forward: list[Call] = []
        self._backward: list[Call] = [(np.multiply, (delta[-1], self._scale, delta[-1]))]
        for i, f in enumerate((*network.hidden, None)):
            sums = z[i] if f else self._last
            self._forward += _weighted_sum(layers[i], inputs[i], sums, scratch[i], scratch[i + 1], offsets)
            self._forward += [(f.value, (z[i], a[i]))] if f else []
        for i in reversed(range(len(layers))):
            if i:
                self._backward += _back(layers[i], delta[i], delta[i - 1], scratch[i])
                self._backward += _slope(network.hidden[i - 1], z[i - 1], a[i - 1], delta[i - 1], scratch[i])
            self._backward += _outer(delta[i], inputs[i], into[i], scratch[i], scratch[i + 1], offsets)

    def gradient(self, scale: Array | float = 1.0) -> None:
        """Write scale times the gradient of the mean loss over the batch; scale is (runs,) or a number."""
        np.multiply(scale, self._share, out=self._scale)
        for call, arguments in self._forward:
            call(*arguments)
        self._loss.slope(self._last, self._Y, self._unit, self._delta)
        for call, arguments in self._backward:
            call(*arguments)


def _weighted_sum(
    layer: Array, below: Array, z: Array, of_inputs: Array, of_units: Array, offsets: bool
) -> Iterator[Call]:
    """Z = W^T a + W0, one input of the layer after the other."""
    n, m = layer.shape[0], below.shape[1]
    if n == 1:  # the products with all inputs are one row each, and are added up in one call
        yield np.multiply, (layer[:, :m], below, of_inputs)
        yield np.add.reduce, (of_inputs, 1, None, z[:, 0])
    else:
        yield np.multiply, (layer[:, 0], below[:, :1], z)
    if offsets:
        yield np.add, (z, layer[:, m], z)
    for j in range(1, m if n > 1 else 0):
        yield np.multiply, (layer[:, j], below[:, j : j + 1], of_units)
        yield np.add, (z, of_units, z)


def _back(layer: Array, delta: Array, below: Array, scratch: Array) -> Iterator[Call]:
    """W delta, one unit of the layer after the other."""
    m = below.shape[1]
    yield np.multiply, (layer[0, :m], delta[:, :1], below)
    for j in range(1, delta.shape[1]):
        yield np.multiply, (layer[j, :m], delta[:, j : j + 1], scratch)
        yield np.add, (below, scratch, below)


def _slope(f: Any, z: Array, a: Array, delta: Array, scratch: Array) -> Iterator[Call]:
    """Delta times f'(z)."""
    yield f.slope, (z, a, scratch)
    yield np.multiply, (delta, scratch, delta)


def _outer(delta: Array, below: Array, into: Array, of_inputs: Array, of_units: Array, offsets: bool) -> Iterator[Call]:
    """The gradient of one layer, delta times what came in, one example after the other."""
    m, n = below.shape[1], delta.shape[1]
    for b in range(len(delta)):
        if m < n:  # whole columns of the layer, else whole rows
            products = [(delta[b], below[b, j], into[:, j], of_units[b]) for j in range(m)]
        else:
            products = [(delta[b, j], below[b], into[j, :m], of_inputs[b]) for j in range(n)]
        for left, right, target, scratch in products:
            yield np.multiply, (left, right, target if b == 0 else scratch)
            if b:
                yield np.add, (target, scratch, target)
        if offsets:
            yield (np.add, (into[:, m], delta[b], into[:, m])) if b else (np.copyto, (into[:, m], delta[b]))
