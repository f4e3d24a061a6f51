"""Which way is down, step by step, to a minimum or for ever?

Every step is the best within a trust radius (`subproblem`) by the exact Hessian; negative curvature is used, so this does not
end on a saddle. The radius is at most FURTHEST times the length of theta, so that a step rarely crosses into another basin. A
step is judged by what J lost against what the model promised, rounding granted to both (Conn, Gould & Toint 2000, "Trust
Region Methods", section 17.4); once J's digits are used up, by whether the gradient falls. A run is over when its gradient
is nothing but rounding, when no step helps, or when it runs off.

It *runs off* in one of two ways. Either it took WINDOW steps in a row, Newton's own or as long as any may be, that made
theta longer and did not get shorter themselves, while the gradient fell; and J falls on, and flattens, as the last step is
repeated. For Newton's method nears a minimum at infinity by steps of a constant length (J ~ exp(-t)) or growing ones
(J ~ 1/t), a finite one by steps that shrink, if only by 2/3 (J ~ t^4). Or every example is right: then the weights of the
last layer need only grow for J to go to 0, which is tried out (GROWN).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints.local import Local, Terrain, norm
from nnexp.optima.endpoints.subproblem import solve

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

FIRST_RADIUS, FURTHEST, SHORTEST = 0.05, 0.2, 1e-13
UNRESOLVED, SURE = 10.0, 10.0
AT_REST = 100.0
"""A gradient of so many times its rounding, which no step makes any smaller, is as small as it gets."""

WINDOW, SHRINK, FALL = 8, 0.5, 0.1
BEYOND = np.array([4.0, 8.0, 16.0])
"""How often the last step is repeated to see whether J falls on; a minimum yet further off is not told from none."""

GROWN = np.array([1.0, 3.0, 9.0, 27.0, 81.0])
"""By how much of itself the last layer grows, to see whether J goes to 0."""


class Walk:
    """Runs on their way down.

    Args:
        terrain: what is minimized.
        here: where they are, moved in place.
    """

    def __init__(self, terrain: Terrain, here: Local) -> None:
        self.terrain, self.here = terrain, here
        runs = len(here.J)
        self.steps, self._in_a_row = np.zeros((2, runs), dtype=np.int64)
        self.active, self.runs_off = np.ones(runs, dtype=np.bool_), np.zeros(runs, dtype=np.bool_)
        self.outward = np.zeros_like(here.theta)
        self.radius = FIRST_RADIUS * _size(here)
        self._lengths, self._gradients = np.ones((2, WINDOW + 1, runs))

    def step(self) -> None:
        """One step of every run that is under way."""
        rows = np.flatnonzero(self.active)
        rows = rows[~self._goes_to_zero(rows)]
        here, terrain = self.here.take(rows), self.terrain.take(rows)
        radius = self.radius[rows]
        part, inside = solve(here.values, here.slope, radius, here.value_rounding)
        trial = terrain.reached(here, here.theta + along(here.vectors, part))
        there = terrain.look(trial)
        promised = promise(here, trial - here.theta)
        self.steps[rows] += 1
        good = self._judge(rows, here, there, promised)
        self.here.put(rows[good], there.take(good))
        self._follow(rows, here, good & (inside | (radius >= 0.8 * FURTHEST * _size(here))))
        now = self.here.take(rows)
        stuck = ~good & (
            (np.abs(promised) <= UNRESOLVED * here.J_rounding) | (self.radius[rows] <= SHORTEST * _size(now))
        )
        level = now.values[:, 0] >= -SURE * now.value_rounding
        done = stuck | (level & (now.gradient_norm <= now.gradient_rounding)) | self.runs_off[rows]
        self.active[rows[done]] = False

    def _judge(self, rows: Rows, here: Local, there: Local, promised: Array) -> Mask:
        """Whether each step is worth taking; sets the radius by how well J kept to its model."""
        length, radius = norm(there.theta - here.theta), self.radius[rows]
        with np.errstate(all="ignore"):
            kept = (here.J - there.J + here.J_rounding) / (promised + here.J_rounding)
        falls = there.gradient_norm < 0.9 * here.gradient_norm
        good = (
            np.isfinite(there.J)
            & (kept > 1e-3)
            & (promised > -here.J_rounding)
            & ((promised > UNRESOLVED * here.J_rounding) | falls)
        )
        widen = (kept > 0.75) & (length > 0.9 * radius)
        wider = np.where(widen, np.minimum(2.0 * radius, FURTHEST * _size(here)), radius)
        self.radius[rows] = np.where(good & (kept >= 0.25), wider, 0.25 * np.minimum(length, radius))
        return good

    def _follow(self, rows: Rows, before: Local, longest: Mask) -> None:
        """Keep track of steps as long as they could be that lead outward, and find the runs that run off."""
        now = self.here.take(rows)
        taken = now.theta - before.theta
        outward = longest & (norm(now.theta) > norm(before.theta))
        self._in_a_row[rows] = np.where(outward, self._in_a_row[rows] + 1, 0)
        for trail, latest in ((self._lengths, norm(taken)), (self._gradients, now.gradient_norm)):
            trail[:-1, rows] = trail[1:, rows]
            trail[-1, rows] = latest
        steady = self._lengths[-1, rows] >= SHRINK * self._lengths[1, rows]
        fallen = self._gradients[-1, rows] <= FALL * self._gradients[0, rows]
        asked = (self._in_a_row[rows] >= WINDOW) & steady & fallen & ~self.terrain.take(rows).pulls_back(taken)
        if asked.any():
            found = _falls_on(self.terrain.take(rows[asked]), now.take(asked), taken[asked])
            self._off(rows[asked][found], taken[asked][found])

    def _goes_to_zero(self, rows: Rows) -> Mask:
        """Find the runs whose J goes to 0 as their last layer grows, (rows,)."""
        theta, found = self.here.theta[rows], np.zeros(len(rows), dtype=np.bool_)
        last = np.zeros_like(theta)
        network = self.terrain.objective.network
        network.layers(last)[-1][...] = network.layers(theta)[-1]
        falls = np.vecdot(last, self.here.gradient[rows]) < 0.0
        falls = np.flatnonzero(falls & ~self.terrain.take(rows).pulls_back(last))
        if len(falls):
            J = self.terrain.take(rows[falls]).values_along(theta[falls], last[falls], GROWN)
            J = np.column_stack([self.here.J[rows[falls]], J])
            found[falls] = ((np.diff(J) < 0.0) | (J[:, 1:] == 0.0)).all(axis=1) & (J[:, -1] <= 1e-3 * J[:, 0])
        self._off(rows[found], last[found])
        return found

    def _off(self, rows: Rows, outward: Array) -> None:
        self.runs_off[rows], self.active[rows], self.outward[rows] = True, False, outward


def _falls_on(terrain: Terrain, here: Local, taken: Array) -> Mask:
    """Whether J goes on falling, and flattens, as the step taken is repeated."""
    J = terrain.values_along(here.theta, taken, BEYOND)
    flatter = norm(terrain.gradient(here.theta + BEYOND[1] * taken)) < 0.5 * here.gradient_norm
    never_rises = (here.J[:, None] + here.J_rounding[:, None] >= J).all(axis=1)
    return never_rises & (J[:, -1] < here.J - here.J_rounding) & flatter


def along(vectors: Array, part: Array) -> Array:
    """The sum of the eigenvectors (runs, parameters, parameters) times `part` (runs, parameters)."""
    return np.matmul(vectors, part[:, :, None])[:, :, 0]


def promise(here: Local, taken: Array) -> Array:
    """By how much the quadratic model falls over a step (runs, parameters), (runs,)."""
    part = np.matmul(taken[:, None, :], here.vectors)[:, 0]
    return -(np.vecdot(here.slope, part) + 0.5 * np.vecdot(part, here.values * part))


def _size(here: Local) -> Array:
    return np.maximum(norm(here.theta), 1.0)
