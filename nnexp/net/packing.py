"""Which numbers of a Hessian are to be worked out, and where does each of them stand in it?

A Hessian has many equal entries: it is symmetric, and the block of a layer with itself, the sum over examples of C[j, j']
A[i] A[i'], has one number for a pair of units {j, j'} and a pair of inputs {i, i'}, which stands in up to four places. So the
numbers are worked out once, packed one block after the other, and put in their places by one gather, which makes the Hessian
symmetric to the last bit. A parameter is (j, i): the unit whose it is, and the input that it weighs.

Block k, k is packed as (pairs of units, pairs of inputs), where a pair is (0, 0), (0, 1), ..., (1, 1), (1, 2), ...; or, where
C is an outer product and is summed as one, as (i, j, i', j'), of which the upper triangle counts. Block k, l with k < l is
packed as (j, j', i, i'), or (i, j, j', i') where layer l has one unit.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
Shapes = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Packing:
    """Where the numbers are packed, and where they stand in a Hessian.

    spans: for layers k <= l, which of the packed numbers are their block.
    size: how many numbers are packed.
    places: (parameters^2,), for each entry of the Hessian the packed number that stands there.
    """

    spans: dict[tuple[int, int], slice]
    size: int
    places: Places


def n_pairs(n: int) -> int:
    """How many pairs of n things there are, each with itself included."""
    return n * (n + 1) // 2


@functools.cache
def pairs(n: int) -> Places:
    """(n, n), the number of each pair; the upper triangle counts them row by row."""
    numbers = np.zeros((n, n), dtype=np.intp)
    numbers[np.triu_indices(n)] = np.arange(n_pairs(n))
    return np.maximum(numbers, numbers.T)


def sums_outer_product(shapes: Shapes, k: int) -> bool:
    """Whether block k, k is summed as an outer product over units and inputs, instead of over their pairs.

    Under one output that is the last layer, and in a net of one hidden layer the first, if it has few inputs for its units.
    """
    (n, m), last = shapes[k], len(shapes) - 1
    return shapes[last][0] == 1 and (k == last or (last == 1 and 2 * m <= n + 1))


@functools.lru_cache(maxsize=8)
def packing(shapes: Shapes) -> Packing:
    """How the Hessian of a net with layers of these (n, m + 1) is packed."""
    bounds = np.cumsum([0, *(n * m for n, m in shapes)])
    index = np.empty((bounds[-1], bounds[-1]), dtype=np.intp)
    spans, size = {}, 0
    for k in range(len(shapes)):
        rows = slice(bounds[k], bounds[k + 1])
        for l in range(k, len(shapes)):
            columns = slice(bounds[l], bounds[l + 1])
            block = _own_block(shapes, k) if k == l else _joint_block(shapes[k], shapes[l])
            spans[k, l] = slice(size, size + block.max() + 1)
            index[rows, columns] = size + block
            index[columns, rows] = size + block.T
            size = spans[k, l].stop
    return Packing(spans, size, index.ravel())


def _own_block(shapes: Shapes, k: int) -> Places:
    """(n (m + 1), n (m + 1)), which number stands where in block k, k."""
    n, m = shapes[k]
    if not sums_outer_product(shapes, k):
        return (pairs(n)[:, None, :, None] * n_pairs(m) + pairs(m)[:, None, :]).reshape(n * m, n * m)
    one = np.arange(m * n).reshape(m, n).T.ravel()  # (i, j) of each parameter (j, i)
    return np.minimum(one[:, None], one) * (m * n) + np.maximum(one[:, None], one)


def _joint_block(below: tuple[int, int], above: tuple[int, int]) -> Places:
    """(n (m + 1) of the layer below, n (m + 1) of the layer above), which number stands where in block k, l."""
    (n, m), (n_above, m_above) = below, above
    numbers = np.arange(n * m * n_above * m_above)
    if n_above == 1:
        return numbers.reshape(m, n, m_above).swapaxes(0, 1).reshape(n * m, m_above)
    return numbers.reshape(n, n_above, m, m_above).swapaxes(1, 2).reshape(n * m, n_above * m_above)
