"""How far apart are the optima of an objective, and what lies between: on the straight line, and over the lowest pass known?

A straight line's barrier and a pass are different things: the line says what it crosses, the pass is the least that has to be
crossed on the best way known. Lines are drawn twice, to the optimum as its run left it and to its equal nearest to the other
end (matched).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.objectives import Minimized
from nnexp.optima.between.barrier import LineBarriers, line_barriers
from nnexp.optima.between.landscape import Landscape
from nnexp.optima.between.survey import survey
from nnexp.optima.distinct import rungs
from nnexp.optima.distinct.matching import match
from nnexp.optima.distinct.symmetry import of_objective

MOST_OPTIMA, MOST_BANDS, LARGEST = 12, 60, 40
"""How many optima are looked at, those that most runs reach; how many bands are laid; the most parameters of a net for that."""


@dataclass(frozen=True)
class Between:
    """What lies between the optima of one objective.

    of: the objective. chosen: places in its catalogue, the lowest J first. pairs: (pairs, 2), places in `chosen`.
    apart: (pairs,), the least distance over all equals; before: (pairs,), as the runs left them.
    lines, unmatched: the straight lines after and before matching. landscape: the passes, None for nets that are too large.
    """

    of: Minimized
    chosen: np.ndarray
    pairs: np.ndarray
    apart: np.ndarray
    before: np.ndarray
    lines: LineBarriers
    unmatched: LineBarriers
    landscape: Landscape | None

    @property
    def passes(self) -> np.ndarray:
        """(pairs,), the height of the lowest way known between each pair; infinite where none is."""
        if self.landscape is None:
            return np.full(len(self.pairs), np.inf)
        number = self.landscape.number
        heights = self.landscape.highest()
        known = (number[self.pairs] >= 0).all(axis=1)
        return np.where(known, heights[number[self.pairs[:, 0]], number[self.pairs[:, 1]]], np.inf)

    @property
    def names(self) -> list[str]:
        """What each optimum of the landscape is called: by its rung, `new` where it was found on the way."""
        assert self.landscape is not None
        called = ["new"] * len(self.landscape.J)
        for number, place in zip(self.landscape.number, self.chosen, strict=True):
            if number >= 0:
                called[number] = rungs.name(place)
        return called

    def table(self) -> pd.DataFrame:
        """One row a pair, the closest first: both J, how far apart, and the climbs above the worse end, by line and by pass."""
        place = self.chosen[self.pairs] + 1
        climbs = self.passes - self.lines.J.max(axis=1)
        rows = pd.DataFrame(
            {
                "pair": [f"{i} and {j}" for i, j in place],
                "J of the first": self.lines.J[:, 0],
                "J of the second": self.lines.J[:, 1],
                "distance": self.apart,
                "distance as the runs left them": self.before,
                "climb on the straight line": self.lines.over_higher,
                "climb on the line before matching": self.unmatched.over_higher,
                "climb over the lowest pass known": np.where(np.isfinite(climbs), climbs, np.nan),
            }
        )
        return rows.sort_values("distance", kind="stable").reset_index(drop=True)


def between(of: Minimized) -> Between:
    """What lies between the optima of an objective that has two at least."""
    optima, recalled = of.found.optima, of.recalled
    l2, l1 = recalled.configuration.l2, recalled.configuration.l1
    chosen = np.sort(np.argsort(-of.found.counts, kind="stable")[:MOST_OPTIMA])
    ends = np.stack([of.runs["polished_theta"].iloc[int(optima[k].members[0])] for k in chosen]).astype(np.float64)
    pairs = np.array(np.triu_indices(len(chosen), 1)).T
    a, b = ends[pairs[:, 0]], ends[pairs[:, 1]]
    found = match(of_objective(recalled.objective, l2, l1), a, b)
    landscape = None
    if ends.shape[1] <= LARGEST:
        landscape = survey(recalled.objective, ends, l2, l1, most_bands=MOST_BANDS)
    return Between(
        *(of, chosen, pairs, found.distance, np.linalg.norm(a - b, axis=1)),
        line_barriers(recalled.objective, a, found.theta, l2, l1),
        line_barriers(recalled.objective, a, b, l2, l1),
        landscape,
    )
