"""How does the step size change while training goes on?

A schedule gives the factor by which the configured step size is multiplied at step t = 0, 1, 2, ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from nnexp.parts.registry import Count, NotNegative, Part, Share, part

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Schedule(Part):
    """The interface of a schedule; over the first `warm_up` steps every one rises in a straight line to its own course.

    `robbins_monro` says whether the factors add up to infinity while their squares do not, without warm-up: then SGD settles
    on a convex objective in spite of its noise (Robbins & Monro 1951).
    """

    warm_up: Annotated[int, Ge(0)] = 0

    @property
    def robbins_monro(self) -> bool:
        """Whether SGD with these step sizes settles."""
        return False

    def factor(self, t: NDArray[np.int64]) -> Array:
        """The factor at each step of t, same shape, 0 or more."""
        if not self.warm_up:
            return self.course(t)
        return self.course(t) * np.minimum((t + 1.0) / self.warm_up, 1.0)

    def course(self, t: NDArray[np.int64]) -> Array:
        """The factor without warm-up."""
        raise NotImplementedError


@part("schedule", "constant")
class Constant(Schedule):
    """The same step size all the way."""

    def course(self, t: NDArray[np.int64]) -> Array:
        return np.ones(t.shape)


@part("schedule", "inverse_time")
class InverseTime(Schedule):
    """1 / (1 + decay * t): slowly enough to get anywhere, and fast enough to settle."""

    decay: NotNegative = 0.001

    @property
    def robbins_monro(self) -> bool:
        return self.decay > 0.0

    def course(self, t: NDArray[np.int64]) -> Array:
        return np.reciprocal(1.0 + self.decay * t)


@part("schedule", "inverse_sqrt")
class InverseSqrt(Schedule):
    """1 / sqrt(1 + decay * t)."""

    decay: NotNegative = 0.001

    def course(self, t: NDArray[np.int64]) -> Array:
        return np.reciprocal(np.sqrt(1.0 + self.decay * t))


@part("schedule", "power")
class Power(Schedule):
    """1 / (t + 1)^power: scikit-learn's invscaling; settles for powers above 1/2."""

    power: Annotated[float, Ge(0), Le(1)] = 0.5

    @property
    def robbins_monro(self) -> bool:
        return self.power > 0.5

    def course(self, t: NDArray[np.int64]) -> Array:
        return np.power(t + 1.0, -self.power)


@part("schedule", "step_decay")
class StepDecay(Schedule):
    """The factor is multiplied by `drop` every `every` steps."""

    every: Count = 1000
    drop: Annotated[float, Gt(0), Le(1)] = 0.5

    def course(self, t: NDArray[np.int64]) -> Array:
        return np.power(self.drop, (t // self.every).astype(np.float64))


@part("schedule", "cosine")
class Cosine(Schedule):
    """From 1 down half a cosine to `floor` within `over` steps, and there it stays (Loshchilov & Hutter 2017, no restarts)."""

    over: Count = 1000
    floor: Share = 0.0

    def course(self, t: NDArray[np.int64]) -> Array:
        gone = np.minimum(t / self.over, 1.0)
        return self.floor + (1.0 - self.floor) * 0.5 * (1.0 + np.cos(np.pi * gone))
