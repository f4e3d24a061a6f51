"""How does a way down go on where it meets a crease of J?

A walk that meets creases comes to a halt at them (see `creases`): Newton's model ends there. Here the halted runs go on
along the creases they lie on, in rounds: each takes the creases next to it, is moved onto them, and walks on within them.
Those of the first hidden layer are flat, z being linear in theta; on those of later layers each step is brought back, and
their own bending counts in the Hessian. A run that comes to rest within its creases either stays, held by all of them, or
leaves those off which J falls, and the rounds go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.endpoints.creases import (
    Crease,
    balance,
    creased,
    creased_at_output,
    flattened,
    pressed,
    sheet,
    within,
)
from nnexp.optima.endpoints.local import Local, Terrain, norm
from nnexp.optima.endpoints.settle import settle
from nnexp.optima.endpoints.walk import AT_REST, Walk

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

MOST_ROUNDS, STEPS = 40, 60
BESIDE = 1e-8
"""A crease no further than this share of the length of theta is one that the run lies on."""

SLACK = 10.0
"""How many times as much as a gradient at rest the gradients around creases may leave over."""

DISTANCES = np.geomspace(1e-9, 1e-1, 25)


@dataclass(frozen=True)
class Folded(Terrain):
    """The terrain seen by runs that keep to their creases.

    onto: (runs, parameters, parameters), the projection onto the directions within them, where the round began.
    curved: of each run the creases, where some are of later layers: within those a step leads off them, and is brought back.
    """

    onto: Array
    curved: list[list[Crease]]

    def take(self, rows: Rows | NDArray[np.bool_]) -> Folded:
        curved = [self.curved[i] for i in np.arange(len(self.curved))[rows]]
        return Folded(self.objective, self.l2[rows], self.l1[rows], self.onto[rows], curved)

    def along(self, vectors: Array) -> Array:
        """What of vectors (runs, parameters) keeps to the creases."""
        return np.matmul(vectors[:, None, :], self.onto)[:, 0]

    def reached(self, here: Local, theta: Array) -> Array:
        reached = here.theta + self.along(super().reached(here, theta) - here.theta)
        for i, creases in enumerate(self.curved):
            if creases:
                onto = within(self.objective, here.theta[i], creases)
                reached[i] = here.theta[i] + onto @ (theta[i] - here.theta[i])
                reached[i] = flattened(self.objective, reached[i], creases)
        return reached

    def gradient(self, theta: Array) -> Array:
        return self.along(super().gradient(theta))

    def seen(self, theta: Array, gradient: Array, hessian: Array) -> tuple[Array, Array]:
        gradient, hessian = super().seen(theta, gradient, hessian)
        onto = self.onto.copy()
        for i, creases in enumerate(self.curved):
            if creases and np.isfinite(theta[i]).all():
                onto[i] = within(self.objective, theta[i], creases)
                hessian[i] -= pressed(sheet(self.objective, theta[i]), creases, gradient[i])
        hessian = np.matmul(np.matmul(onto, hessian), onto)
        return np.matmul(gradient[:, None, :], onto)[:, 0], 0.5 * (hessian + hessian.transpose(0, 2, 1))


@dataclass
class Fold:
    """One run on its creases.

    theta: (parameters,).
    creases: those it keeps to.
    barred: those that it has just left.
    J: that of the round before.
    stalled: how many rounds it has not got on.
    over: whether it stays where it is.
    """

    theta: Array
    creases: list[Crease]
    barred: list[Crease] = field(default_factory=list)
    J: float = np.inf
    stalled: int = 0
    over: bool = False


@dataclass(frozen=True)
class Folds:
    """Where runs came to on their creases: arrays over runs.

    here: how J lies there, as seen from within the creases.
    steps: how many steps they took.
    creases: how many creases they lie on.
    runs_off, outward: as `Walk` has them.
    """

    here: Local
    steps: Rows
    creases: Rows
    runs_off: NDArray[np.bool_]
    outward: Array


def fold(terrain: Terrain, here: Local, rows: Rows) -> Folds:
    """Take these runs on from where they halted."""
    folds = [Fold(here.theta[row].copy(), []) for row in rows]
    found, steps = here.take(rows), np.zeros(len(rows), dtype=np.int64)
    off, outward = np.zeros(len(rows), dtype=np.bool_), np.zeros_like(found.theta)
    for _ in range(MOST_ROUNDS):
        going = np.array([i for i, one in enumerate(folds) if not one.over], dtype=np.int64)
        if not len(going):
            break
        some = [folds[i] for i in going]
        walk = _round(terrain.take(rows[going]), some)
        found.put(going, walk.here)
        steps[going] += walk.steps
        off[going], outward[going] = walk.runs_off, walk.outward
        _conclude_all(terrain.take(rows[going]), some, walk)
    return Folds(found, steps, np.array([len(one.creases) for one in folds], dtype=np.int64), off, outward)


def _conclude_all(terrain: Terrain, folds: list[Fold], walk: Walk) -> None:
    rest = walk.here.gradient_norm <= AT_REST * walk.here.gradient_rounding
    for i, one in enumerate(folds):
        row = np.array([i])
        _conclude(terrain.take(row), one, walk.here.take(row), bool(rest[i]))
        one.over |= bool(walk.runs_off[i])


def lies_on(objective: Penalized, theta: Array) -> list[Crease]:
    """The creases that theta (parameters,) lies on."""
    return sheet(objective, theta).within(BESIDE * max(float(np.linalg.norm(theta)), 1.0))


def touches(objective: Penalized, theta: Array) -> bool:
    """Whether J's curvature jumps at theta (parameters,): some z is 0, taken from or not, or the output has its crease."""
    reach = BESIDE * max(float(np.linalg.norm(theta)), 1.0)
    if creased_at_output(objective, theta, reach):
        return True
    return creased(objective) and bool(sheet(objective, theta).within(reach, -1.0))


def within_creases(terrain: Terrain, theta: Array) -> Local:
    """How J lies at theta (parameters,), as seen from within the creases that it lies on."""
    creases = lies_on(terrain.objective, theta)
    onto = within(terrain.objective, theta, creases) if creases else np.eye(len(theta))
    return Folded(terrain.objective, terrain.l2, terrain.l1, onto[None], [creases]).look(theta[None])


def _round(terrain: Terrain, folds: list[Fold]) -> Walk:
    """Put runs on the creases beside them and let them walk on."""
    onto = np.array([_settle_on_creases(terrain.objective, one) for one in folds])
    curved = [one.creases if any(place for place, _, _ in one.creases) else [] for one in folds]
    folded = Folded(terrain.objective, terrain.l2, terrain.l1, onto, curved)
    walk = Walk(folded, folded.look(np.array([one.theta for one in folds])))
    for _ in range(STEPS):
        if not walk.active.any():
            break
        walk.step()
    settle(folded, walk, np.flatnonzero(~walk.runs_off), patient=True)
    return walk


def _settle_on_creases(objective: Penalized, one: Fold) -> Array:
    """The projection (parameters, parameters) onto the creases beside the run, which is moved onto them."""
    one.creases = [crease for crease in lies_on(objective, one.theta) if crease not in one.barred]
    if not one.creases:
        return np.eye(len(one.theta))
    one.theta = flattened(objective, one.theta, one.creases)
    return within(objective, one.theta, one.creases)


def _conclude(terrain: Terrain, one: Fold, here: Local, at_rest: bool) -> None:
    """What a run does after a round: stay for good, leave a crease, or go on."""
    one.theta, one.barred = here.theta[0], []
    one.stalled = 0 if here.J[0] < one.J - here.J_rounding[0] else one.stalled + 1
    one.J = float(here.J[0])
    if at_rest:
        one.creases = [crease for crease in one.creases if crease in lies_on(terrain.objective, one.theta)]
        one.over = not one.creases or not _leaves(terrain, one, here)
    elif one.stalled > 2:
        one.over = True


def _leaves(terrain: Terrain, one: Fold, here: Local) -> bool:
    """Whether the run could leave one of its creases downward; it is moved off it then."""
    there = sheet(terrain.objective, one.theta)
    found = balance(there, terrain.gradient(here.theta)[0], one.creases)
    if found.rest <= SLACK * AT_REST * here.gradient_rounding[0]:
        return False
    size = max(float(norm(here.theta)[0]), 1.0)
    J = terrain.values_along(here.theta, found.escape[None], size * DISTANCES)[0]
    best = int(np.argmin(J))
    if not J[best] < here.J[0] - here.J_rounding[0]:
        return False
    one.theta = one.theta + size * DISTANCES[best] * found.escape
    one.barred = [crease for crease in one.creases if crease not in found.kept]
    return True
