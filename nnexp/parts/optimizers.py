"""Given a gradient, which way and how far does theta go, and which examples is the gradient taken on?

An optimizer says how many examples a step sees (`batch`), whether they are drawn with replacement, and how theta moves. It
works element by element, so that runs never mix; `step_size` broadcasts against theta.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.registry import Count, Part, part

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Optimizer(Part):
    """The interface of an optimizer."""

    def batch(self, n: int) -> int | None:
        """How many of n examples one step sees; None is all of them, in their own order."""
        raise NotImplementedError

    @property
    def shuffles(self) -> bool:
        """Whether every pass over the data sees each example once, in a new order."""
        return False

    def state(self, theta: Array) -> list[Array]:
        """What the optimizer remembers from step to step: arrays of theta's shape."""
        return []

    def update(self, theta: Array, gradient: Array, step_size: Array, state: list[Array]) -> None:
        """Move theta by one step, in place; the gradient may be overwritten."""
        raise NotImplementedError

    def examples_seen(self, steps: NDArray[np.int64], n: int) -> NDArray[np.int64]:
        """How many examples a gradient has been taken on after so many steps; the last batch of a shuffled pass is short."""
        size = self.batch(n) or n
        if not self.shuffles:
            return steps * size
        passes, rest = np.divmod(steps, -(-n // size))
        return passes * n + rest * size

    def steps_per_pass(self, n: int) -> float:
        """How many updates see as many examples as there are, n."""
        size = self.batch(n) or n
        return float(-(-n // size)) if self.shuffles else n / size


@part("optimizer", "gd")
class GradientDescent(Optimizer):
    """theta <- theta - step_size * dJ/dtheta, the gradient taken over all examples."""

    def batch(self, n: int) -> int | None:
        return None

    def update(self, theta: Array, gradient: Array, step_size: Array, state: list[Array]) -> None:
        gradient *= step_size
        theta -= gradient


@part("optimizer", "sgd")
class StochasticGradientDescent(GradientDescent):
    """As gd, but each step sees `batch_size` examples: drawn at random, or from shuffled passes over the data."""

    batch_size: Count = 1
    replacement: bool = True

    def batch(self, n: int) -> int | None:
        return min(self.batch_size, n)

    @property
    def shuffles(self) -> bool:
        return not self.replacement
