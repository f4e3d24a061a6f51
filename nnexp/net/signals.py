"""What runs forward and back through a stack of nets, as far as second derivatives are made of it.

With A = [a; 1] what a layer takes, z = [W^T | W0] A and a = f(z) what the layer above takes:

    delta = dJ/dz         of the last layer the slope of the loss; below, delta = f'(z) dJ/da
    dJ/da = W delta       of the layer above
    bend  = f''(z) dJ/da  by how much a unit's own curvature bends J

Arrays are (units, runs, examples): what goes element by element then runs along one unit of all runs in one stretch, and a
matrix product takes the same memory as (runs, units, examples), one BLAS call per run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.net.packing import n_pairs

Array = NDArray[np.float64]


class Piece(NamedTuple):
    """Some of the examples.

    X: (m + 1, examples), what the first layer takes.
    Y: (outputs, examples).
    share: what the loss of one of them counts, 1 / the number of all examples.
    """

    X: Array
    Y: Array
    share: float


class Scratch:
    """Memory for arrays that every pass asks for in the same order, and that is therefore got once."""

    def __init__(self) -> None:
        self._stretches: list[Array] = []
        self._given = 0

    def restart(self) -> None:
        """Begin another pass: it is given the memory of the pass before."""
        self._given = 0

    def empty(self, *shape: int) -> Array:
        """An array of this shape and of any content."""
        size, i = math.prod(shape), self._given
        if i == len(self._stretches):
            self._stretches.append(np.empty(size))
        elif self._stretches[i].size < size:
            self._stretches[i] = np.empty(size)
        self._given += 1
        return self._stretches[i][:size].reshape(shape)

    def floats(self) -> int:
        """How many float64 it holds."""
        return sum(stretch.size for stretch in self._stretches)


def by_run(a: Array) -> Array:
    """(units, runs, examples) as (runs, units, examples), and the other way."""
    return np.swapaxes(a, 0, 1)


def squares(A: Array, scratch: Scratch) -> Array:
    """A[i] A[i'] for each pair of rows, (pairs, runs, examples), from A (rows, runs, examples)."""
    out, start = scratch.empty(n_pairs(len(A)), *A.shape[1:]), 0
    for i in range(len(A)):
        np.multiply(A[i:], A[i], out=out[start : start + len(A) - i])
        start += len(A) - i
    return out


def outer(rows: Array, columns: Array, out: Array | None = None) -> Array:
    """The sum over examples of rows times columns, (runs, rows, columns), from (rows or columns, runs, examples)."""
    return np.matmul(by_run(rows), by_run(columns).swapaxes(1, 2), out=out)


def times(W: Array, t: Array, out: Array) -> Array:
    """W t, (m, ..., runs, examples), written into `out`, from W (runs, m, n) and t (n, ..., runs, examples).

    From a single unit it is an outer product, for which broadcasting is faster than BLAS.
    """
    if W.shape[2] == 1:
        return np.multiply(W.T[0].reshape(W.shape[1], *[1] * (t.ndim - 3), W.shape[0], 1), t, out=out)
    units_last_but_one = (*range(1, t.ndim - 1), 0, t.ndim - 1)
    np.matmul(W, t.transpose(units_last_but_one), out=out.transpose(units_last_but_one))
    return out


class Signals:
    """One pass forward and back over some examples.

    inputs: A of each layer, (m + 1, runs, examples).
    z: of the last layer, (outputs, runs, examples).
    slopes, bends: f' and the bend of each hidden layer, (n, runs, examples).
    deltas: of each layer, (n, runs, examples).

    Args:
        network: the shape that all nets of the stack share.
        layers: each layer's matrix, (runs, n, m + 1).
        piece: the examples.
        scratch: where arrays come from.
    """

    def __init__(self, network: Network, layers: Sequence[Array], piece: Piece, scratch: Scratch) -> None:
        self.network, self.layers, self.piece, self.scratch = network, layers, piece, scratch
        self.inputs = [self.units(len(piece.X))]
        self.inputs[0][...] = piece.X[:, None]
        self.slopes: list[Array] = []
        self.bends: list[Array] = []
        for i in range(len(network.hidden)):
            self._rise(i)
        self.z = self._z(len(network.hidden))
        self.deltas = [self.units(len(self.z))]
        network.loss.slope(by_run(self.z.copy()), piece.Y, network.unit, out=by_run(self.deltas[0]))
        self.deltas[0] *= piece.share
        for i in reversed(range(len(network.hidden))):
            self._fall(i)

    def units(self, *counts: int) -> Array:
        """An array of any content, (*counts, runs, examples)."""
        return self.scratch.empty(*counts, len(self.layers[0]), self.piece.X.shape[1])

    def W(self, i: int) -> Array:
        """W of layer i, (runs, m, n)."""
        return np.swapaxes(self.layers[i][:, :, : self.network.sizes[i]], 1, 2)

    def mean_loss(self) -> Array:
        """What these examples add to the mean loss, (runs,)."""
        return self.network.loss.value(by_run(self.z), self.piece.Y, self.network.unit).sum(axis=-1) * self.piece.share

    def add_gradient(self, into: Sequence[Array]) -> None:
        """Add to `into`, laid out as the layers, what these examples add to the gradient."""
        for gradient, delta, A in zip(into, self.deltas, self.inputs, strict=True):
            gradient += outer(delta, A)

    def loss_curvature(self) -> Array:
        """d2J/dz dz of the last layer, (outputs, outputs, runs, examples)."""
        curvature = self.network.loss.curvature(by_run(self.z), self.piece.Y, self.network.unit)
        return np.multiply(np.moveaxis(curvature, 0, 2), self.piece.share, out=self.units(len(self.z), len(self.z)))

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
