"""The Hessian of the mean loss over some examples, packed, for a stack of nets with one hidden layer and one output.

With A = [x; 1] of the first layer and [a; 1] of the second, z the output's pre-activation, w_j its weights, and for one
example c and delta the curvature and the slope of the loss, the Hessian is

    c dz/dtheta dz/dtheta^T,   where dz/dtheta is w_j f'_j A_i for unit j and input i, and [a; 1] for the output
    + delta w_j f''_j A_i A_i'       between two parameters of the same unit
    + delta f'_j A_i                 between a parameter of unit j and the output's weight w_j

It is what `curvature` gives, but for few inputs and many units in about 2/3 of the time: nearly all of it is one symmetric
matrix product, and less memory is walked through. Arrays are (units, runs, examples).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.net.packing import Packing, Places, Shapes, pairs, upper_triangle
from nnexp.net.signals import Piece, Scratch, by_run, outer, squares

Array = NDArray[np.float64]

ROWS_PER_SLAB = 12
"""How many rows of the symmetric product are worked out at a time, each slab from the diagonal on."""


def pays(network: Network) -> bool:
    """Whether the net is of this kind, and its inputs are few enough."""
    (n, m), (outputs, _) = network.shapes[0], network.shapes[-1]
    return network.n_layers == 2 and outputs == 1 and 2 * m <= n + 1


class OneHidden:
    """One pass forward and back over some examples, down to the Hessian.

    packed: (runs, parameters, parameters), as `packing` says.

    Args:
        network: the shape that all nets of the stack share.
        layers: each layer's matrix, (runs, n, m + 1).
        piece: the examples.
        scratch: where arrays come from.
    """

    def __init__(self, network: Network, layers: Sequence[Array], piece: Piece, scratch: Scratch) -> None:
        self._network, self._layers, self._piece, self._scratch = network, layers, piece, scratch
        self._n, self._m = network.shapes[0]
        self._w = layers[1][:, 0, : self._n]
        self._forward()
        self._delta = self._units(1)
        network.loss.slope(by_run(self._z.copy()), piece.Y, network.unit, out=by_run(self._delta))
        self._delta *= piece.share
        self.packed = self._products()
        self._sums = self._add_bends()

    @staticmethod
    @functools.lru_cache(maxsize=8)
    def packing(shapes: Shapes) -> Packing:
        """The upper triangle of a matrix whose rows are (i, j) of the first layer, then those of the second."""
        (n, m), (_, above) = shapes
        rows = np.concatenate([np.arange(m * n).reshape(m, n).T.ravel(), m * n + np.arange(above)])
        return Packing({}, rows.size**2, upper_triangle(rows, rows.size).ravel())

    def mean_loss(self) -> Array:
        """What these examples add to the mean loss, (runs,)."""
        loss = self._network.loss.value(by_run(self._z), self._piece.Y, self._network.unit)
        return loss.sum(axis=-1) * self._piece.share

    def add_gradient(self, into: Sequence[Array]) -> None:
        """Add to `into`, laid out as the layers, what these examples add to the gradient."""
        into[0][...] += self._w[:, :, None] * self._sums
        into[1][...] += outer(self._delta, self._A)

    def _units(self, *counts: int) -> Array:
        return self._scratch.empty(*counts, len(self._w), self._piece.X.shape[1])

    def _forward(self) -> None:
        """The output's z, dz/dtheta with a within it, and f'' and f' one below the other."""
        n, m, f, X = self._n, self._m, self._network.hidden[0], self._piece.X
        self._dz = self._units(m * n + self._network.shapes[1][1])
        self._bends, z, self._z = self._units(2 * n), self._units(n), self._units(1)
        self._A, self._tiled = self._dz[m * n :], self._units(m)
        self._A[n:], self._tiled[...] = 1.0, X[:, None]
        np.matmul(self._layers[0], X, out=by_run(z))
        a = f.value(z, out=self._A[:n])
        f.curvature(z, a, out=self._bends[:n])
        slope = f.slope(z, a, out=self._bends[n:])
        np.matmul(self._layers[1], by_run(self._A), out=by_run(self._z))
        inputs = self._network.sizes[0]
        factor = np.multiply(self._w.T[:, :, None], slope, out=self._dz[inputs * n : m * n] if inputs < m else z)
        products = self._dz[: inputs * n].reshape(inputs, n, *z.shape[1:])
        np.multiply(self._tiled[:inputs, None], factor, out=products)

    def _products(self) -> Array:
        """The sum over examples of c dz/dtheta dz/dtheta^T, on and above the diagonal, (runs, parameters, parameters)."""
        dz, size = self._dz, len(self._dz)
        c = self._network.loss.curvature(by_run(self._z), self._piece.Y, self._network.unit)[:, 0, 0]
        c *= self._piece.share
        packed, slab = np.zeros((len(self._w), size, size)), self._units(ROWS_PER_SLAB)
        for start in range(0, size, ROWS_PER_SLAB):
            rows = dz[start : start + ROWS_PER_SLAB]
            weighted = np.multiply(rows, c, out=slab[: len(rows)])
            outer(weighted, dz[start:], out=packed[:, start : start + len(rows), start:])
        return packed

    def _add_bends(self) -> Array:
        """Add what is left of the Hessian; gives back the sum over examples of delta f'_j A_i, (runs, n, m + 1)."""
        n, m, products = self._n, self._m, squares(self._piece.X[:, None], self._scratch)
        q = len(products)
        factors = self._units(q if self._network.offsets else q + m)  # delta A_i A_i', and delta A_i
        np.multiply(products, self._delta, out=factors[:q])
        if not self._network.offsets:
            np.multiply(self._tiled, self._delta, out=factors[q:])
        sums = outer(self._bends, factors)
        sums[:, :n] *= self._w[:, :, None]
        taken, put = _bends(n, m, self._network.offsets)
        self.packed.reshape(len(sums), -1)[:, put] += sums.reshape(len(sums), -1)[:, taken]
        return sums[:, n:, pairs(m)[-1] if self._network.offsets else slice(q, None)]


@functools.lru_cache(maxsize=8)
def _bends(n: int, m: int, offsets: bool) -> tuple[Places, Places]:
    """Which of the sums over examples of delta (f''; f')_j (A_i A_i'; A_i) are to be added to the packed Hessian, and where."""
    rows, columns = np.triu_indices(m)
    of_two, of_one = np.arange(rows.size), pairs(m)[-1] if offsets else rows.size + np.arange(m)
    width, size, units = rows.size + m * (not offsets), m * n + n + offsets, np.arange(n)[:, None]
    taken = [units * width + of_two, (n + units) * width + of_one]
    put = [(rows * n + units) * size + columns * n + units, (np.arange(m) * n + units) * size + m * n + units]
    return np.concatenate(taken, axis=None), np.concatenate(put, axis=None)
