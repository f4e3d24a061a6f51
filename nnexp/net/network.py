"""What does a feed-forward net compute, and how does its loss change with its weights, for a stack of runs at once?

A layer takes a (m values) to z = W^T a + W0 and on to f(z) (n values). Its parameters are one matrix [W^T | W0] of n rows
and m + 1 columns, so that z = [W^T | W0][a; 1]: a unit is a row. `theta` is (runs, parameters), the layers' matrices one
after the other, each row by row; every layer's matrix is a view of it.

`Pass` holds the buffers of one forward and backward pass. Activations are (runs, units + 1, examples): the last row stays
1 and carries the offset, so that one matrix product per layer gives the gradient of weights and offsets together. A
product over a stack is one BLAS call per run, so a run's numbers do not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """The shape of a net: what sizes its layers have, which units they are made of, and the loss it stands under.

    sizes: (m, n of each hidden layer, outputs).
    hidden: the activation of each hidden layer.
    unit: the activation of the output, or None where the loss has a unit of its own (softmax).
    """

    sizes: tuple[int, ...]
    hidden: tuple[Any, ...]
    unit: Any
    loss: Any

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(n, m + 1) of each layer's matrix, from the first layer to the output."""
        return [(n, m + 1) for m, n in pairwise(self.sizes)]

    @property
    def n_layers(self) -> int:
        """How many layers of weights the net has: its depth."""
        return len(self.sizes) - 1

    @property
    def n_parameters(self) -> int:
        """How many weights and offsets the net has."""
        return sum(n * m for n, m in self.shapes)

    @property
    def has_slope(self) -> bool:
        """Whether a gradient can reach the parameters: no unit of the net is a step."""
        units = [*self.hidden, *([self.unit] if self.unit is not None else [])]
        return all(unit.has_slope for unit in units)

    def layers(self, theta: Array) -> list[Array]:
        """Each layer's matrix as a view of theta: (runs, n, m + 1) for theta (runs, parameters)."""
        views, start = [], 0
        for n, m in self.shapes:
            views.append(theta[:, start : start + n * m].reshape(theta.shape[0], n, m))
            start += n * m
        return views

    def lanes(self, theta: Array) -> list[Array]:
        """Each layer's matrix as a view of theta with runs last: (n, m + 1, runs) for theta (parameters, runs)."""
        views, start = [], 0
        for n, m in self.shapes:
            views.append(theta[start : start + n * m].reshape(n, m, theta.shape[1]))
            start += n * m
        return views

    def weights(self, theta: Array) -> list[tuple[Array, Array]]:
        """W (m, n) and W0 (n,) of each layer, as the lecture writes them, for one run's theta (parameters,)."""
        return [(layer[0, :, :-1].T, layer[0, :, -1]) for layer in self.layers(theta[None, :])]

    def theta(self, weights: Sequence[tuple[Array, Array]]) -> Array:
        """One run's theta (parameters,) from W (m, n) and W0 (n,) of each layer."""
        return np.concatenate([np.column_stack([np.transpose(W), W0]).ravel() for W, W0 in weights])

    def is_weight(self) -> NDArray[np.bool_]:
        """(parameters,), True for a weight and False for an offset."""
        mask = np.ones((1, self.n_parameters))
        for layer in self.layers(mask):
            layer[:, :, -1] = 0.0
        return mask[0] > 0.5

    def initial(self, initializer: Any, rng: np.random.Generator) -> Array:
        """One run's first theta (parameters,), drawn layer by layer."""
        return np.concatenate([initializer.draw(rng, m - 1, n).ravel() for n, m in self.shapes])

    def preactivation(self, theta: Array, X: Array) -> Array:
        """The last z, (runs, outputs, examples), for theta (runs, parameters) and inputs X (m, examples)."""
        return Pass(self, theta.shape[0], X.shape[1]).forward(self.layers(theta), with_ones(X))

    def guess(self, theta: Array, X: Array) -> Array:
        """What the nets say, (runs, outputs, examples), for theta (runs, parameters) and inputs X (m, examples)."""
        return self.loss.guess(self.preactivation(theta, X), self.unit)

    def floats_per_run(self, examples: int) -> int:
        """How many float64 one run of a `Pass` over this many examples works on, gradient included."""
        buffers = sum(2 * n + 1 for n in self.sizes[1:]) + max(self.sizes[1:])
        return 2 * self.n_parameters + examples * buffers


def with_ones(X: Array) -> Array:
    """X (m, examples) with a row of ones below: (m + 1, examples)."""
    return np.concatenate([X, np.ones((1, X.shape[1]))])


class Pass:
    """Forward and backward through a stack of nets, in buffers made once.

    Args:
        network: the shape that all nets of the stack share.
        runs: how many nets there are.
        examples: how many examples go through at a time.
    """

    def __init__(self, network: Network, runs: int, examples: int) -> None:
        self.network = network
        hidden = network.sizes[1:-1]
        self._a = [np.ones((runs, n + 1, examples)) for n in hidden]
        self._z = [np.empty((runs, n, examples)) if f.needs_z else a[:, :n] for n, a, f in self._layers(hidden)]
        self._delta = [np.empty((runs, n, examples)) for n in network.sizes[1:]]
        self._slope = [np.empty((runs, n, examples)) for n in hidden]
        self._last = np.empty((runs, network.sizes[-1], examples))
        self._scale = 1.0 / examples if examples else 0.0

    def _layers(self, hidden: tuple[int, ...]) -> list[tuple[int, Array, Any]]:
        return list(zip(hidden, self._a, self.network.hidden, strict=True))

    def forward(self, layers: Sequence[Array], X: Array) -> Array:
        """The last z (runs, outputs, examples), in a buffer; X is (m + 1, examples) or has the runs before."""
        below = X
        for layer, a, z, f in zip(layers, self._a, self._z, self.network.hidden, strict=False):
            np.matmul(layer, below, out=z)
            f.value(z, out=a[:, :-1])
            below = a
        return np.matmul(layers[-1], below, out=self._last)

    def gradient(self, layers: Sequence[Array], X: Array, Y: Array, gradients: Sequence[Array]) -> None:
        """Write the gradient of the mean loss into `gradients`, laid out as `layers`; Y is (outputs, examples)."""
        z = self.forward(layers, X)
        delta = self.network.loss.slope(z, Y, self.network.unit, out=self._delta[-1])
        delta *= self._scale
        inputs = [X, *self._a]
        for i in reversed(range(len(layers))):
            np.matmul(delta, np.swapaxes(inputs[i], -1, -2), out=gradients[i])
            if i:
                delta = self._back(i, layers[i], delta)

    def _back(self, i: int, layer: Array, delta: Array) -> Array:
        """dJ/dz of the layer below layer i, from dJ/dz of layer i."""
        below, slope, weights = self._delta[i - 1], self._slope[i - 1], layer[:, :, :-1]
        if delta.shape[1] == 1:  # an outer product: broadcasting is 3 times as fast as BLAS
            np.multiply(np.swapaxes(weights, 1, 2), delta, out=below)
        else:
            np.matmul(np.swapaxes(weights, 1, 2), delta, out=below)
        self.network.hidden[i - 1].slope(self._z[i - 1], self._a[i - 1][:, :-1], out=slope)
        below *= slope
        return below
