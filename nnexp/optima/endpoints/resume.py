"""Do runs that are no strict minimum for certain have one to reach, and what is it?

Takes polished runs, follows the ridge path of each that no penalty holds (`path`), and polishes those on from the end of it
whose path converges where the polish had given up, or was about to run off.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints.certificate import SURE
from nnexp.optima.endpoints.creases import creased
from nnexp.optima.endpoints.finding import Finding
from nnexp.optima.endpoints.inquiry import inquire
from nnexp.optima.endpoints.local import Terrain, blocks
from nnexp.optima.endpoints.path import follow
from nnexp.optima.endpoints.polish import MOST_STEPS, Polished, polish_on

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


ROUNDS = 3
"""How often a run is followed, and polished on where that settles nothing."""


class Bounded(Terrain):
    """What is minimized by runs that are known to have a minimum to reach."""

    def take(self, rows: Mask | NDArray[np.int64]) -> Bounded:
        return Bounded(self.objective, self.l2[rows], self.l1[rows])

    def pulls_back(self, direction: Array) -> Mask:
        return np.ones(len(direction), dtype=np.bool_)


@dataclass(frozen=True)
class Ends:
    """What is known of where runs lead; arrays over runs.

    runs_off: whether J goes on falling as the weights grow for ever.
    bounded: whether there is a minimum to reach, or a stationary point was reached that no way to infinity leads on from.
    J: the lowest J on the way to infinity.
    found: the finding on a run of which the first two orders of J tell what it is.
    """

    runs_off: Mask
    bounded: Mask
    J: Array
    found: dict[int, Finding] = field(default_factory=dict)


def resume(terrain: Terrain, polished: Polished, strict: Mask) -> Ends:
    """Follow the runs that need it, and move those on in `polished` that have a minimum to reach.

    Args:
        terrain: what is minimized.
        polished: the runs, changed in place.
        strict: (runs,), which of them are strict minima for certain.
    """
    there = polished.there
    ends = Ends(polished.runs_off.copy(), strict.copy(), there.J.copy())
    if creased(terrain.objective):
        ends.bounded[...] = ~polished.runs_off
        return ends
    held = (terrain.l2 > 0.0) | (terrain.l1 > 0.0)
    held &= bool(terrain.objective.is_penalized().all())
    ends.bounded[held | (polished.at_rest & (polished.creases > 0))] = True
    ends.runs_off[...] = polished.certain
    for row in np.flatnonzero(~ends.bounded & polished.at_rest & ~polished.runs_off):
        found = inquire(terrain.take(np.array([row])), there.take(np.array([row])), bounded=False)
        if found.endpoint != "undecided":
            ends.found[int(row)], ends.bounded[row] = found, True
    for _ in range(ROUNDS):
        rows = np.flatnonzero(~ends.bounded & ~ends.runs_off)
        for block in blocks(len(rows), there.theta.shape[1]):
            _resume(terrain, polished, ends, rows[block])
    return ends


def _resume(terrain: Terrain, polished: Polished, ends: Ends, rows: NDArray[np.int64]) -> None:
    """Follow these runs once, and move on those that are not at rest unless they run off."""
    some, there = terrain.take(rows), polished.there
    stays = polished.at_rest[rows] & ~polished.runs_off[rows]
    stays &= there.values[rows, 0] >= -SURE * there.value_rounding[rows]
    path = follow(some, there.take(rows), stays)
    ends.runs_off[rows], ends.bounded[rows], ends.J[rows] = path.runs_off, path.converges, path.J
    on = np.flatnonzero(~path.runs_off & ~stays)
    if len(on):
        bounded = Bounded(terrain.objective, some.l2[on], some.l1[on])
        theta = np.where(path.converges[on, None], path.theta[on], there.theta[rows[on]])
        polished.put(rows[on], polish_on(bounded, theta, MOST_STEPS))
