"""How high is J at very many points, when they do not fit into the cache, or into memory, together?

Whoever draws lines, planes and bands asks for J at thousands of theta. They are worked on in blocks; a point's J depends
neither on its block nor on its neighbors.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnexp.net.cache import runs_per_block
from nnexp.net.objective import Penalized

Array = NDArray[np.float64]
Penalty = Array | float

MOST_FLOATS = 2**23
"""Of theta laid out at once: 64 MiB."""


def blocks(count: int, size: int) -> Iterator[slice]:
    """So many things in blocks of this size; of nothing, one empty block."""
    yield from (slice(start, min(start + size, count)) for start in range(0, max(1, count), max(1, size)))


def in_memory(count: int, floats: int) -> Iterator[slice]:
    """So many things in blocks that fit into memory together, where each needs this many float64."""
    return blocks(count, MOST_FLOATS // max(1, floats))


def each(penalty: Penalty, count: int) -> Array:
    """(count,), the penalty of each, for one number or (count,)."""
    return np.broadcast_to(np.asarray(penalty, dtype=np.float64), (count,))


def heights(objective: Penalized, theta: Array, l2: Penalty = 0.0, l1: Penalty = 0.0) -> Array:
    """J, (points,), for theta (points, parameters); l2 and l1 are numbers or (points,).

    Where J overflows it is infinite or not a number, without a warning: far away from all optima it may.
    """
    l2, l1, J = each(l2, len(theta)), each(l1, len(theta)), np.empty(len(theta))
    with np.errstate(all="ignore"):
        for rows in _in_cache(objective, len(theta)):
            J[rows] = objective.value(theta[rows], l2[rows], l1[rows])
    return J


def slopes(objective: Penalized, theta: Array, l2: Penalty = 0.0, l1: Penalty = 0.0) -> Array:
    """The gradient of J, (points, parameters); the arguments are those of `heights`."""
    l2, l1, gradient = each(l2, len(theta)), each(l1, len(theta)), np.empty(theta.shape)
    with np.errstate(all="ignore"):
        for rows in _in_cache(objective, len(theta)):
            gradient[rows] = objective.gradient(theta[rows], l2[rows], l1[rows])
    return gradient


def _in_cache(objective: Penalized, count: int) -> Iterator[slice]:
    floats = objective.network.floats_per_run(max(1, objective.n_examples))
    return blocks(count, runs_per_block(floats, max(1, count)))
