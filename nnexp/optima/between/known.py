"""Which optimum is this, among those known so far?

Optima are told apart up to the symmetries of J: they are the same if J is, and, matched, they lie at the same place. A flat
optimum has no one place; two are the same if J is, and all that they say on the training examples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.between.downhill import downhill
from nnexp.optima.between.landscape import EQUAL
from nnexp.optima.distinct import symmetry
from nnexp.optima.distinct.matching import match

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SAME = 1e-4
"""Two optima of the same J are the same if, matched, they lie closer than this share of the larger of 1 and their length."""
SAME_GUESS = 1e-5
"""Two flat optima of the same J are the same if what they say on the training examples differs by no more."""


class Known:
    """The optima known, in the order in which they became so: `theta` (optima, parameters), `J` and `strict`.

    Args:
        objective, l2, l1: give J.
    """

    def __init__(self, objective: Penalized, l2: float, l1: float) -> None:
        self.objective, self.l2, self.l1 = objective, l2, l1
        self.group = symmetry.of_objective(objective, l2, l1)
        self.theta = np.empty((0, objective.network.n_parameters))
        self.J: list[float] = []
        self.strict: list[bool] = []

    def __len__(self) -> int:
        return len(self.J)

    def given(self, theta: Array) -> Indices:
        """The number of each optimum given, (points,), for theta (points, parameters)."""
        number = self.below(theta)
        for i in np.flatnonzero(number < 0):
            J = self.objective.value(theta[i : i + 1], self.l2, self.l1)[0]
            number[i] = self._number(theta[i], float(J), strict=False)
        return number

    def below(self, theta: Array) -> Indices:
        """The number (points,) of the optimum below each theta (points, parameters), be it a new one; -1 if there is none."""
        down = downhill(self.objective, theta, self.l2, self.l1)
        rows = zip(down.theta, down.there.J, down.is_strict, down.at_rest, strict=True)
        return np.array([self._number(*row[:3]) if row[3] else -1 for row in rows], dtype=np.int64)

    def _number(self, theta: Array, J: float, strict: bool) -> int:
        for i in range(len(self.J)):
            if abs(self.J[i] - J) <= EQUAL * max(1.0, abs(J)) and self._is_same(i, theta, strict):
                return i
        self.theta = np.vstack([self.theta, theta])
        self.J.append(float(J))
        self.strict.append(bool(strict))
        return len(self.J) - 1

    def _is_same(self, i: int, theta: Array, strict: bool) -> bool:
        """Whether theta is optimum i, given that J is the same."""
        there = self.theta[i]
        if match(self.group, there, theta).distance <= SAME * max(1.0, float(np.linalg.norm(theta))):
            return True
        if strict or self.strict[i] or not self.objective.n_examples:
            return False
        one, other = self.objective.guess(np.stack([there, theta]), self.objective.train.X)
        return bool(np.abs(one - other).max() <= SAME_GUESS)
