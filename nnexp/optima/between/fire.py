"""Which way is a band pulled, and how does it come to rest?

The forces on its images are those of `band`. They are followed by FIRE (Bitzek et al. 2006, "Structural relaxation made
simple"), a descent with a momentum that is turned towards the force, and dropped as soon as it leads uphill. Time goes by in
steps that grow as long as all goes well, up to one over the root of the greatest curvature. Every band has its own time and
momentum, so its numbers do not depend on its neighbors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.between.blocks import heights, in_memory, slopes
from nnexp.optima.endpoints.local import norm

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

STILL = 0.05
"""A band is at rest when no force on it exceeds this share of its mean slope, from lowest to highest, over its length."""
SPRING = 0.25
"""The springs' stiffness, as a share of the greatest curvature: with 4 times it, they would be as stiff as J is."""
FASTER, SLOWER, LESS_MIXED, MIXED, PATIENCE = 1.1, 0.5, 0.99, 0.1, 5
"""FIRE's own constants, as published."""
FURTHEST = 0.5
"""The farthest that an image moves in a step, as a share of the distance between images at the start."""
TINY = 1e-300


class Fire:
    """Bands on their way down.

    Args:
        objective: gives J.
        theta: (bands, images, parameters), moved in place.
        l2, l1: (bands,).
    """

    def __init__(self, objective: Penalized, theta: Array, l2: Array, l1: Array) -> None:
        self.objective, self.theta, self.l2, self.l1 = objective, theta, l2, l1
        count = len(theta)
        self.force, self.steps = np.full(count, np.inf), np.zeros(count, dtype=np.int64)
        curvature = self._curvature()
        self._spring, self._longest = SPRING * curvature, 1.0 / np.sqrt(curvature)
        self._time, self._mixed = 0.3 * self._longest, np.full(count, MIXED)
        self._downhill = np.zeros(count, dtype=np.int64)
        self._speed = np.zeros(theta[:, 1:-1].shape)
        self._reach = FURTHEST * np.linalg.norm(np.diff(theta, axis=1), axis=2).mean(axis=1)
        self._still = np.zeros(count)
        ends = theta[:, [0, -1]].reshape(-1, theta.shape[2])
        self._end_slopes = norm(slopes(objective, ends, np.repeat(l2, 2), np.repeat(l1, 2))).reshape(count, 2)

    def _curvature(self) -> Array:
        """The greatest curvature, up or down, at some images of each band, (bands,)."""
        greatest = np.full(len(self.theta), TINY)
        for image in (0, self.theta.shape[1] // 2, -1):
            for part in in_memory(len(greatest), 2 * self.theta.shape[2] ** 2):
                hessian = self.objective.hessian(self.theta[part, image], self.l2[part])
                greatest[part] = np.maximum(greatest[part], np.abs(np.linalg.eigvalsh(hessian)).max(axis=1))
        return greatest

    def step(self, climbs: bool) -> bool:
        """One step of every band that is not at rest; says whether there was one."""
        rows = np.flatnonzero(~(self.force <= self._still))
        if not len(rows):
            return False
        theta = self.theta[rows]
        J, gradient = self._look(theta, rows)
        force = _force(theta, J, gradient, self._spring[rows], self._climbing(rows, J) & climbs)
        greatest = np.linalg.norm(force, axis=2).max(axis=1)
        length = np.linalg.norm(np.diff(theta, axis=1), axis=2).sum(axis=1)
        self._still[rows] = STILL * (J.max(axis=1) - J.min(axis=1)) / np.maximum(length, TINY)
        self.force[rows] = greatest if climbs else np.inf
        self._move(rows, force.reshape(len(rows), -1))
        self.steps[rows] += 1
        return True

    def _climbing(self, rows: NDArray[np.int64], J: Array) -> Mask:
        """Which bands have a pass to climb to: between images, or between the last and an end that is a minimum."""
        higher_end = J[:, [0, -1]].argmax(axis=1)
        over = J[:, 1:-1].max(axis=1) > J[:, [0, -1]].max(axis=1)
        return over | (self._end_slopes[rows, higher_end] <= self._still[rows])

    def _look(self, theta: Array, rows: NDArray[np.int64]) -> tuple[Array, Array]:
        """J (bands, images), and the gradient at the inner images."""
        count, images, parameters = theta.shape
        flat, inner = theta.reshape(-1, parameters), theta[:, 1:-1].reshape(-1, parameters)
        J = heights(self.objective, flat, np.repeat(self.l2[rows], images), np.repeat(self.l1[rows], images))
        repeated = (np.repeat(penalty[rows], images - 2) for penalty in (self.l2, self.l1))
        gradient = slopes(self.objective, inner, *repeated)
        return J.reshape(count, images), gradient.reshape(count, images - 2, parameters)

    def _move(self, rows: NDArray[np.int64], force: Array) -> None:
        """FIRE's step, for force (bands, inner images * parameters)."""
        speed = self._speed[rows].reshape(force.shape)
        downhill = np.vecdot(force, speed) > 0.0
        count = np.where(downhill, self._downhill[rows] + 1, 0)
        patient = count > PATIENCE
        time = np.where(
            downhill, np.where(patient, self._time[rows] * FASTER, self._time[rows]), self._time[rows] * SLOWER
        )
        time = np.minimum(time, self._longest[rows])
        mixed = np.where(downhill, np.where(patient, self._mixed[rows] * LESS_MIXED, self._mixed[rows]), MIXED)
        speed = np.where(downhill[:, None], speed, 0.0) + time[:, None] * force
        turned = force * (norm(speed) / np.maximum(norm(force), TINY))[:, None]
        speed += mixed[:, None] * (turned - speed)
        move = (time[:, None] * speed).reshape(len(rows), -1, self.theta.shape[2])
        longest = np.linalg.norm(move, axis=2).max(axis=1)
        share = np.minimum(1.0, self._reach[rows] / np.maximum(longest, TINY))
        self.theta[rows, 1:-1] += share[:, None, None] * move
        self._speed[rows] = (share[:, None] * speed).reshape(move.shape)
        self._time[rows], self._mixed[rows], self._downhill[rows] = time, mixed, count


def _force(theta: Array, J: Array, gradient: Array, spring: Array, climbs: Mask) -> Array:
    """The force on the inner images, (bands, images - 2, parameters)."""
    tangent, uneven = _tangents(theta, J)
    along = np.vecdot(gradient, tangent)
    pull = spring[:, None] * uneven
    bands, top = np.flatnonzero(climbs), J[climbs, 1:-1].argmax(axis=1)
    pull[bands, top] = along[bands, top]
    return (along + pull)[:, :, None] * tangent - gradient


def _tangents(theta: Array, J: Array) -> tuple[Array, Array]:
    """The tangents at the inner images (bands, images - 2, parameters), and how much farther the next is than the last."""
    pieces = np.diff(theta, axis=1)
    back, forth = pieces[:, :-1], pieces[:, 1:]
    fall, rise = np.abs(J[:, 1:-1] - J[:, :-2]), np.abs(J[:, 2:] - J[:, 1:-1])
    more, less = np.maximum(fall, rise), np.minimum(fall, rise)
    up, level = J[:, 2:] > J[:, :-2], (J[:, 2:] > J[:, 1:-1]) == (J[:, 1:-1] > J[:, :-2])
    ahead = np.where(level, up.astype(float), np.where(up, more, less))
    behind = np.where(level, 1.0 - up, np.where(up, less, more))
    mixed = ahead[:, :, None] * forth + behind[:, :, None] * back
    mixed = np.where((ahead + behind > 0.0)[:, :, None], mixed, forth + back)
    lengths = np.linalg.norm(pieces, axis=2)
    return mixed / np.maximum(np.linalg.norm(mixed, axis=2), TINY)[:, :, None], lengths[:, 1:] - lengths[:, :-1]
