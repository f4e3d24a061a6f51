"""Which optima lie in one valley, and over what height must one go from any of them to any other?

Optima are the nodes of a graph, passes its edges. The least height that has to be crossed between two optima over the passes
known is the greatest on their way through the minimum spanning tree (Hu 1961, "The Maximum Capacity Route Problem").

As water rises to a level J, optima whose passes lie below it share one lake: a *superbasin* (Becker & Karplus 1997; Wales
2003, "Energy Landscapes"). Superbasins merge at passes of the spanning tree only, and the tree of their mergers is the
disconnectivity graph. All heights are upper bounds: a pass not known can only lower them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import DisjointSet
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

EQUAL = 1e-9
"""Two heights that differ by this share of the larger of 1 and themselves, or less, are the same height."""


@dataclass(frozen=True)
class Ways:
    """What joins two optima, all of them arrays over ways.

    ends: (ways, 2), the numbers of the two optima, the smaller first.
    J: (ways,), how high the way goes.
    theta: (ways, parameters), its highest point.
    certified: (ways,), whether that is a saddle of index 1 without a doubt, from which the ways down to both ends were walked.
    is_saddle: (ways,), the same, but the saddle may be flat. What is no saddle is the highest image of a band.
    """

    ends: Indices
    J: Array
    theta: Array
    certified: Mask
    is_saddle: Mask


@dataclass(frozen=True)
class Superbasin:
    """Optima that share a lake once the water stands at J.

    J: the height of the pass at which the parts merge.
    parts: what merges: numbers of optima, and, from the number of optima on, of superbasins by their place in the tree.
    optima: all optima in it.
    """

    J: float
    parts: tuple[int, ...]
    optima: tuple[int, ...]


@dataclass(frozen=True)
class Landscape:
    """The optima known, the ways known between them, and what follows.

    theta: (optima, parameters), and J: (optima,).
    is_strict: (optima,), whether the optimum is a strict minimum; else a flat one, or none that was told.
    number: (given,), which of them each optimum given is.
    found: (optima,), whether it was not given, but found on the way.
    ways: the passes.
    bands: how many bands were tried.
    """

    theta: Array
    J: Array
    is_strict: Mask
    number: Indices
    found: Mask
    ways: Ways
    bands: int

    def highest(self) -> Array:
        """The least height to cross between any two optima, (optima, optima); infinite where no way is known."""
        return highest(self.J, self.ways.ends, self.ways.J)

    def tree(self) -> Indices:
        """The numbers of the ways that make up the minimum spanning tree, the lowest first."""
        return spanning_tree(len(self.J), self.ways.ends, self.ways.J)

    def superbasins(self) -> tuple[Superbasin, ...]:
        """The mergers of the disconnectivity graph, the lowest first."""
        return disconnectivity(len(self.J), self.ways.ends, self.ways.J)

    def depth(self) -> Array:
        """By how much the water has to rise above each optimum until a lower one is in its lake, (optima,).

        It is infinite for the lowest, and where no way leads to a lower one.
        """
        lower = self.J[None, :] < self.J[:, None]
        return np.where(lower, self.highest(), np.inf).min(axis=1, initial=np.inf) - self.J


def spanning_tree(count: int, ends: Indices, J: Array) -> Indices:
    """The numbers of the ways of a minimum spanning tree of so many optima, or of a forest, the lowest first.

    Args:
        count: how many optima there are.
        ends: (ways, 2); two ways may join the same optima.
        J: (ways,), of any sign.
    """
    pairs = np.sort(ends, axis=1)
    by_height = np.lexsort((*pairs.T[::-1], J))
    by_height = by_height[pairs[by_height, 0] != pairs[by_height, 1]]
    _, first = np.unique(pairs[by_height] @ np.array([count, 1]), return_index=True)
    chosen = by_height[np.sort(first)]
    ranks = 1.0 + np.arange(len(chosen))  # a weight of 0 would be no edge at all, and only the order counts
    graph = coo_array((ranks, tuple(pairs[chosen].T)), shape=(count, count)).tocsr()
    kept = np.sort(minimum_spanning_tree(graph).data).astype(np.int64)
    return chosen[kept - 1]


def highest(heights: Array, ends: Indices, J: Array) -> Array:
    """The least height to cross between any two optima, (optima, optima); on the diagonal, the optimum's own.

    Args:
        heights: (optima,), J of the optima.
        ends: (ways, 2).
        J: (ways,).
    """
    count = len(heights)
    found, lakes = np.full((count, count), np.inf), DisjointSet(range(count))
    np.fill_diagonal(found, heights)
    for way in spanning_tree(count, ends, J):
        one, other = (list(lakes.subset(int(end))) for end in ends[way])
        found[np.ix_(one, other)] = found[np.ix_(other, one)] = J[way]
        lakes.merge(*map(int, ends[way]))
    return found


def disconnectivity(count: int, ends: Indices, J: Array) -> tuple[Superbasin, ...]:
    """The mergers of superbasins as the level rises, the lowest first; the arguments are those of `spanning_tree`.

    Parts that merge at the same height merge at once.
    """
    tree: list[Superbasin] = []
    part = {i: i for i in range(count)}
    rising = spanning_tree(count, ends, J)
    new_level = np.diff(J[rising], prepend=-np.inf) > EQUAL * np.maximum(1.0, np.abs(J[rising]))
    for ways in np.split(rising, np.flatnonzero(new_level)[1:]) if len(rising) else []:
        lakes = DisjointSet(sorted(set(part.values())))
        for one, other in ends[ways]:
            lakes.merge(part[int(one)], part[int(other)])
        for merging in (sorted(lake) for lake in lakes.subsets() if len(lake) > 1):
            optima = tuple(i for i in range(count) if part[i] in merging)
            tree.append(Superbasin(float(J[ways].max()), tuple(merging), optima))
            part.update(dict.fromkeys(optima, count + len(tree) - 1))
    return tuple(tree)


def lakes(heights: Array, ends: Indices, J: Array, level: float) -> Indices:
    """Which superbasin each optimum is in with the water at this level, (optima,), numbered by least optimum; -1 if it is dry.

    Args:
        heights: (optima,), J of the optima.
        ends: (ways, 2).
        J: (ways,).
        level: of J.
    """
    joined = DisjointSet(range(len(heights)))
    for one, other in ends[np.asarray(level) >= J]:
        joined.merge(int(one), int(other))
    least = [min(joined.subset(i)) for i in range(len(heights))]
    numbers = {first: place for place, first in enumerate(sorted({least[i] for i in np.flatnonzero(heights <= level)}))}
    return np.array([numbers[least[i]] if heights[i] <= level else -1 for i in range(len(heights))], dtype=np.int64)
