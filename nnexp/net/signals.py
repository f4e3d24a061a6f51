"""What runs forward and back through a stack of nets, as far as second derivatives are made of it.

With A = [a; 1] what a layer takes, z = [W^T | W0] A and a = f(z) what the layer above takes:

    delta = dJ/dz         of the last layer the slope of the loss; below, delta = f'(z) * dJ/da
    dJ/da = W delta       of the layer above
    bend  = f''(z) dJ/da  by how much a unit's own curvature bends J

Arrays are (units, runs, examples): what goes element by element then runs along one unit of all runs in one stretch, and a
matrix product takes the same memory as (runs, units, examples), one BLAS call per run.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network

Array = NDArray[np.float64]


class Scratch:
    """Arrays that every pass asks for in the same order, and that are therefore made once."""

    def __init__(self) -> None:
        self._arrays: list[Array] = []
        self._given = 0

    def restart(self) -> None:
        """Begin another pass: it is given the arrays of the pass before."""
        self._given = 0

    def empty(self, *shape: int) -> Array:
        """An array of this shape and of any content."""
        if self._given == len(self._arrays):
            self._arrays.append(np.empty(shape))
        if self._arrays[self._given].shape != shape:
            self._arrays[self._given] = np.empty(shape)
        self._given += 1
        return self._arrays[self._given - 1]


def by_run(a: Array) -> Array:
    """(units, runs, examples) as (runs, units, examples), and the other way."""
    return np.swapaxes(a, 0, 1)


def outer(rows: Array, columns: Array, out: Array | None = None) -> Array:
    """The sum over examples of rows times columns, (runs, rows, columns), from (rows or columns, runs, examples)."""
    return np.matmul(by_run(rows), by_run(columns).swapaxes(1, 2), out=out)


def times(W: Array, t: Array, out: Array) -> Array:
    """W t, (m, ..., runs, examples), written into `out`, from W (runs, m, n) and t (n, ..., runs, examples).

    From a single unit it is an outer product, for which broadcasting is faster than BLAS.
    """
    if W.shape[2] == 1:
        return np.multiply(W.T[0].reshape(W.shape[1], *[1] * (t.ndim - 3), W.shape[0], 1), t, out=out)
    np.matmul(W, np.moveaxis(t, 0, -2), out=np.moveaxis(out, 0, -2))
    return out


class Signals:
    """One pass forward and back over some examples, whose losses count `share` each.

    inputs: A of each layer, (m + 1, runs, examples).
    z: of the last layer, (outputs, runs, examples).
    slopes, bends: f' and the bend of each hidden layer, (n, runs, examples).
    deltas: of each layer, (n, runs, examples).

    Args:
        network: the shape that all nets of the stack share.
        layers: each layer's matrix, (runs, n, m + 1).
        X: (m + 1, examples).
        Y: (outputs, examples).
        share: 1 / the number of all examples.
        scratch: where arrays come from.
    """

    def __init__(
        self, network: Network, layers: Sequence[Array], X: Array, Y: Array, share: float, scratch: Scratch
    ) -> None:
        self.network, self.layers, self.scratch = network, layers, scratch
        self._Y, self._share, self.runs, self._examples = Y, share, len(layers[0]), X.shape[1]
        self.inputs = [self.units(len(X))]
        self.inputs[0][...] = X[:, None]
        self.slopes, self.bends = [], []
        for i in range(len(network.hidden)):
            self._rise(i)
        self.z = self._z(len(network.hidden))
        self.deltas = [self.units(len(self.z))]
        network.loss.slope(by_run(self.z.copy()), Y, network.unit, out=by_run(self.deltas[0]))
        self.deltas[0] *= share
        for i in reversed(range(len(network.hidden))):
            self._fall(i)

    def units(self, *counts: int) -> Array:
        """An array of any content, (*counts, runs, examples)."""
        return self.scratch.empty(*counts, self.runs, self._examples)

    def W(self, i: int) -> Array:
        """W of layer i, (runs, m, n)."""
        return np.swapaxes(self.layers[i][:, :, : self.network.sizes[i]], 1, 2)

    def mean_loss(self) -> Array:
        """The share of J, (runs,), that these examples have."""
        return self.network.loss.value(by_run(self.z), self._Y, self.network.unit).sum(axis=-1) * self._share

    def loss_curvature(self) -> Array:
        """d2J/dz dz of the last layer, (outputs, outputs, runs, examples)."""
        curvature = self.network.loss.curvature(by_run(self.z), self._Y, self.network.unit)
        return np.multiply(np.moveaxis(curvature, 0, 2), self._share, out=self.units(len(self.z), len(self.z)))

    def add_gradient(self, into: Sequence[Array]) -> None:
        """Add the share of the gradient that these examples have to `into`, laid out as the layers."""
        for gradient, delta, A in zip(into, self.deltas, self.inputs, strict=True):
            gradient += outer(delta, A)

    def _z(self, i: int) -> Array:
        z = self.units(self.network.sizes[i + 1])
        np.matmul(self.layers[i], by_run(self.inputs[i]), out=by_run(z))
        return z

    def _rise(self, i: int) -> None:
        f, z, n = self.network.hidden[i], self._z(i), self.network.sizes[i + 1]
        above = self.units(n + self.network.offsets)
        above[n:] = 1.0
        a = f.value(z, out=above[:n])
        self.slopes.append(f.slope(z, a, out=self.units(n)))
        self.bends.append(f.curvature(z, a, out=self.units(n)))
        self.inputs.append(above)

    def _fall(self, i: int) -> None:
        slope = times(self.W(i + 1), self.deltas[0], out=self.units(self.network.sizes[i + 1]))
        self.bends[i] *= slope
        slope *= self.slopes[i]
        self.deltas.insert(0, slope)
