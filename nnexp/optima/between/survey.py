"""What lies between the optima of one objective: which passes join them, and which optima were missed?

Goes from the optima of a catalogue to a `Landscape`. Between two optima a band is laid to the equal of the second that lies
nearest to the first. Its humps give passes; the ends of the ways down from a pass are looked up among the optima known, up to
symmetry, and join them as new ones if they are not there. Where a band dips, it runs by a further optimum, and bands from dip
to dip follow where no way as low is known: so a band with several humps is split. Since equals are one optimum here, a height
between two optima is that of the lowest way from the one to any equal of the other.

All pairs are tried of up to ALL_PAIRS optima; of more, each with its nearest, and enough for all to hang together; then, as
long as the passes leave the graph in pieces, the closest pairs between two pieces, up to a given number of bands. A band that
led over no saddle, as over a kink, still shows that there is a way no higher than its ceiling.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.between.band import IMAGES, Bands, bands
from nnexp.optima.between.known import Known
from nnexp.optima.between.landscape import EQUAL, Landscape, Ways, highest, lakes, spanning_tree
from nnexp.optima.between.passes import passes
from nnexp.optima.distinct.matching import match

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Pair = tuple[int, int]

ALL_PAIRS, NEAREST, MOST_BANDS = 12, 3, 150


@np.errstate(under="ignore")
def survey(
    objective: Penalized,
    theta: Array,
    l2: float = 0.0,
    l1: float = 0.0,
    images: int = IMAGES,
    most_bands: int = MOST_BANDS,
) -> Landscape:
    """The landscape around some optima.

    Args:
        objective: gives J.
        theta: (given, parameters), the optima, at least roughly: each is walked downhill to its bottom first. One from where
            no bottom is reached, as at a kink, stays where it is.
        l2: the penalty.
        l1: likewise.
        images: points of a band, the ends included.
        most_bands: at which the search ends.
    """
    search = _Search(objective, float(l2), float(l1), images)
    known = search.known
    number = known.given(theta)
    given = len(known)
    while search.bands < most_bands and (pairs := search.wanted(given)):
        search.lay(pairs[: most_bands - search.bands])
    strict, found = np.array(known.strict, dtype=np.bool_), np.arange(len(known)) >= given
    return Landscape(known.theta, np.array(known.J), strict, number, found, search.ways(), search.bands)


class _Way(NamedTuple):
    """One of `Ways`."""

    ends: Pair
    J: float
    theta: Array
    certified: bool
    is_saddle: bool


class _Search:
    """What was tried, and the optima and ways found so far.

    Args:
        objective, l2, l1: give J.
        images: points of a band.
    """

    def __init__(self, objective: Penalized, l2: float, l1: float, images: int) -> None:
        self.objective, self.l2, self.l1, self._images = objective, l2, l1, images
        self.known = Known(objective, l2, l1)
        self.bands = 0
        self._saddles: list[_Way] = []
        self._ceilings: list[_Way] = []
        self._tried: set[Pair] = set()
        self._queue: list[Pair] = []

    def wanted(self, given: int) -> list[Pair]:
        """The pairs to be tried next, the closest first."""
        if self._queue:
            asked, self._queue = self._queue, []
            return asked
        pairs, apart = self._untried()
        if len(self.known) > ALL_PAIRS:
            pairs = pairs[self._between_pieces(pairs) if self._tried else _neighbors(given, pairs, apart)]
        return [(int(i), int(j)) for i, j in pairs]

    def _untried(self) -> tuple[Indices, Array]:
        """The pairs (pairs, 2) not yet tried, the closest first, and how far apart they are, (pairs,)."""
        untried = [pair for pair in combinations(range(len(self.known)), 2) if pair not in self._tried]
        pairs = np.array(untried, dtype=np.int64).reshape(-1, 2)
        a, b = self.known.theta[pairs[:, 0]], self.known.theta[pairs[:, 1]]
        apart = match(self.known.group, a, b).distance if len(pairs) else np.empty(0)
        closest = np.argsort(apart, kind="stable")
        return pairs[closest], apart[closest]

    def _between_pieces(self, pairs: Indices) -> Indices:
        """Which of the pairs is the first between each two pieces of the graph of passes."""
        ends, J = self._joined()
        piece = lakes(np.array(self.known.J), ends, J, np.inf)
        pieces = np.sort(piece[pairs], axis=1)
        _, first = np.unique(pieces, axis=0, return_index=True)
        first = np.sort(first).astype(np.int64)
        return first[pieces[first, 0] != pieces[first, 1]]

    def _joined(self) -> tuple[Indices, Array]:
        """Ends (ways, 2) and heights (ways,) of the passes found so far."""
        ends = np.array([way.ends for way in self._saddles], dtype=np.int64).reshape(-1, 2)
        return ends, np.array([way.J for way in self._saddles], dtype=np.float64)

    def lay(self, pairs: list[Pair]) -> None:
        """Lay a band between each of some pairs, and learn from it."""
        self._tried.update(pairs)
        self.bands += len(pairs)
        i, j = np.array(pairs, dtype=np.int64).T
        ends = match(self.known.group, self.known.theta[i], self.known.theta[j]).theta
        laid = bands(self.objective, self.known.theta[i], ends, self.l2, self.l1, self._images)
        self._learn_passes(laid)
        for k, pair in enumerate(pairs):
            top = laid.theta[k, laid.J[k].argmax()]
            self._ceilings.append(_Way(pair, float(laid.ceiling[k]), top, certified=False, is_saddle=False))
        self._split(pairs, laid)

    def _learn_passes(self, laid: Bands) -> None:
        over = passes(self.objective, laid, self.l2, self.l1)
        numbers = np.stack([self.known.below(side) for side in over.ends])
        for k in np.flatnonzero((numbers >= 0).all(axis=0) & over.arrived.all(axis=0)):
            one, other = sorted(map(int, numbers[:, k]))
            if one != other:
                sure = bool(over.certified[k])
                self._saddles.append(_Way((one, other), float(over.J[k]), over.theta[k], sure, is_saddle=True))

    def _split(self, pairs: list[Pair], laid: Bands) -> None:
        """Ask for bands from dip to dip where a band went lower than any pass known."""
        band, image = np.nonzero(laid.dips())
        numbers = self.known.below(laid.theta[band, image])
        level = highest(np.array(self.known.J), *self._joined())
        for k, (first, last) in enumerate(pairs):
            chain = [first, *(int(n) for n in numbers[band == k] if n >= 0), last]
            for pair in (tuple(sorted(step)) for step in pairwise(chain)):
                new = pair[0] != pair[1] and pair not in self._tried and pair not in self._queue
                if new and level[pair] > laid.ceiling[k] + EQUAL:
                    self._queue.append((pair[0], pair[1]))

    def ways(self) -> Ways:
        """Every pass once, and the ceilings of bands that are lower than all passes between their ends."""
        level = highest(np.array(self.known.J), *self._joined())
        kept = _once(self._saddles)
        kept += [way for way in self._ceilings if level[way.ends] > way.J + EQUAL * max(1.0, abs(way.J))]
        kept.sort(key=lambda way: (way.J, way.ends))
        return Ways(
            np.array([way.ends for way in kept], dtype=np.int64).reshape(-1, 2),
            np.array([way.J for way in kept], dtype=np.float64),
            np.array([way.theta for way in kept], dtype=np.float64).reshape(-1, self.known.theta.shape[1]),
            np.array([way.certified for way in kept], dtype=np.bool_),
            np.array([way.is_saddle for way in kept], dtype=np.bool_),
        )


def _once(saddles: list[_Way]) -> list[_Way]:
    """The passes without those that join the same optima at the same height as another; certified ones stay."""
    kept: list[_Way] = []
    for way in sorted(saddles, key=lambda way: (way.ends, not way.certified, way.J)):
        if not any(way.ends == other.ends and abs(way.J - other.J) <= EQUAL * max(1.0, abs(other.J)) for other in kept):
            kept.append(way)
    return kept


def _neighbors(count: int, pairs: Indices, apart: Array) -> Indices:
    """Which of the pairs, the closest first, join an optimum to one of its NEAREST, or are needed for all to hang together."""
    seen, chosen = np.zeros(count, dtype=np.int64), set(spanning_tree(count, pairs, apart).tolist())
    for k, (i, j) in enumerate(pairs):
        if min(seen[i], seen[j]) < NEAREST:
            chosen.add(k)
        seen[[i, j]] += 1
    return np.array(sorted(chosen), dtype=np.int64)
