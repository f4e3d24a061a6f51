"""What does a feed-forward net compute, and how does its loss change with its weights, for a stack of runs at once?

A layer takes a (m values) to z = W^T a + W0 and on to f(z) (n values). Its parameters are one matrix [W^T | W0] of n rows
and m + 1 columns, so that z = [W^T | W0][a; 1]: a unit is a row. A net without offsets has matrices [W^T] of m columns, and
no row of ones. `theta` is (runs, parameters), the layers' matrices one after the other, each row by row; every layer's
matrix is a view of it.

`Pass` holds the buffers of one forward and backward pass. Activations are (runs, units + 1, examples): the last row stays
1 and carries the offset, so that one matrix product per layer gives the gradient of weights and offsets together. A
product over a stack is one BLAS call per run, so a run's numbers do not depend on its neighbours.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PASSES_KEPT, MOST_FLOATS_KEPT = 3, 2**21
FEW_EXAMPLES = 7
_KEPT = threading.local()


@dataclass(frozen=True)
class Network:
    """The shape of a net: what sizes its layers have, which units they are made of, and the loss it stands under.

    sizes: (m, n of each hidden layer, outputs).
    hidden: the activation of each hidden layer.
    unit: the activation of the output, or None where the loss has a unit of its own (softmax).
    offsets: whether units have offsets; where m + 1 is said, it is m without them.
    """

    sizes: tuple[int, ...]
    hidden: tuple[Any, ...]
    unit: Any
    loss: Any
    offsets: bool = True

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(n, m + 1) of each layer's matrix, from the first layer to the output."""
        return [(n, m + self.offsets) for m, n in pairwise(self.sizes)]

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
        """Whether a gradient can reach the parameters: no unit of the net is a step, and the loss is none."""
        units = [*self.hidden, *([self.unit] if self.unit is not None else [])]
        return all(part.has_slope for part in [*units, self.loss])

    def layers(self, theta: NDArray[Any]) -> list[NDArray[Any]]:
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
        pairs = zip(self.layers(theta[None, :]), self.sizes, strict=False)
        return [(layer[0, :, :m].T, layer[0, :, m] if self.offsets else np.zeros(layer.shape[1])) for layer, m in pairs]

    def theta(self, weights: Sequence[tuple[Array, Array]]) -> Array:
        """One run's theta (parameters,) from W (m, n) and W0 (n,) of each layer; W0 is left out of a net without offsets."""
        return np.concatenate([self._matrix(W, W0).ravel() for W, W0 in weights])

    def _matrix(self, W: Array, W0: Array) -> Array:
        return np.column_stack([np.transpose(W), W0] if self.offsets else [np.transpose(W)])

    def is_weight(self) -> NDArray[np.bool_]:
        """(parameters,), True for a weight and False for an offset."""
        mask = np.ones((1, self.n_parameters), dtype=np.bool_)
        for layer, m in zip(self.layers(mask), self.sizes, strict=False):
            layer[:, :, m:] = False
        return mask[0]

    def initial(self, initializer: Any, rng: np.random.Generator) -> Array:
        """One run's first theta (parameters,), drawn layer by layer."""
        drawn = zip(initializer.layers(rng, self.sizes), self.sizes, strict=False)
        return np.concatenate([layer[:, : m + self.offsets].ravel() for layer, m in drawn])

    def inputs(self, X: Array) -> Array:
        """X (m, examples) as the first layer takes it: with a row of ones below for the offsets, (m + 1, examples)."""
        return np.concatenate([X, np.ones((int(self.offsets), X.shape[1]))])

    def preactivation(self, theta: Array, X: Array) -> Array:
        """The last z, (runs, outputs, examples), for theta (runs, parameters) and inputs X (m, examples)."""
        return _kept_pass(self, theta.shape[0], X.shape[1]).forward(self.layers(theta), self.inputs(X)).copy()

    def guess(self, theta: Array, X: Array) -> Array:
        """What the nets say, (runs, outputs, examples), for theta (runs, parameters) and inputs X (m, examples)."""
        return self.loss.guess(self.preactivation(theta, X), self.unit)

    def floats_per_run(self, examples: int) -> int:
        """How many float64 one run of a `Pass` over this many examples works on, gradient included."""
        hidden = self.sizes[1:-1]
        buffers = sum(n + 1 for n in hidden) + 2 * max(hidden, default=0) + 2 * self.sizes[-1]
        return 2 * self.n_parameters + examples * buffers


def _kept_pass(network: Network, runs: int, examples: int) -> Pass:
    """A pass for going forward, one of the last few kept: while a block is trained, its curves ask for the same two again."""
    kept = _KEPT.__dict__.setdefault("passes", {})
    key = network, runs, examples
    if key not in kept:
        if runs * network.floats_per_run(examples) > MOST_FLOATS_KEPT:
            return Pass(network, runs, examples)
        for oldest in list(kept)[: len(kept) - PASSES_KEPT + 1]:
            del kept[oldest]
        kept[key] = Pass(network, runs, examples)
    return kept[key]


class Pass:
    """Forward and backward through a stack of nets, in buffers made once.

    Within, activations lie as (units + 1, runs, examples): what goes element by element then runs through memory in one
    go, and a matrix product takes its (units + 1, examples) of each run in strides.

    Args:
        network: the shape that all nets of the stack share.
        runs: how many nets there are.
        examples: how many examples go through at a time.
    """

    def __init__(self, network: Network, runs: int, examples: int) -> None:
        self.network, self._share, self._shape = network, 1.0 / max(examples, 1), (runs, examples)
        hidden = network.sizes[1:-1]
        below = [self._buffer(n + network.offsets) for n in hidden]
        self._a = [b[:n] for b, n in zip(below, hidden, strict=True)]
        self._z = [self._buffer(len(a)) if f.needs_z else a for f, a in zip(network.hidden, self._a, strict=True)]
        self._inputs = [_by_run(b) for b in below]
        self._last = self._buffer(network.sizes[-1])

    def _buffer(self, units: int) -> Array:
        """Ones (units, runs, examples); for few examples a run must have no gaps, or BLAS adds it up otherwise."""
        runs, examples = self._shape
        gapless = examples <= FEW_EXAMPLES
        return _by_run(np.ones((runs, units, examples))) if gapless else np.ones((units, runs, examples))

    @functools.cached_property
    def _delta(self) -> Array:
        return self._buffer(self.network.sizes[-1])

    @functools.cached_property
    def _work(self) -> list[Array]:
        return [self._buffer(max(self.network.sizes[1:-1], default=0)) for _ in range(2)]

    def forward(self, layers: Sequence[Array], X: Array) -> Array:
        """The last z (runs, outputs, examples), in a buffer; X is (m + 1, examples) or has the runs before."""
        below = X
        for i, f in enumerate(self.network.hidden):
            np.matmul(layers[i], below, out=_by_run(self._z[i]))
            f.value(self._z[i], out=self._a[i])
            below = self._inputs[i]
        return np.matmul(layers[-1], below, out=_by_run(self._last))

    def gradient(
        self, layers: Sequence[Array], X: Array, Y: Array, into: Sequence[Array], scale: Array | float = 1.0
    ) -> None:
        """Write scale times the gradient of the mean loss into `into`, laid out as `layers`.

        Y is (outputs, examples) or has the runs before; scale is a number or (runs, 1, 1).
        """
        z, delta = self.forward(layers, X), _by_run(self._delta)
        self.network.loss.slope(z, Y, self.network.unit, out=delta)
        delta *= scale * self._share
        inputs, delta, factor = [X, *self._inputs], self._delta, None
        for i in reversed(range(len(layers))):
            np.matmul(_by_run(delta), np.swapaxes(inputs[i], 1, 2) if i or X.ndim > 2 else X.T, out=into[i])
            if factor is not None:
                into[i][...] *= factor
            if i:
                delta, factor = self._back(i, layers[i] if factor is None else layers[i] * factor, delta)

    def _back(self, i: int, layer: Array, delta: Array) -> tuple[Array, Array | None]:
        """dJ/dz of the layer below layer i, (n, runs, examples), and what its rows are still to be multiplied with.

        Below a single unit, W delta is an outer product: the factor W is left to the much smaller products to come.
        """
        m, f = self.network.sizes[i], self.network.hidden[i - 1]
        weights = np.swapaxes(layer[:, :, :m], 1, 2)
        free, busy = self._work[i % 2], self._work[1 - i % 2]  # delta lies in the busy one
        if len(delta) == 1:
            slope = f.slope(self._z[i - 1], self._a[i - 1], out=free[:m])
            slope *= delta
            return slope, weights
        below = free[:m]
        np.matmul(weights, _by_run(delta), out=_by_run(below))
        below *= f.slope(self._z[i - 1], self._a[i - 1], out=busy[:m])
        return below, None


def _by_run(values: Array) -> Array:
    """(units, runs, examples) as (runs, units, examples), or the other way."""
    return values.transpose(1, 0, 2)
