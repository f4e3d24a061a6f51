"""The Hessian of the mean loss over some examples, packed, for a stack of nets of any depth.

With the names of `signals`, and for one example: the gradient of layer h is delta_h A_h^T, so the block of the Hessian that
joins layers k <= h is A_k times d(delta_h A_h^T)/dz_k, as A_k itself does not depend on z_k. It is made of

    C_k = d delta_k/dz_k    of the last layer the curvature of the loss; below, C_k = F' W C W^T F' + diag(bend_k)
    d./dz_k = F' W d./dz    for whatever lies above layer k, delta_h as well as a_h: W and z are those of the layer above it

with F' = diag(f'(z_k)), from the last layer down (Bishop 1992, "Exact Calculation of the Hessian Matrix for the Multilayer
Perceptron"; C as in Botev et al. 2017, "Practical Gauss-Newton Optimisation for Deep Learning").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.net.packing import n_pairs, packing, pairs
from nnexp.net.signals import Piece, Scratch, Signals, outer, squares, times

Array = NDArray[np.float64]


class Link:
    """What carries derivatives from the z of layer i + 1 down to the z of layer i: F' W."""

    def __init__(self, signals: Signals, i: int) -> None:
        self._units, self._slope, self._W = signals.units, signals.slopes[i], signals.W(i + 1)
        self._is_from_one = self._W.shape[2] == 1
        if self._is_from_one:
            self._product = times(self._W, self._slope, out=self._units(len(self._slope)))

    def down(self, t: Array, first: int = 0, out: Array | None = None) -> Array:
        """F' W t, (n - first, columns, runs, examples), of the units from `first` on; t is (n above, columns, ...)."""
        out = self._units(len(self._slope) - first, t.shape[1]) if out is None else out
        if self._is_from_one:
            return np.multiply(self._product[first:, None], t, out=out)
        times(self._W[:, first:], t, out=out)
        out *= self._slope[first:, None]
        return out


class Curvature(Signals):
    """A pass that goes on to the Hessian, put together block by block from the last layer down.

    packed: (runs, size), as `packing` says.
    """

    packing = staticmethod(packing)

    def __init__(self, network: Network, layers: Sequence[Array], piece: Piece, scratch: Scratch) -> None:
        super().__init__(network, layers, piece, scratch)
        how, last = packing(tuple(network.shapes)), network.n_layers - 1
        self.packed, self._spans = np.empty((len(layers[0]), how.size)), how.spans
        self._deltas = {last: self.loss_curvature()}  # d delta_h/dz_k, (n, n of h, runs, examples), for h from k on
        self._inputs: dict[int, Array] = {}  # da_h/dz_k, (n, m of h, runs, examples), for h from k + 3 on
        self._last_block(last)
        for k in reversed(range(last)):
            self._blocks(k)

    def _last_block(self, k: int) -> None:
        C, A = self._deltas[k], self.inputs[k]
        if len(C) == 1:
            self._sum(k, k, self._products(A, C[0]), A)
        else:
            self._sum(k, k, C[np.triu_indices(len(C))], self._squares(k))

    def _blocks(self, k: int) -> None:
        """Those of layer k with all layers above it, and with itself."""
        link = Link(self, k)
        self._inputs = {h: link.down(t) for h, t in self._inputs.items()}
        self._deltas = {h: link.down(t) for h, t in self._deltas.items()}
        for h in self._deltas:
            self._joint_block(k, h)
        C = self._pairs_of_C(k, link)
        self._sum(k, k, C, self._squares(k))
        if k:
            self._keep(k, C)

    def _keep(self, k: int, C: Array) -> None:
        """Keep C and da/dz_k of the layer after next, to be carried down."""
        n = len(self.bends[k])
        self._deltas[k] = np.take(C, pairs(n), axis=0, out=self.units(n, n), mode="clip")
        if k + 2 in self._deltas:
            W = self.W(k + 1).transpose(1, 2, 0)[..., None]
            self._inputs[k + 2] = np.multiply(W, self.slopes[k + 1], out=self.units(*W.shape[:2]))
            self._inputs[k + 2] *= self.slopes[k][:, None]

    def _pairs_of_C(self, k: int, link: Link) -> Array:
        """C of a hidden layer for each pair of units, (pairs, runs, examples)."""
        bends, start = self.bends[k], 0
        out = self.units(n_pairs(len(bends)))
        for j, row in enumerate(self._deltas[k + 1]):
            stop = start + len(bends) - j
            link.down(row[:, None], j, out=out[start:stop, None])
            out[start] += bends[j]
            start = stop
        return out

    def _joint_block(self, k: int, h: int) -> None:
        (n, m), (n_h, m_h) = self.network.shapes[k], self.network.shapes[h]
        A, A_h, delta = self.inputs[k], self.inputs[h], self._deltas[h]
        if n_h == 1:
            packed = self._sum(k, h, self._products(A, delta[:, 0]), A_h)
            block = packed.reshape(-1, m, n, 1, m_h).transpose(0, 2, 1, 3, 4)
        else:
            packed = self._sum(k, h, _flat(delta), self._products(A, A_h))
            block = packed.reshape(-1, n, n_h, m, m_h).transpose(0, 1, 3, 2, 4)
        self._add_inputs(k, h, block[..., : self.network.sizes[h]])

    def _add_inputs(self, k: int, h: int, block: Array) -> None:
        """Add to block k, h, (runs, n, m + 1, n of h, m of h), the sum of A_k delta_h da_h/dz_k.

        Of the layer right above, a_h depends on z_k unit by unit; of the next, da_h/dz_k is f'(z_k) W f' of the two layers, and
        W stands before the sum.
        """
        (n, m), (n_h, m_h) = self.network.shapes[k], (self.network.shapes[h][0], block.shape[-1])
        if h == k + 1:
            diagonal = np.einsum("rjilj->rjil", block)
            diagonal += outer(self.slopes[k], self._products(self.inputs[k], self.deltas[h])).reshape(-1, n, m, n_h)
        elif h == k + 2:
            sums = outer(
                self._products(self.slopes[k], self.inputs[k]), self._products(self.deltas[h], self.slopes[k + 1])
            )
            block += sums.reshape(-1, n, m, n_h, m_h) * self.W(k + 1)[:, :, None, None, :]
        else:
            sums = outer(_flat(self._inputs[h]), self._products(self.inputs[k], self.deltas[h]))
            block += sums.reshape(-1, n, m_h, m, n_h).transpose(0, 1, 3, 4, 2)

    def _sum(self, k: int, h: int, rows: Array, columns: Array) -> Array:
        """Block k, h as it is packed: the sum over examples of rows times columns."""
        return outer(rows, columns, out=self.packed[:, self._spans[k, h]].reshape(-1, len(rows), len(columns)))

    def _squares(self, k: int) -> Array:
        return squares(self.inputs[k] if k else self.piece.X[:, None], self.scratch)

    def _products(self, a: Array, b: Array) -> Array:
        """Each row of a times each of b, (rows of a * rows of b, runs, examples)."""
        return _flat(np.multiply(a[:, None], b, out=self.units(len(a), len(b))))


def _flat(t: Array) -> Array:
    """(units * columns, runs, examples) of (units, columns, runs, examples)."""
    return t.reshape(-1, *t.shape[2:])
