"""Which way is down, step by step, to a minimum or for ever?

Every step is the best within a trust radius (`subproblem`) by the exact Hessian; negative curvature is used, so this does not
end on a saddle. The radius is at most FURTHEST times the length of theta, so that a step rarely crosses into another basin. A
step is judged by what J lost against what the model promised, rounding granted to both (Conn, Gould & Toint 2000, "Trust
Region Methods", section 17.4); once J's digits are used up, by whether the gradient falls. A run is over when its gradient
is nothing but rounding, when no step helps, or when it runs off.

It *runs off* in one of two ways. Either every example is right, for certain, so that the weights of the last layer need only
grow for J to go to 0 (`certain`). Or it is likely to: it took WINDOW steps in a row, Newton's own or as long as any may be,
that made theta longer and did not get shorter themselves, while the gradient fell; and J falls on, and flattens, as the last
step is repeated. `path` then tells whether it does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.net.objective import Penalized
from nnexp.optima.endpoints.creases import creased
from nnexp.optima.endpoints.local import EPS, Local, Terrain, norm
from nnexp.optima.endpoints.subproblem import solve

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

FIRST_RADIUS, FURTHEST, SHORTEST = 0.05, 0.2, 1e-13
UNRESOLVED, SURE = 10.0, 10.0
AT_REST = 100.0
"""A gradient of so many times its rounding, which no step makes any smaller, is as small as it gets."""

TANGENT, STEEP, CORRECTIONS = 0.01, 300.0, 3
"""A step that loses more than this share of what J was to fall by is corrected so many times, in the directions that are
so many times as curved as that of the step (as Conn, Gould & Toint correct steps along a constraint, section 15.3.2.3)."""

WINDOW, SHRINK, FALL = 8, 0.5, 0.1
BEYOND = np.array([4.0, 8.0, 16.0])
"""How often the last step is repeated to see whether J falls on; a minimum yet further off is not told from none."""

GROWN = np.concatenate([np.geomspace(1.0, 1024.0, 41), [2.0**20, 2.0**40]])
"""How many times as large what the last layer gives becomes, to see whether every example's loss goes to 0."""

TAKEN = 8.0
"""A loss that is 0 at an output no larger than this does not go to 0 at infinity, but is 0 before."""


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
        self.active = np.ones(runs, dtype=np.bool_)
        self.runs_off, self.certain = np.zeros((2, runs), dtype=np.bool_)
        self.outward = np.zeros_like(here.theta)
        self._smooth = not creased(terrain.objective)
        self.radius = FIRST_RADIUS * _size(here)
        self._lengths, self._gradients = np.ones((2, WINDOW + 1, runs))

    def step(self) -> None:
        """One step of every run that is under way."""
        rows = np.flatnonzero(self.active)
        rows = rows[~self.goes_to_zero(rows)]
        here, terrain = self.here.take(rows), self.terrain.take(rows)
        radius = self.radius[rows]
        part, inside = solve(here.values, here.slope, radius, here.value_rounding)
        trial = terrain.reached(here, here.theta + along(here.vectors, part))
        if self._smooth:
            trial = _brought_back(terrain, here, part, trial)
        there = terrain.look(trial)
        promised = promise(here, along(here.vectors, part))
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

    def goes_to_zero(self, rows: Rows) -> Mask:
        """Find the runs whose J goes to 0 as their last layer grows, (rows,)."""
        theta = self.here.theta[rows]
        last = np.zeros_like(theta)
        network = self.terrain.objective.network
        network.layers(last)[-1][...] = network.layers(theta)[-1]
        found = ~self.terrain.take(rows).pulls_back(last)
        found[found] = goes_to_zero(self.terrain.objective, theta[found])
        self.certain[rows[found]] = True
        self._off(rows[found], last[found])
        return found

    def _off(self, rows: Rows, outward: Array) -> None:
        self.runs_off[rows], self.active[rows], self.outward[rows] = True, False, outward


def goes_to_zero(objective: Penalized, theta: Array) -> Mask:
    """Whether every example's loss falls, as the last layer of theta (runs, parameters) grows, to 0 and not before infinity."""
    if not objective.n_examples or not len(theta):
        return np.zeros(len(theta), dtype=np.bool_)
    network, Y = objective.network, objective.train.Y
    with np.errstate(all="ignore"):
        z = network.preactivation(theta, objective.train.X)
        found = np.asarray((network.loss.value(GROWN[-1] * z, Y, network.unit) == 0.0).all(axis=-1))
        if found.any():
            found[found] = _falls_to_zero(network, z[found], Y)
    return found


def _falls_to_zero(network: Network, z: Array, Y: Array) -> Mask:
    """Whether no example's loss rises, nor is 0 too soon, as z (runs, outputs, examples) grows."""
    largest = np.abs(z).max(axis=-2, keepdims=True)
    losses = [network.loss.value(times * z, Y, network.unit) for times in GROWN]
    rounding = [8.0 * EPS * times * largest[:, 0] for times in GROWN[:-1]]
    falls = [after <= before + slack for before, after, slack in zip(losses, losses[1:], rounding, strict=False)]
    early = network.loss.value(TAKEN * z / largest, Y, network.unit)
    return np.asarray(np.all(falls, axis=(0, 2)) & ((early > 0.0) & (largest[:, 0] > 0.0)).all(axis=-1))


def _falls_on(terrain: Terrain, here: Local, taken: Array) -> Mask:
    """Whether J goes on falling, and flattens, as the step taken is repeated."""
    J = terrain.values_along(here.theta, taken, BEYOND)
    flatter = norm(terrain.gradient(here.theta + BEYOND[1] * taken)) < 0.5 * here.gradient_norm
    never_rises = (here.J[:, None] + here.J_rounding[:, None] >= J).all(axis=1)
    return never_rises & (J[:, -1] < here.J - here.J_rounding) & flatter


def _brought_back(terrain: Terrain, here: Local, part: Array, trial: Array) -> Array:
    """The end of each step, moved back into the valley that it left along a tangent, where J is lower there.

    Args:
        terrain: what is minimized.
        here: where the runs are.
        part: (runs, parameters), the step in the eigenbasis.
        trial: (runs, parameters), where it leads.
    """
    J = terrain.value(trial)
    expected = here.J - promise(here, along(here.vectors, part))
    rows = np.flatnonzero(~(expected + TANGENT * (here.J - expected) + here.J_rounding >= J))
    if not len(rows):
        return trial
    here, some, part = here.take(rows), terrain.take(rows), part[rows]
    along_step = np.vecdot(part, here.values * part) / np.maximum(np.vecdot(part, part), 1e-300)
    steep = here.values > np.maximum(STEEP * along_step, 1e-9 * here.values[:, -1])[:, None]
    moved, model = trial[rows].copy(), here.slope + here.values * part
    for _ in range(CORRECTIONS):
        excess = np.matmul(some.gradient(moved)[:, None, :], here.vectors)[:, 0] - model
        back = np.divide(excess, here.values, out=np.zeros_like(excess), where=steep)
        moved = some.reached(here, moved - along(here.vectors, back))
        lower = some.value(moved)
        better = lower < J[rows]
        trial[rows[better]], J[rows[better]] = moved[better], lower[better]
    return trial


def along(vectors: Array, part: Array) -> Array:
    """The sum of the eigenvectors (runs, parameters, parameters) times `part` (runs, parameters)."""
    return np.matmul(vectors, part[:, :, None])[:, :, 0]


def promise(here: Local, taken: Array) -> Array:
    """By how much the quadratic model falls over a step (runs, parameters), (runs,)."""
    part = np.matmul(taken[:, None, :], here.vectors)[:, 0]
    return -(np.vecdot(here.slope, part) + 0.5 * np.vecdot(part, here.values * part))


def _size(here: Local) -> Array:
    return np.maximum(norm(here.theta), 1.0)
