"""Is there a minimum to reach from here, or does J go on falling as the weights grow for ever?

J + (mu / 2) |theta|^2 has a minimum for every mu > 0. Its minima theta(mu), followed from a run's endpoint as mu falls to 0 by
factors of 10, are its *ridge path*, on which J falls and theta grows. How the length of the steps from one mu to the next
changes tells where the path leads:

    to a minimum that curves upward    each step is a tenth of the one before
    to a minimum like t^4, t^8         .46 and .72 of it; in general 10^(-1 / (p - 1)) for t^p
    to a flat set                      a tenth, towards the point of the set that is nearest to 0
    to infinity                        steps of one length where J falls like exp(-t), longer and longer ones where it falls
                                       like a power of t, and shorter by less than a tenth where it falls like exp(-t^2)

So nothing has to be known of the direction in which a run leaves, and a valley may bend as it likes. A path that ends lower
than a run at rest could get has left the run's place, over ground no higher than the penalty; it is then begun nearer.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints.local import Local, Terrain, norm
from nnexp.optima.endpoints.walk import Walk

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST, STARTS = 1e-13, (1e-5, 1e-7, 1e-8, 1e-9)
"""The mu at which a path ends, and those at which it begins, in units of the greatest curvature."""

STEPS, TRACK, LOST = 300, 0.03, 0.1
"""Newton steps for each mu; the share of the penalty's pull that may be left of the gradient, and with which a path is lost."""

FAR = 1e-10
"""A path that is lost before this mu tells nothing."""

CONVERGES, RUNS_OFF = 0.75, 0.85
"""A step so many times as long as the one before is one to a minimum, and one to infinity."""

RATIOS, STILL = 3, 1e-6
"""How many of the last ratios have to agree; steps shorter than this share of the length of theta are none."""

GROWTH = 1e-3
"""By what share of its length theta has to grow meanwhile."""

ELSEWHERE = 10.0
"""How many times as much as its gradient promises, over the length of theta, a path may gain on a run at rest."""


@dataclass(frozen=True)
class Ridge(Terrain):
    """J + (mu / 2) |theta|^2, all parameters penalized.

    mu: (runs,).
    """

    mu: Array

    def take(self, rows: Mask | NDArray[np.int64]) -> Ridge:
        return Ridge(self.objective, self.l2[rows], self.l1[rows], self.mu[rows])

    def value(self, theta: Array) -> Array:
        return super().value(theta) + self._penalty(theta)

    def gradient(self, theta: Array) -> Array:
        return super().gradient(theta) + self.mu[:, None] * theta

    def seen(self, theta: Array, gradient: Array, hessian: Array) -> tuple[Array, Array]:
        gradient, hessian = super().seen(theta, gradient, hessian)
        np.einsum("rii->ri", hessian)[...] += self.mu[:, None]
        return gradient + self.mu[:, None] * theta, hessian

    def look(self, theta: Array) -> Local:
        there = super().look(theta)
        there.J += self._penalty(theta)
        return there

    def pulls_back(self, direction: Array) -> Mask:
        return np.ones(len(direction), dtype=np.bool_)

    def _penalty(self, theta: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(0.5 * self.mu * np.vecdot(theta, theta))


@dataclass(frozen=True)
class Path:
    """Where the ridge paths of a stack of runs lead; a run of which neither is known has False in both.

    converges, runs_off: (runs,).
    theta: (runs, parameters), the end of each.
    J: (runs,), there.
    """

    converges: Mask
    runs_off: Mask
    theta: Array
    J: Array


@np.errstate(all="ignore")
def follow(terrain: Terrain, here: Local, at_rest: Mask) -> Path:
    """The ridge path of each run.

    Args:
        terrain: what is minimized.
        here: where the runs are.
        at_rest: (runs,), whether the gradient is down to rounding there.
    """
    converges, runs_off = np.zeros((2, len(here.J)), dtype=np.bool_)
    found = Path(converges, runs_off, here.theta.copy(), here.J.copy())
    for start in STARTS:
        rows = np.flatnonzero(~converges & ~runs_off)
        if not len(rows):
            break
        some, now = terrain.take(rows), here.take(rows)
        stages, last, mu = _stages(some, now, start)
        theta = stages[last, np.arange(len(rows))]
        J = some.value(theta)
        stays = _stays(now, theta, J, mu, at_rest[rows])
        found.theta[rows[stays]], found.J[rows[stays]] = theta[stays], J[stays]
        converges[rows], runs_off[rows] = (stays & kind for kind in _kinds(stages, last))
    return found


def _stays(here: Local, theta: Array, J: Array, mu: Array, at_rest: Mask) -> Mask:
    """Whether each path, which ends at theta (runs, parameters), is that of the run's own place."""
    gain = ELSEWHERE * (here.gradient_norm + here.gradient_rounding) * np.maximum(norm(theta), norm(here.theta))
    price = 0.5 * mu * np.vecdot(here.theta, here.theta)
    below, above = here.J - gain - here.J_rounding, here.J + price + here.J_rounding
    return (above >= J) & (~at_rest | (below <= J))


def _stages(terrain: Terrain, here: Local, start: float) -> tuple[Array, NDArray[np.int64], Array]:
    """theta(mu), (stages, runs, parameters), and of each run the last stage at which it is known, and the mu there.

    mu falls by factors of 10 from `start` to LEAST, in units of the greatest curvature.
    """
    shares = np.geomspace(start, LEAST, 1 + round(np.log10(start / LEAST)))
    greatest, theta = np.abs(here.values).max(axis=1), here.theta
    stages, last = [], np.full(len(theta), -1)
    for stage, share in enumerate(shares):
        ridge = Ridge(terrain.objective, terrain.l2, terrain.l1, share * greatest)
        walk = Walk(ridge, ridge.look(theta))
        for _ in range(STEPS):
            walk.active &= _left(walk, ridge) > TRACK
            if not walk.active.any():
                break
            walk.step()
        last[(_left(walk, ridge) <= LOST) & (last == stage - 1)] = stage
        theta = walk.here.theta.copy()
        stages.append(theta)
    return np.array(stages), np.where(shares[last] <= FAR, last, 0), shares[last] * greatest


def _left(walk: Walk, ridge: Ridge) -> Array:
    """What share of the penalty's pull is left of each run's gradient."""
    pull = ridge.mu * norm(walk.here.theta)
    return np.divide(walk.here.gradient_norm, pull, out=np.zeros_like(pull), where=walk.here.gradient_norm > 0.0)


def _kinds(stages: Array, last: NDArray[np.int64]) -> tuple[Mask, Mask]:
    """Whether each path converges, and whether it runs off, by its stages up to the `last` (runs,)."""
    lengths = np.array([norm(after - before) for before, after in itertools.pairwise(stages)])
    known, runs = last > RATIOS, np.arange(len(last))
    steps = [lengths[np.where(known, last - 1 - back, 0), runs] for back in range(RATIOS + 1)]
    ratios = np.array([after / np.maximum(before, 1e-300) for after, before in itertools.pairwise(steps)])
    still = np.array(steps[:-1]) <= STILL * np.maximum(norm(stages[last, runs]), 1.0)
    grows = norm(stages[last, runs]) > (1.0 + GROWTH) * norm(stages[np.maximum(last - RATIOS, 0), runs])
    converges = known & ((ratios <= CONVERGES) | still).all(axis=0)
    return converges, known & (ratios >= RUNS_OFF).all(axis=0) & grows & ~converges
