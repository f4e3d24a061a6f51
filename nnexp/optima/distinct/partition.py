"""Which endpoints are one optimum?

How far apart two runs are is told by one number, their separation: the greater of their difference in J and their distance,
each in units of its tolerance. The distance is that of parameters after matching, unless both runs stand on flat ground that
the scales of units do not explain: there parameters may differ within one optimum, and the greatest difference of their guesses
on the training inputs is taken. Runs are the same up to separation 1, different beyond BORDERLINE, and reported in between.

Every run is compared with the first of each optimum. Both distances are metrics, so where nothing is borderline any two runs of
an optimum are within 2 of one another and any two of different ones beyond BORDERLINE - 2: every threshold between gives this
partition, and so do connected components.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.distinct import symmetry
from nnexp.optima.distinct.matching import match
from nnexp.optima.distinct.symmetry import Group

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]

BORDERLINE = 10.0
ZERO = 1e-8
"""The share of the greatest eigenvalue up to which another one counts as 0."""

RUNS_AT_ONCE = 256


@dataclass(frozen=True)
class Tolerances:
    """Up to where numbers of two runs count as the same.

    J: absolute, or a share of J where that is above 1.
    parameters: a share of 1 + the norm of theta.
    guesses: absolute, or a share of the largest guess where that is above 1.
    """

    J: float = 1e-8
    parameters: float = 1e-4
    guesses: float = 1e-4


@dataclass(frozen=True)
class Pair:
    """Two runs, and how far apart they are in units of the tolerance."""

    a: int
    b: int
    separation: float


@dataclass(frozen=True)
class Endpoints:
    """What is to be told apart: runs of one objective, under one penalty.

    theta: (runs, parameters).
    J: (runs,).
    penalty: l2 and l1.
    flat: (runs,), True where runs are told apart by their guesses.
    form: (runs, parameters), the canonical charts.
    """

    objective: Penalized
    group: Group
    theta: Array
    J: Array
    penalty: tuple[float, float]
    flat: Flags
    form: Array
    tolerances: Tolerances

    def guesses(self, runs: Indices) -> Array:
        """(runs, outputs * examples), on the training inputs."""
        return self.objective.guess(self.theta[runs], self.objective.train.X).reshape(len(runs), -1)

    def distances(self, run: int, others: Indices) -> tuple[Array, Array]:
        """From one run to others, (others,), and a lower bound of it where a match is not proved to be the best.

        Where the canonical forms lie within the tolerance already, their distance is given, and nothing is matched.
        """
        apart = np.linalg.norm(self.form[others] - self.form[run], axis=1)
        least, far = apart.copy(), apart > self.unit_of_parameters(run)
        if far.any():
            found = match(self.group, np.repeat(self.theta[run, None], far.sum(), axis=0), self.theta[others[far]])
            apart[far], least[far] = found.distance, found.distance - found.gap
        return apart, least

    def unit_of_J(self, run: int) -> float:
        """The difference of J up to which another run is the same as this one."""
        return self.tolerances.J * max(1.0, abs(float(self.J[run])))

    def unit_of_parameters(self, run: int) -> float:
        """The distance up to which another run is the same as this one."""
        return self.tolerances.parameters * (1.0 + float(np.linalg.norm(self.form[run])))


def endpoints(
    objective: Penalized,
    theta: Array,
    J: Array,
    penalty: tuple[float, float],
    tolerances: Tolerances,
    zeros: Indices | None,
) -> Endpoints:
    """The endpoints of these runs; `zeros` (runs,) is how many eigenvalues of each are 0, counted here unless given."""
    group = symmetry.of_objective(objective, *penalty)
    there = symmetry.canonical_chart(group, theta)
    zeros = np.full(len(theta), -1) if zeros is None else zeros.copy()
    unknown = zeros < 0
    zeros[unknown] = _zeros(objective, theta[unknown], penalty[0])
    flat = (zeros > _free_scales(group, there)) | group.linear
    return Endpoints(objective, group, theta, J, penalty, flat & (objective.n_examples > 0), there.flat, tolerances)


def _zeros(objective: Penalized, theta: Array, l2: float) -> Indices:
    """How many eigenvalues of the Hessian are 0 or less, (runs,)."""
    counts = np.zeros(len(theta), dtype=np.int64)
    for start in range(0, len(theta), RUNS_AT_ONCE):
        rows = slice(start, start + RUNS_AT_ONCE)
        eigenvalues = np.linalg.eigvalsh(objective.hessian(theta[rows], l2))
        counts[rows] = (eigenvalues <= ZERO * np.abs(eigenvalues).max(axis=1, keepdims=True)).sum(axis=1)
    return counts


def _free_scales(group: Group, there: symmetry.Chart) -> Indices:
    """How many units of each run can be scaled: each gives J one direction without curvature."""
    free = np.zeros(len(there.layers[0]), dtype=np.int64)
    for layer, freedom in zip(there.layers, group.freedoms, strict=False):
        free += freedom.scale * np.any(layer != 0.0, axis=2).sum(axis=1)
    return free


def partition(ends: Endpoints) -> tuple[Indices, list[Pair], int]:
    """The optimum of each run (runs,), numbered as found, and what is not certain; an optimum's first run stands for it.

    That is the borderline pairs, and how many more pairs are kept apart by a match which was not proved to be the best.
    """
    member, n, unproved = np.full(len(ends.theta), -1), 0, 0
    doubtful: dict[tuple[int, int], Pair] = {}
    while (member < 0).any():
        first = int(np.argmax(member < 0))
        others = np.flatnonzero(np.abs(ends.J - ends.J[first]) <= BORDERLINE * ends.unit_of_J(first))
        separation, least = _separations(ends, first, others)
        member[others[(separation <= 1.0) & (member[others] < 0)]] = n
        for k in np.flatnonzero((separation > 1.0) & (separation <= BORDERLINE)):
            pair = first, int(others[k])
            doubtful[min(pair), max(pair)] = Pair(*pair, float(separation[k]))
        unproved += int(((separation > BORDERLINE) & (least <= 1.0)).sum())
        n += 1
    return member, list(doubtful.values()), unproved


def _separations(ends: Endpoints, first: int, others: Indices) -> tuple[Array, Array]:
    """Of one run from others, (others,), and a lower bound of it where a match is not proved to be the best."""
    apart, least = np.empty(len(others)), np.empty(len(others))
    flat = ends.flat[others] & ends.flat[first]
    if flat.any():
        guesses = ends.guesses(np.append(others[flat], first))
        unit = ends.tolerances.guesses * max(1.0, float(np.abs(guesses[-1]).max()))
        apart[flat] = least[flat] = np.abs(guesses[:-1] - guesses[-1]).max(axis=1) / unit
    if not flat.all():
        found = ends.distances(first, others[~flat])
        apart[~flat], least[~flat] = (distance / ends.unit_of_parameters(first) for distance in found)
    J = np.abs(ends.J[others] - ends.J[first]) / ends.unit_of_J(first)
    return np.maximum(apart, J), np.maximum(least, J)
