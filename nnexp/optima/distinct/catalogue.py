"""From thousands of seeds to the distinct local optima of a net: what are they, and how often is each reached?

Takes endpoints that a verdict calls minima, strict or flat, polished; gives each distinct optimum with the seeds that reached
it. Optima are counted up to the symmetries of J: those of the net that the penalty does not feel, never those of the data.
Which endpoints are one is decided in `partition`, what is said of each in `optimum`, what is still missing in `unseen`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.distinct import optimum
from nnexp.optima.distinct.optimum import Optimum
from nnexp.optima.distinct.partition import Endpoints, Indices, Pair, Tolerances, endpoints, partition

__all__ = ["MINIMA", "Catalogue", "Optimum", "Pair", "Tolerances", "catalogue"]

Array = NDArray[np.float64]

MINIMA = ("minimum", "flat minimum", "kink")
"""The verdicts that make an endpoint an optimum: J falls to no side."""


@dataclass(frozen=True)
class Catalogue:
    """The distinct optima, the lowest J first.

    member: (runs,), the place in `optima` of each run's optimum, -1 for a run that is at none.
    borderline: pairs of runs, by index, that are neither the same nor clearly different; each may make the count wrong by one.
    unproved: how many pairs are kept apart by a match which was not proved to be the best; 0 for one hidden layer.
    """

    optima: tuple[Optimum, ...]
    member: Indices
    borderline: tuple[Pair, ...]
    unproved: int

    @property
    def counts(self) -> Indices:
        """(optima,), how many seeds reached each."""
        return np.array([each.runs for each in self.optima], dtype=np.int64)

    @property
    def seeds(self) -> int:
        """How many seeds were spent, those that ended at no optimum included."""
        return len(self.member)

    def frame(self) -> pd.DataFrame:
        """A row an optimum, in the order of `optima`, with every field but theta and members."""
        columns = [name for name in Optimum.__dataclass_fields__ if name not in ("theta", "members")]
        return pd.DataFrame([{name: getattr(each, name) for name in columns} for each in self.optima], columns=columns)


@np.errstate(under="ignore")  # weights at an optimum in the origin are so small that their squares are 0
def catalogue(
    objective: Penalized,
    theta: Array,
    J: Array,
    l2: float = 0.0,
    l1: float = 0.0,
    *,
    minimum: Sequence[bool] | NDArray[np.bool_] | None = None,
    zero_directions: Sequence[int] | Indices | None = None,
    seeds: Sequence[int] | Indices | None = None,
    tolerances: Tolerances | None = None,
) -> Catalogue:
    """The distinct optima among the endpoints of one configuration.

    Args:
        objective: what was minimised.
        theta: (runs, parameters), the polished endpoints of all seeds.
        J: (runs,).
        l2: the penalty that they share.
        l1: likewise.
        minimum: (runs,), which endpoints are minima; all, unless given. The others count as seeds spent.
        zero_directions: (runs,), how many eigenvalues of each Hessian count as 0; counted here where not given, or below 0.
        seeds: (runs,), 0, 1, 2, ... unless given.
        tolerances: up to where numbers count as the same.
    """
    theta, J, runs = np.asarray(theta, dtype=np.float64), np.asarray(J, dtype=np.float64), len(theta)
    numbers = np.arange(runs) if seeds is None else np.asarray(seeds, dtype=np.int64)
    usable = np.isfinite(theta).all(axis=1) & np.isfinite(J)
    usable &= True if minimum is None else np.asarray(minimum, dtype=np.bool_)
    order = np.flatnonzero(usable)[np.argsort(numbers[usable], kind="stable")]
    member = np.full(runs, -1)
    if not len(order):
        return Catalogue((), member, (), 0)
    zeros = None if zero_directions is None else np.asarray(zero_directions, dtype=np.int64)[order]
    ends = endpoints(objective, theta[order], J[order], (l2, l1), tolerances or Tolerances(), zeros)
    found, pairs, unproved = partition(ends)
    optima = _optima(ends, found, numbers[order], order, runs)
    for place, each in enumerate(optima):
        member[each.members] = place
    pairs = [Pair(int(order[pair.a]), int(order[pair.b]), pair.separation) for pair in pairs]
    return Catalogue(tuple(optima), member, tuple(pairs), unproved)


def _optima(ends: Endpoints, found: Indices, seeds: Indices, order: Indices, spent: int) -> list[Optimum]:
    """Every optimum, the lowest J first, among the same J by id; `order` says which run an endpoint is."""
    firsts = [int(np.argmax(found == k)) for k in range(int(found.max()) + 1)]
    names, rungs = optimum.identities(ends, firsts), optimum.rungs(ends, firsts)
    places = sorted(range(len(firsts)), key=lambda k: (rungs[k], names[k]))
    members = [np.flatnonzero(found == k) for k in places]
    made = zip(members, places, strict=True)
    return [optimum.optimum(ends, which, seeds, order, spent, names[k], rungs[k]) for which, k in made]
