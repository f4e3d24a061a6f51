"""How does the step size change while training goes on?

A schedule gives the factor by which the configured step size is multiplied at step t = 0, 1, 2, ...
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.registry import NotNegative, Part, part

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Schedule(Part):
    """The interface of a schedule."""

    def factor(self, t: NDArray[np.int64]) -> Array:
        """The factor at each step of t, same shape, > 0."""
        raise NotImplementedError


@part("schedule", "constant")
class Constant(Schedule):
    """The same step size all the way."""

    def factor(self, t: NDArray[np.int64]) -> Array:
        return np.ones(t.shape)


@part("schedule", "inverse_time")
class InverseTime(Schedule):
    """1 / (1 + decay * t): steps shrink like 1/t, slowly enough to get anywhere (Robbins & Monro 1951)."""

    decay: NotNegative = 0.001

    def factor(self, t: NDArray[np.int64]) -> Array:
        return np.reciprocal(1.0 + self.decay * t)
