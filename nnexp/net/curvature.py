"""The Hessian of the mean loss over some examples, packed, from what runs forward and back through a stack of nets.

With the names of `signals`, and for one example: the gradient of layer l is delta_l A_l^T, so block k, l of the Hessian, k <= l,
is A_k times d(delta_l A_l^T)/dz_k, as A_k itself does not depend on z_k. It is made of

    C_l = d delta_l/dz_l    of the last layer the curvature of the loss; below, C_k = F' W C W^T F' + diag(bend_k)
    d./dz_k = F' W d./dz    for whatever lies above layer k, delta_l as well as a_l: W and z are those of the layer above it

with F' = diag(f'(z_k)), from the last layer down (Bishop 1992, "Exact Calculation of the Hessian Matrix for the Multilayer
Perceptron"; C as in Botev et al. 2017, "Practical Gauss-Newton Optimisation for Deep Learning").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.net.packing import Packing, n_pairs, pairs, sums_outer_product
from nnexp.net.signals import Scratch, Signals, outer, times

Array = NDArray[np.float64]

ROWS_PER_SLAB = 16
"""How many rows of a symmetric product are worked out at a time, each from about the diagonal on."""


def squares(A: Array, scratch: Scratch) -> Array:
    """A[i] A[i'] for each pair of rows, (pairs, runs, examples), from A (rows, runs, examples)."""
    out, start = scratch.empty(n_pairs(len(A)), *A.shape[1:]), 0
    for i in range(len(A)):
        np.multiply(A[i:], A[i], out=out[start : start + len(A) - i])
        start += len(A) - i
    return out


class Link:
    """What carries derivatives from the z of layer i + 1 down to the z of layer i: F' W."""

    def __init__(self, signals: Signals, i: int) -> None:
        self._units, self._slope, self._W = signals.units, signals.slopes[i], signals.W(i + 1)
        self._from_one = self._W.shape[2] == 1
        if self._from_one:
            self.factor = times(self._W, self._slope, out=self._units(len(self._slope)))

    def down(self, t: Array, first: int = 0, out: Array | None = None) -> Array:
        """F' W t, (n - first, columns, runs, examples), of the units from `first` on; t is (n above, columns, ...)."""
        out = self._units(len(self._slope) - first, t.shape[1]) if out is None else out
        if self._from_one:
            return np.multiply(self.factor[first:, None], t, out=out)
        times(self._W[:, first:], t, out=out)
        out *= self._slope[first:, None]
        return out


class Curvature:
    """The packed Hessian of one pass, put together block by block from the last layer down.

    packed: (runs, size), as `packing` says.

    Args:
        signals: of the pass.
        first_squares: the squares of the first layer's input, (pairs, 1, examples).
        packing: that of the network's shapes.
    """

    def __init__(self, signals: Signals, first_squares: Array, packing: Packing) -> None:
        self._signals, self._first_squares, self._spans = signals, first_squares, packing.spans
        self._shapes, self._new = tuple(signals.network.shapes), signals.units
        self.packed = signals.scratch.empty(signals.runs, packing.size)
        last = len(self._shapes) - 1
        self._deltas = {last: signals.loss_curvature()}  # d delta_l/dz_k, (n, n of l, runs, examples), for l from k on
        self._inputs: dict[int, Array] = {}  # da_l/dz_k, (n, m of l, runs, examples), for l from k + 2 on
        self._last_block(last)
        for k in reversed(range(last)):
            self._blocks(k)

    def _last_block(self, k: int) -> None:
        C = self._deltas[k]
        if sums_outer_product(self._shapes, k):
            self._sum_outer_product(k, self._products(self._signals.inputs[k], C[0]), self._signals.inputs[k])
        else:
            self._sum_pairs(k, C[np.triu_indices(len(C))])

    def _blocks(self, k: int) -> None:
        """Those of layer k with all layers above it, and with itself."""
        link = self._carried_down(k)
        rows = [self._joint_block(k, l) for l in self._deltas]
        if sums_outer_product(self._shapes, k):
            self._sum_outer_product(k, rows[0], self._products(self._signals.inputs[k], link.factor))
            return
        C = self._pairs_of_C(k, link)
        self._sum_pairs(k, C)
        if k:
            n = len(self._signals.bends[k])
            self._deltas[k] = np.take(C, pairs(n), axis=0, out=self._new(n, n), mode="clip")

    def _carried_down(self, k: int) -> Link:
        """The link to layer k, over which all that comes from above has been carried."""
        link, slopes = Link(self._signals, k), self._signals.slopes
        self._inputs = {l: link.down(t) for l, t in self._inputs.items()}
        self._deltas = {l: link.down(t) for l, t in self._deltas.items()}
        if k + 2 in self._deltas:
            W = self._signals.W(k + 1).transpose(1, 2, 0)[..., None]
            self._inputs[k + 2] = np.multiply(W, slopes[k + 1], out=self._new(*W.shape[:2]))
            self._inputs[k + 2] *= slopes[k][:, None]
        return link

    def _pairs_of_C(self, k: int, link: Link) -> Array:
        """C of layer k for each pair of units, (pairs, runs, examples)."""
        bends, start = self._signals.bends[k], 0
        out = self._new(n_pairs(len(bends)))
        for j, row in enumerate(self._deltas[k + 1]):
            stop = start + len(bends) - j
            link.down(row[:, None], j, out=out[start:stop, None])
            out[start] += bends[j]
            start = stop
        return out

    def _joint_block(self, k: int, l: int) -> Array:
        """Block k, l, k < l; gives back the rows of its product."""
        (n, m), (n_l, m_l), below = self._shapes[k], self._shapes[l], self._signals.inputs[k]
        if n_l == 1:
            rows, columns = self._products(below, self._deltas[l][:, 0]), self._signals.inputs[l]
            block = self._sum(k, l, rows, columns).reshape(-1, m, n, 1, m_l).transpose(0, 2, 1, 3, 4)
        else:
            rows, columns = _flat(self._deltas[l]), self._products(below, self._signals.inputs[l])
            block = self._sum(k, l, rows, columns).reshape(-1, n, n_l, m, m_l).transpose(0, 1, 3, 2, 4)
        self._add_inputs(k, l, block[..., : self._signals.network.sizes[l]])
        return rows

    def _add_inputs(self, k: int, l: int, block: Array) -> None:
        """Add to block k, l, (runs, n, m + 1, n of l, m of l), what comes from da_l/dz_k."""
        (n, m), n_l = self._shapes[k], self._shapes[l][0]
        columns = self._products(self._signals.inputs[k], self._signals.deltas[l])
        if l == k + 1:
            diagonal = np.einsum("rjilj->rjil", block)
            diagonal += outer(self._signals.slopes[k], columns).reshape(-1, n, m, n_l)
        else:
            block += outer(_flat(self._inputs[l]), columns).reshape(-1, n, block.shape[-1], m, n_l).transpose(0, 1, 3, 4, 2)

    def _sum_pairs(self, k: int, C: Array) -> None:
        self._sum(k, k, C, self._squares(k))

    def _sum_outer_product(self, k: int, rows: Array, columns: Array) -> None:
        """Block k, k from the two factors of C without its diagonal, each times A, (inputs * units, runs, examples)."""
        size, (n, m) = len(rows), self._shapes[k]
        into = self._span(k, k).reshape(-1, size, size)
        into[...] = 0.0  # the lower triangle counts nowhere, but is added up with the rest
        for start in range(0, size, ROWS_PER_SLAB):
            stop = start + ROWS_PER_SLAB
            outer(rows[start:stop], columns[start:], out=into[:, start:stop, start:])
        if k < len(self._signals.bends):
            diagonal = np.einsum("rijkj->rjik", into.reshape(-1, m, n, m, n))
            diagonal += outer(self._signals.bends[k], self._squares(k))[:, :, pairs(m)]

    def _sum(self, k: int, l: int, rows: Array, columns: Array) -> Array:
        return outer(rows, columns, out=self._span(k, l).reshape(-1, len(rows), len(columns)))

    def _span(self, k: int, l: int) -> Array:
        return self.packed[:, self._spans[k, l]]

    def _squares(self, k: int) -> Array:
        return squares(self._signals.inputs[k], self._signals.scratch) if k else self._first_squares

    def _products(self, a: Array, b: Array) -> Array:
        """Each row of a times each of b, (rows of a * rows of b, runs, examples)."""
        return _flat(np.multiply(a[:, None], b, out=self._new(len(a), len(b))))


def _flat(t: Array) -> Array:
    """(units * columns, runs, examples) of (units, columns, runs, examples)."""
    return t.reshape(-1, *t.shape[2:])
