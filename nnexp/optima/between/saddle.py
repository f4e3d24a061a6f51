"""Where is the pass near a point high on a band, and is it one?

Climbs along the least curvature and goes down along all others (eigenvector following, Cerjan & Miller 1981), by Newton's
method on the exact Hessian: with slope c and curvature v along each eigenvector, the least first,

    step = +c / |v| along the first, -c / |v| along the others, cut to a radius

which near a saddle of index 1 is Newton's step and ends with a gradient of nothing but rounding. The radius is set by how well
the gradient after a step is foretold. What comes to rest on a saddle of higher index, which symmetry can force, is nudged
off along its second curvature.

A saddle is a *pass* if the gradient is down to rounding and exactly one eigenvalue is certain to be negative (see
`downhill.certainty`); it is *certified* if all others are certain to be positive. Others cannot be told from 0 where the pass
is flat, as along the offset of a unit that does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.between.blocks import Penalty, each
from nnexp.optima.between.downhill import certainty, joined, nudged, resting, stepped
from nnexp.optima.endpoints.local import Local, Terrain, norm

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_STEPS = 200
FIRST_RADIUS, FURTHEST = 0.03, 0.1
"""Of a step, as shares of the length of theta, or of 1 if that is longer."""
GOOD, BAD = 0.25, 0.75


@dataclass(frozen=True)
class Saddles:
    """Where climbs ended, all of them arrays over climbs.

    there: how J lies there.
    at_rest: (climbs,), whether the gradient is down to rounding.
    index: (climbs,), how many eigenvalues are certain to be negative.
    zero: (climbs,), how many cannot be told from 0.
    """

    there: Local
    at_rest: Mask
    index: NDArray[np.int64]
    zero: NDArray[np.int64]

    @property
    def is_pass(self) -> Mask:
        """(climbs,), whether it is at rest and of index 1."""
        return self.at_rest & (self.index == 1)

    @property
    def certified(self) -> Mask:
        """(climbs,), whether it is a pass and no eigenvalue can be 0."""
        return self.is_pass & (self.zero == 0)


@np.errstate(under="ignore")
def climb(
    objective: Penalized, theta: Array, l2: Penalty = 0.0, l1: Penalty = 0.0, most_steps: int = MOST_STEPS
) -> Saddles:
    """The saddle that eigenvector following finds from each theta.

    Args:
        objective: gives J.
        theta: (climbs, parameters), best high on a band.
        l2: a number, or (climbs,).
        l1: likewise.
        most_steps: to be tried, for each climb.
    """
    climbs = stepped(_Climb, Terrain(objective, each(l2, len(theta)), each(l1, len(theta))), theta, most_steps)
    there = joined([under_way.here for under_way in climbs])
    certain = certainty(there)[:, None]
    index, zero = (there.values < -certain).sum(axis=1), (np.abs(there.values) <= certain).sum(axis=1)
    return Saddles(there, resting(there), index, zero)


class _Climb:
    """Climbs under way.

    Args:
        terrain: what they climb on.
        theta: (climbs, parameters), where they start.
    """

    def __init__(self, terrain: Terrain, theta: Array) -> None:
        self.terrain, self.here = terrain, terrain.look(theta)
        self._radius = FIRST_RADIUS * np.maximum(1.0, norm(theta))
        self._nudges = np.zeros(len(theta), dtype=np.int64)
        self._active = np.isfinite(self.here.J)

    def step(self) -> bool:
        """Try one step of every climb that is not at rest; says whether there was one."""
        self._rest()
        rows = np.flatnonzero(self._active)
        if not len(rows):
            return False
        here = self.here.take(rows)
        step = _newton(here)
        length = np.maximum(norm(step), 1e-300)
        step *= np.minimum(1.0, self._radius[rows] / length)[:, None]
        there = self.terrain.take(rows).look(here.theta + np.matmul(here.vectors, step[:, :, None])[:, :, 0])
        self._judge(rows, here, there, step)
        return True

    def _judge(self, rows: NDArray[np.int64], here: Local, there: Local, step: Array) -> None:
        """Take the steps that went as foretold, and set the radius by how well they did."""
        change = np.matmul(here.vectors, (here.values * step)[:, :, None])[:, :, 0]
        with np.errstate(all="ignore"):
            off = norm(there.gradient - here.gradient - change) / norm(change)
        good = np.isfinite(there.J) & (off <= BAD)
        self.here.put(rows[good], there.take(good))
        length, widest = norm(step), FURTHEST * np.maximum(1.0, norm(here.theta))
        radius = self._radius[rows]
        wider = np.where(off <= GOOD, np.minimum(np.maximum(radius, 2.0 * length), widest), radius)
        self._radius[rows] = np.where(good, wider, 0.5 * length)
        self._active[rows[resting(here) & ~(there.gradient_norm < 0.5 * here.gradient_norm)]] = False

    def _rest(self) -> None:
        """Let those rest whose gradient is down to rounding, and nudge those whose index is too high."""
        small = self._active & (self.here.gradient_norm <= self.here.gradient_rounding)
        self._active &= ~small
        second = self.here.values[:, min(1, self.here.values.shape[1] - 1)]
        rows = np.flatnonzero(small & (second < -certainty(self.here)) & (self.here.values.shape[1] > 1))
        if len(rows):
            here = self.here.take(rows)
            self.here.put(rows, nudged(self.terrain.take(rows), here, 1))
            self._nudges[rows] += 1
            self._active[rows] = self._nudges[rows] <= here.theta.shape[1]


def _newton(here: Local) -> Array:
    """The step in the eigenbasis, (climbs, parameters); a direction that is flat up to rounding is left alone."""
    size = np.abs(here.values)
    felt = size > here.value_rounding[:, None]
    step = np.divide(-here.slope, size, out=np.zeros_like(size), where=felt)
    step[:, 0] *= -1.0
    return step
