"""Which numbers of a Hessian are to be worked out, and where does each of them stand in it?

A Hessian has many equal entries: it is symmetric, and the block of a layer with itself, the sum over examples of C[j, j']
A[i] A[i'], has one number for a pair of units {j, j'} and a pair of inputs {i, i'}, which stands in up to four places. So the
numbers are worked out once, packed, and put in their places by one gather: the Hessian is symmetric to the last bit. A
parameter is (j, i), the unit whose it is and the input that it weighs; a pair is (0, 0), (0, 1), ..., (1, 1), (1, 2), ...

The blocks are packed one after the other. Block k, k is (pairs of units, pairs of inputs); that of a lone output unit is a
full (i, i'), of which the upper triangle counts. Block k, h with k < h is (j, j', i, i'); where layer h is a lone unit it is
(i, j, i').
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

    spans: for layers k <= h, which of the packed numbers are their block; none if they are not packed by block.
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
    """(n, n), the number of each pair."""
    numbers = np.zeros((n, n), dtype=np.intp)
    numbers[np.triu_indices(n)] = np.arange(n_pairs(n))
    return np.maximum(numbers, numbers.T)


def upper_triangle(order: Places, size: int) -> Places:
    """(n, n), where each entry stands in the upper triangle of a matrix of `size` rows; `order` (n,) says which row it is."""
    return np.minimum(order[:, None], order) * size + np.maximum(order[:, None], order)


@functools.lru_cache(maxsize=8)
def packing(shapes: Shapes) -> Packing:
    """How the Hessian of a net with layers of these (n, m + 1) is packed."""
    bounds = np.cumsum([0, *(n * m for n, m in shapes)])
    places = np.empty((bounds[-1], bounds[-1]), dtype=np.intp)
    spans, size = {}, 0
    for k, below in enumerate(shapes):
        for h, above in enumerate(shapes[k:], start=k):
            block = _joint_block(below, above) if h > k else _own_block(*below, k == len(shapes) - 1)
            rows, columns = slice(bounds[k], bounds[k + 1]), slice(bounds[h], bounds[h + 1])
            places[rows, columns] = size + block
            places[columns, rows] = size + block.T
            spans[k, h] = slice(size, size + int(block.max()) + 1)
            size = spans[k, h].stop
    return Packing(spans, size, places.ravel())


def _own_block(n: int, m: int, is_last: bool) -> Places:
    """(n (m + 1), n (m + 1)), which number stands where in the block of a layer with itself."""
    if is_last and n == 1:
        return upper_triangle(np.arange(m), m)
    return (pairs(n)[:, None, :, None] * n_pairs(m) + pairs(m)[:, None, :]).reshape(n * m, n * m)


def _joint_block(below: tuple[int, int], above: tuple[int, int]) -> Places:
    """(n (m + 1) of the layer below, n (m + 1) of the layer above), which number stands where in their block."""
    (n, m), (n_above, m_above) = below, above
    numbers = np.arange(n * m * n_above * m_above)
    if n_above == 1:
        return numbers.reshape(m, n, m_above).swapaxes(0, 1).reshape(n * m, m_above)
    return numbers.reshape(n, n_above, m, m_above).swapaxes(1, 2).reshape(n * m, n_above * m_above)
