"""Where would training have ended, had it gone on for ever?

Takes the points where training stopped and moves each to the stationary point it was at or on its way to, by Newton's method on
the exact Hessian, a stack at a time, in two stages.

*settle*: if a stationary point lies within SETTLING times the length of theta, training had stopped on it, be it a minimum or
a saddle: Newton's method on the gradient finds it. *descend*: otherwise downhill all the way, by steps that are the best within
a trust radius (`walk`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.endpoints.creases import creased
from nnexp.optima.endpoints.fold import fold, lies_on
from nnexp.optima.endpoints.local import Local, Terrain, blocks
from nnexp.optima.endpoints.settle import settle
from nnexp.optima.endpoints.walk import AT_REST, Walk

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_STEPS = 300


@dataclass(frozen=True)
class Polished:
    """Where the polish landed.

    there: how J lies there.
    steps: (runs,), Newton steps tried.
    settled: (runs,), whether a stationary point was found right where training stopped.
    at_rest: (runs,), whether the gradient is down to rounding; where J is creased, within the creases that hold the run.
    creases: (runs,), how many hold it: examples at the kink of a unit, and weights that l1 keeps at 0.
    runs_off: (runs,), whether theta seemed to grow for ever.
    certain: (runs,), whether that is certain, see `walk`.
    outward: (runs, parameters), the last stretch of a run that runs off; 0 of the others.
    """

    there: Local
    steps: NDArray[np.int64]
    settled: Mask
    at_rest: Mask
    creases: NDArray[np.int64]
    runs_off: Mask
    certain: Mask
    outward: Array

    def take(self, rows: Mask | NDArray[np.int64]) -> Polished:
        """These runs, copied."""
        return Polished(self.there.take(rows), *(getattr(self, f.name)[rows] for f in fields(self)[1:]))

    def put(self, rows: NDArray[np.int64], other: Polished) -> None:
        """Write the runs of another over these; the steps of both count."""
        self.there.put(rows, other.there)
        steps = self.steps[rows] + other.steps
        for f in fields(self)[1:]:
            getattr(self, f.name)[rows] = getattr(other, f.name)
        self.steps[rows] = steps

    @property
    def theta(self) -> Array:
        """(runs, parameters)."""
        return self.there.theta


@np.errstate(under="ignore")
def polish(objective: Penalized, theta: Array, l2: Array, l1: Array, most_steps: int = MOST_STEPS) -> Polished:
    """Each theta moved to the stationary point it was at, or to where downhill leads.

    Args:
        objective: what is minimized.
        theta: (runs, parameters), finite, where training stopped.
        l2: (runs,).
        l1: (runs,).
        most_steps: of Newton's method, for each run.
    """
    runs = len(theta)
    l2, l1 = (np.broadcast_to(np.asarray(given, dtype=np.float64), (runs,)) for given in (l2, l1))
    whole = Terrain(objective, l2, l1)
    parts = [
        polish_on(whole.take(np.arange(runs)[rows]), theta[rows], most_steps) for rows in blocks(runs, theta.shape[1])
    ]
    return joined(parts) if parts else polish_on(whole, theta, 0)


def joined(parts: list[Polished]) -> Polished:
    """Several stacks as one."""
    local = Local(*(np.concatenate([getattr(p.there, name) for p in parts]) for name in Local.__dataclass_fields__))
    rest = (np.concatenate([getattr(p, name) for p in parts]) for name in list(Polished.__dataclass_fields__)[1:])
    return Polished(local, *rest)


def polish_on(terrain: Terrain, theta: Array, most_steps: int) -> Polished:
    """The same of one block of runs; on a terrain that pulls back everywhere, none runs off."""
    walk = Walk(terrain, terrain.look(np.array(theta, dtype=np.float64)))
    settled = settle(terrain, walk, np.flatnonzero(~walk.goes_to_zero(np.arange(len(theta)))))
    walk.active &= ~settled
    for _ in range(most_steps):
        if not walk.active.any():
            break
        walk.step()
    settle(terrain, walk, np.flatnonzero(~settled & ~walk.runs_off), patient=True)
    creases = np.add.reduce(terrain.held_at(walk.here.theta), axis=1, dtype=np.int64)
    if creased(terrain.objective) and most_steps:
        creases += _go_on_in_creases(terrain, walk)
    at_rest = walk.here.gradient_norm <= AT_REST * walk.here.gradient_rounding
    return Polished(walk.here, walk.steps, settled, at_rest, creases, walk.runs_off, walk.certain, walk.outward)


def _go_on_in_creases(terrain: Terrain, walk: Walk) -> NDArray[np.int64]:
    """Take the runs that halted at creases, or lie on some, on from there; how many creases hold each run, (runs,)."""
    rest = walk.here.gradient_norm <= AT_REST * walk.here.gradient_rounding
    lie = np.array([bool(lies_on(terrain.objective, theta)) for theta in walk.here.theta], dtype=np.bool_)
    rows = np.flatnonzero(~walk.runs_off & (lie | ~rest))
    count = np.zeros(len(lie), dtype=np.int64)
    if len(rows):
        folds = fold(terrain, walk.here, rows)
        walk.here.put(rows, folds.here)
        walk.steps[rows] += folds.steps
        walk.runs_off[rows], walk.outward[rows], count[rows] = folds.runs_off, folds.outward, folds.creases
    return count
