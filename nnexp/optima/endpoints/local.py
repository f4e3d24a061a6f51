"""How do J, its gradient and its curvature lie at a point, and which of their digits can be trusted?

A `Local` holds a stack of points with what a Newton step or a verdict needs: the gradient in the eigenbasis of the Hessian,
and the size that rounding alone may give to each number. With eps = 2^-52, H = V diag(values) V^T, P parameters:

    of J              32 eps (|J| + terms) + (32 eps |theta|)^2 |H|    terms: P without data, where J is a difference, or 0
    of the gradient   32 eps (|H| |theta| + sqrt(2 J tr|H|))
    of an eigenvalue  32 eps sqrt(P) |H|

The first holds what rounding does to a perfect fit, the second what rounding theta does, and the sum over examples: for
squared loss g = 2 mean(r dz), J = mean(r^2) and H = 2 mean(dz dz^T), so mean|r dz| is at most sqrt(J tr H / 2) (Cauchy and
Schwarz). |H| is the greatest |eigenvalue|.

Under l1 a coordinate at 0 whose pull is weaker than l1 is *held*: J rises to both sides of it. The gradient is then the
pseudo-gradient, the steepest way down there is (Andrew & Gao 2007, "Scalable Training of L1-Regularized Log-Linear Models"),
and the Hessian that of the other coordinates; a held one has an eigenvalue of 0 and no slope.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

EPS = float(np.finfo(np.float64).eps)
FLOATS_PER_BLOCK = 2**22
BARELY = 1e-6
"""A direction of which a smaller share is penalized counts as unpenalized."""


@dataclass
class Local:
    """Points and how J lies there, all of them arrays over runs.

    theta, gradient: (runs, parameters).
    J: (runs,).
    values: (runs, parameters), the Hessian's eigenvalues, ascending.
    vectors: (runs, parameters, parameters), its eigenvectors as columns.
    slope: (runs, parameters), the gradient's part along each of them; what is below its rounding is 0.
    J_rounding, gradient_rounding, value_rounding: (runs,), see the module.
    """

    theta: Array
    J: Array
    gradient: Array
    values: Array
    vectors: Array
    slope: Array
    J_rounding: Array
    gradient_rounding: Array
    value_rounding: Array

    def take(self, rows: Mask | NDArray[np.int64] | slice) -> Local:
        """These rows, copied."""
        return Local(*(getattr(self, f.name)[rows] for f in fields(self)))

    def put(self, rows: Mask | NDArray[np.int64], other: Local) -> None:
        """Write the rows of another over these."""
        for f in fields(self):
            getattr(self, f.name)[rows] = getattr(other, f.name)

    @property
    def gradient_norm(self) -> Array:
        """(runs,)."""
        return norm(self.gradient)


@dataclass(frozen=True)
class Terrain:
    """What is minimized, run by run: the objective with each run's own penalties.

    l2, l1: (runs,).
    """

    objective: Penalized
    l2: Array
    l1: Array

    def take(self, rows: Mask | NDArray[np.int64]) -> Terrain:
        """That of these runs."""
        return Terrain(self.objective, self.l2[rows], self.l1[rows])

    def value(self, theta: Array) -> Array:
        """J, (runs,); not a number where theta is none."""
        with np.errstate(all="ignore"):
            return self.objective.value(theta, self.l2, self.l1)

    def gradient(self, theta: Array) -> Array:
        """The gradient, (runs, parameters), under l1 the pseudo-gradient."""
        with np.errstate(all="ignore"):
            return self._eased(theta, self.objective.gradient(theta, self.l2, self.l1))

    def values_along(self, theta: Array, direction: Array, distances: Array) -> Array:
        """J at theta + distance * direction, (runs, distances), for theta and direction (runs, parameters)."""
        columns = [
            self.value(theta + t[:, None] * direction)
            for t in np.broadcast_to(distances, (len(theta), *np.shape(distances)[-1:])).T
        ]
        return np.stack(columns, axis=1)

    def look(self, theta: Array) -> Local:
        """How J lies at theta (runs, parameters)."""
        with np.errstate(all="ignore"):
            there = self.objective.derivatives(theta, self.l2, self.l1)
            gradient, hessian = self.seen(theta, there.gradient, there.hessian)
        finite = np.isfinite(there.value) & np.isfinite(hessian).all(axis=(1, 2)) & np.isfinite(gradient).all(axis=1)
        hessian[~finite] = 0.0
        values, vectors = np.linalg.eigh(hessian)
        return self._local(theta, np.where(finite, there.value, np.inf), gradient, values, vectors)

    def _local(self, theta: Array, J: Array, gradient: Array, values: Array, vectors: Array) -> Local:
        greatest, P = np.abs(values).max(axis=1), theta.shape[1]
        terms = 0.0 if self.objective.n_examples else float(P)
        with np.errstate(all="ignore"):
            spread = np.sqrt(2.0 * np.abs(J) * np.abs(values).sum(axis=1))
            floor = 32.0 * EPS * (greatest * norm(theta) + spread)
            slope = np.matmul(gradient[:, None, :], vectors)[:, 0]
        slope[np.abs(slope) <= 0.1 * floor[:, None] / np.sqrt(P)] = 0.0
        J_floor = 32.0 * EPS * (np.abs(J) + terms) + (32.0 * EPS * norm(theta)) ** 2 * greatest
        value_floor = 32.0 * EPS * np.sqrt(P) * greatest
        return Local(theta.copy(), J, gradient, values, vectors, slope, J_floor, floor, value_floor)

    def seen(self, theta: Array, gradient: Array, hessian: Array) -> tuple[Array, Array]:
        """The gradient and the Hessian without what cannot be followed."""
        held = self.held(theta, gradient)
        if held.any():
            hessian *= ~held[:, :, None]
            hessian *= ~held[:, None, :]
        return self._eased(theta, gradient), hessian

    def pulls_back(self, direction: Array) -> Mask:
        """Whether a penalty grows without bound along each direction (runs, parameters), so that no minimum is at its end."""
        pulled = norm(direction * self.objective.is_penalized()) > BARELY * norm(direction)
        return pulled & ((self.l2 > 0.0) | (self.l1 > 0.0))

    def held(self, theta: Array, gradient: Array) -> Mask:
        """(runs, parameters), True where l1 holds a coordinate at 0; the gradient is that of the rest of J there."""
        return self._at_crease(theta) & (np.abs(gradient) <= self.l1[:, None])

    def held_at(self, theta: Array) -> Mask:
        """(runs, parameters), True where l1 holds a coordinate of theta at 0."""
        if not self.l1.any():
            return np.zeros(theta.shape, dtype=np.bool_)
        with np.errstate(all="ignore"):
            return self.held(theta, self.objective.gradient(theta, self.l2, self.l1))

    def _at_crease(self, theta: Array) -> Mask:
        return (theta == 0.0) & self.objective.is_penalized() & (self.l1[:, None] > 0.0)

    def _eased(self, theta: Array, gradient: Array) -> Array:
        """The steepest way down where l1 has a kink; the gradient everywhere else."""
        if not self.l1.any():
            return gradient
        eased = np.sign(gradient) * np.maximum(np.abs(gradient) - self.l1[:, None], 0.0)
        return np.where(self._at_crease(theta), eased, gradient)

    def reached(self, here: Local, theta: Array) -> Array:
        """Where a step from `here` to theta leads: every coordinate that l1 would see change sign on the way is left at 0."""
        if not self.l1.any():
            return theta
        side = np.where(here.theta == 0.0, -np.sign(here.gradient), np.sign(here.theta))
        pulled = self.objective.is_penalized() & (self.l1[:, None] > 0.0)
        return np.where(pulled & (np.sign(theta) != side), 0.0, theta)


def norm(rows: Array) -> Array:
    """The length of each row, (runs,), of (runs, parameters)."""
    return np.sqrt(np.vecdot(rows, rows))


def blocks(runs: int, parameters: int) -> list[slice]:
    """The runs in blocks whose Hessians fit into memory together."""
    size = max(1, FLOATS_PER_BLOCK // (4 * parameters * parameters))
    return [slice(start, start + size) for start in range(0, runs, size)]
