"""How does a net compute when every run sees its own single example, or very few?

Then matrix products are too small to pay for a call each, so the runs lie last: every number of the net is a row of lanes,
one lane a run, and all arithmetic goes element by element along contiguous lanes. theta is (parameters, runs), values
are (batch, units, runs). One lane is padded to two by the caller, since NumPy adds up a lone lane in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network

Array = NDArray[np.float64]

LARGEST_BATCH = 7


class LanePass:
    """Forward and backward for a stack of nets with runs last, in buffers made once.

    Args:
        network: the shape that all nets of the stack share.
        runs: how many nets there are, at least 2.
        batch: how many examples each run sees at a time.
    """

    def __init__(self, network: Network, runs: int, batch: int) -> None:
        self.network = network
        self._a = [np.ones((batch, n + 1, runs)) for n in network.sizes[1:-1]]
        self._z = [self._kept(f, a) for f, a in zip(network.hidden, self._a, strict=True)]
        self._delta = [np.empty((batch, n, runs)) for n in network.sizes[1:]]
        self._slope = [np.empty((batch, n, runs)) for n in network.sizes[1:-1]]
        self._last = np.empty((batch, network.sizes[-1], runs))
        self._product = [np.empty((batch, n, m, runs)) for n, m in network.shapes]
        self._back_product = [np.empty((batch, n, m - 1, runs)) for n, m in network.shapes]
        self._scale = 1.0 / batch

    @staticmethod
    def _kept(f: Any, a: Array) -> Array:
        return np.empty((a.shape[0], a.shape[1] - 1, a.shape[2])) if f.needs_z else a[:, :-1]

    def gradient(self, layers: Sequence[Array], X: Array, Y: Array, gradients: Sequence[Array]) -> None:
        """Write the gradient of the mean loss over the batch into `gradients`, laid out as `layers` (n, m + 1, runs).

        X is (batch, m + 1, runs), Y (batch, outputs, runs).
        """
        z = self._forward(layers, X)
        delta = self.network.loss.slope(z, Y, self.network.unit, out=self._delta[-1])
        if len(delta) > 1:
            delta *= self._scale
        inputs = [X, *self._a]
        for i in reversed(range(len(layers))):
            self._outer(delta, inputs[i], self._product[i], gradients[i])
            if i:
                delta = self._back(i, layers[i], delta)

    def _forward(self, layers: Sequence[Array], X: Array) -> Array:
        below = X
        for i, f in enumerate(self.network.hidden):
            self._weighted_sum(layers[i], below, self._product[i], self._z[i])
            f.value(self._z[i], out=self._a[i][:, :-1])
            below = self._a[i]
        self._weighted_sum(layers[-1], below, self._product[-1], self._last)
        return self._last

    @staticmethod
    def _weighted_sum(layer: Array, below: Array, product: Array, out: Array) -> None:
        """Z = [W^T | W0][a; 1] for every example and lane."""
        np.multiply(layer, below[:, None], out=product)
        np.add.reduce(product, axis=2, out=out)

    @staticmethod
    def _outer(delta: Array, below: Array, product: Array, out: Array) -> None:
        """The gradient of one layer: delta times what came in, summed over the batch."""
        if len(delta) == 1:
            np.multiply(delta[0, :, None], below[0, None], out=out)
            return
        np.multiply(delta[:, :, None], below[:, None], out=product)
        np.add.reduce(product, axis=0, out=out)

    def _back(self, i: int, layer: Array, delta: Array) -> Array:
        """dJ/dz of the layer below layer i, from dJ/dz of layer i."""
        below, product = self._delta[i - 1], self._back_product[i]
        np.multiply(layer[:, :-1], delta[:, :, None], out=product)
        np.add.reduce(product, axis=1, out=below)
        self.network.hidden[i - 1].slope(self._z[i - 1], self._a[i - 1][:, :-1], out=self._slope[i - 1])
        below *= self._slope[i - 1]
        return below
