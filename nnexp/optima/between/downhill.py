"""Where does one get by walking straight downhill from a point?

Along d theta/d time = -gradient, followed by steps that are exact where J is a quadratic (Page & McIver 1988, "On evaluating
the reaction path Hamiltonian"): in the eigenbasis of the Hessian, with slope c and curvature v along an eigenvector,

    step = -c (1 - exp(-v time)) / v        gradient after it = c exp(-v time)

A step is taken if J falls and the gradient after it is as foretold, but for NEARLY of its length before. The next lasts as long
as one may whose gradient is to be off by AIM, if that grows with the square of the time. Near a minimum times grow without
bound, and the step becomes Newton's. A walk that comes to rest on a saddle, which symmetry can force, is nudged down the
steepest of its ways and goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.between.blocks import Penalty, each, in_memory
from nnexp.optima.endpoints.local import Local, Terrain, norm

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_STEPS = 500
NEARLY, AIM = 0.3, 0.15
LONGEST, SHORTEST = 4.0, 0.2
"""How many times as long as the last a step may last, at most and at least."""
MOST_GROWTH = 3.0
"""A step lasts so long that what grows exponentially grows at most e^3-fold."""
AT_REST = 100.0
"""A gradient of so many times its rounding, which no step makes any smaller, is as small as it gets."""
NUDGE = 1e-3
DOUBT = 10.0


@dataclass(frozen=True)
class Arrived:
    """Where walks ended, all of them arrays over walks.

    there: how J lies there.
    at_rest: (walks,), whether the gradient is down to rounding and nothing is known to lead down: a minimum, if perhaps flat.
    is_strict: (walks,), whether, further, every eigenvalue is certain to be positive.
    steps: (walks,), tried on the way.
    nudges: (walks,), how often the walk had to be nudged off a saddle.
    """

    there: Local
    at_rest: Mask
    is_strict: Mask
    steps: NDArray[np.int64]
    nudges: NDArray[np.int64]

    @property
    def theta(self) -> Array:
        """(walks, parameters)."""
        return self.there.theta


@np.errstate(under="ignore")
def downhill(
    objective: Penalized, theta: Array, l2: Penalty = 0.0, l1: Penalty = 0.0, most_steps: int = MOST_STEPS
) -> Arrived:
    """Where one gets by walking downhill from each theta.

    Args:
        objective: gives J.
        theta: (walks, parameters).
        l2: a number, or (walks,).
        l1: likewise.
        most_steps: to be tried, for each walk.
    """
    walks = stepped(_Walk, Terrain(objective, each(l2, len(theta)), each(l1, len(theta))), theta, most_steps)
    there = joined([walk.here for walk in walks])
    least, certain = there.values.min(axis=1, initial=np.inf), certainty(there)
    at_rest = resting(there) & (least >= -certain)
    counts = (np.concatenate([getattr(walk, name) for walk in walks]) for name in ("steps", "nudges"))
    return Arrived(there, at_rest, at_rest & (least > certain), *counts)


class Moving(Protocol):
    """Points on their way, which try one step at a time until none of them is left to move."""

    def step(self) -> bool:
        """Try a step; says whether there was one to try."""


M = TypeVar("M", bound=Moving)


def stepped(kind: Callable[[Terrain, Array], M], terrain: Terrain, theta: Array, most_steps: int) -> list[M]:
    """Points moved from theta (points, parameters) until they rest or so many steps were tried, in parts that fit in memory."""
    parts = in_memory(len(theta), 4 * theta.shape[1] ** 2)
    moving = [kind(terrain.take(np.arange(part.start, part.stop)), theta[part]) for part in parts]
    for each_part in moving:
        for _ in range(most_steps):
            if not each_part.step():
                break
    return moving


def nudged(terrain: Terrain, here: Local, which: int) -> Local:
    """How J lies a little way off from where points rest, along their eigenvector of this number."""
    size = NUDGE * np.maximum(1.0, norm(here.theta))
    return terrain.look(here.theta + size[:, None] * here.vectors[:, :, which])


def resting(here: Local) -> Mask:
    """Whether the gradient is nothing but rounding, as far as steps could make it."""
    return here.gradient_norm <= AT_REST * here.gradient_rounding


def certainty(here: Local) -> Array:
    """The size, (points,), from which on an eigenvalue v at a point at rest has the sign it has at the stationary point itself.

    That point lies about |gradient| / |v| away, and curvature changes by some |H| over a length of 1: v has to exceed its own
    rounding, and DOUBT times |H| |gradient| / |v|. A net with a unit that does nothing comes to rest at eigenvalues that shrink
    as slowly as the way that is left; none of them is certain.
    """
    greatest = np.abs(here.values).max(axis=1, initial=0.0)
    gradient = np.maximum(here.gradient_norm, here.gradient_rounding)
    return np.maximum(here.value_rounding, np.sqrt(DOUBT * greatest * gradient))


def joined(parts: list[Local]) -> Local:
    """Several stacks as one."""
    return Local(*(np.concatenate([getattr(part, name) for part in parts]) for name in Local.__dataclass_fields__))


class _Walk:
    """Walks under way.

    Args:
        terrain: what they walk on.
        theta: (walks, parameters), where they start.
    """

    def __init__(self, terrain: Terrain, theta: Array) -> None:
        self.terrain, self.here = terrain, terrain.look(theta)
        self.steps, self.nudges = np.zeros((2, len(theta)), dtype=np.int64)
        self._time = 0.1 / np.maximum(np.abs(self.here.values).max(axis=1, initial=0.0), 1e-300)
        self._active = np.isfinite(self.here.J)

    def step(self) -> bool:
        """Try one step of every walk that is not at rest; says whether there was one."""
        self._rest()
        rows = np.flatnonzero(self._active)
        if not len(rows):
            return False
        here, terrain = self.here.take(rows), self.terrain.take(rows)
        time = np.minimum(self._time[rows], MOST_GROWTH / np.maximum(-here.values[:, 0], 1e-300))
        step, after = _flow(here, time)
        there = terrain.look(here.theta + np.matmul(here.vectors, step[:, :, None])[:, :, 0])
        self._judge(rows, here, there, time, after)
        self.steps[rows] += 1
        return True

    def _judge(self, rows: NDArray[np.int64], here: Local, there: Local, time: Array, after: Array) -> None:
        """Take the steps that went as foretold, and say how long the next may last."""
        foretold = np.matmul(here.vectors, after[:, :, None])[:, :, 0]
        with np.errstate(all="ignore"):
            off = np.linalg.norm(there.gradient - foretold, axis=1) / here.gradient_norm
            factor = np.clip(np.sqrt(AIM / np.where(np.isfinite(off), off, np.inf)), SHORTEST, LONGEST)
        risen = there.J - here.J
        good = (risen <= here.J_rounding) & (off <= NEARLY)
        self.here.put(rows[good], there.take(good))
        factor = np.where(good, factor, np.minimum(factor, 0.5))
        with np.errstate(over="ignore"):
            self._time[rows] = np.minimum(time * factor, 1e300)
        self._active[rows[resting(here) & (~good | ~(there.gradient_norm < 0.5 * here.gradient_norm))]] = False

    def _rest(self) -> None:
        """Let those rest whose gradient is down to rounding, and nudge those that rest on a saddle."""
        small = self._active & (self.here.gradient_norm <= self.here.gradient_rounding)
        self._active &= ~small
        rows = np.flatnonzero(small & (self.here.values[:, 0] < -certainty(self.here)))
        if len(rows):
            here = self.here.take(rows)
            self.here.put(rows, nudged(self.terrain.take(rows), here, 0))
            self.nudges[rows] += 1
            self._time[rows] = 0.1 / np.abs(here.values).max(axis=1)
            self._active[rows] = self.nudges[rows] <= self.here.theta.shape[1]


def _flow(here: Local, time: Array) -> tuple[Array, Array]:
    """The step of this time and the slope after it, both (walks, parameters) in the eigenbasis."""
    with np.errstate(all="ignore"):
        exponent = np.clip(here.values * time[:, None], -MOST_GROWTH, 700.0)
        slow = np.abs(exponent) < 1e-12
        duration = np.where(slow, time[:, None], -np.expm1(-exponent) / np.where(slow, 1.0, here.values))
        return -here.slope * duration, here.slope * np.exp(-exponent)
