"""Given a gradient, which way and how far does theta go, and which examples is the gradient taken on?

An optimizer says how many examples a step sees (`batch`), whether they are drawn with replacement, and how theta moves. It
works element by element, so that runs never mix; `step_size` broadcasts against theta.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.registry import Count, Part, Positive, Share, part

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Optimizer(Part):
    """The interface of an optimizer.

    `moves_by_gradient` marks one whose update is -step_size * gradient and nothing else.
    """

    moves_by_gradient: ClassVar[bool] = False

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
        if not self.shuffles or not n:
            return steps * size
        passes, rest = np.divmod(steps, -(-n // size))
        return passes * n + rest * size

    def steps_per_pass(self, n: int) -> float:
        """How many updates see as many examples as there are, n; where the loss is known without examples, 1."""
        size = self.batch(n) or n
        if not size:
            return 1.0
        return float(-(-n // size)) if self.shuffles else n / size


@part("optimizer", "gd")
class GradientDescent(Optimizer):
    """theta <- theta - step_size * dJ/dtheta, the gradient taken over all examples."""

    moves_by_gradient: ClassVar[bool] = True

    def batch(self, n: int) -> int | None:
        return None

    def update(self, theta: Array, gradient: Array, step_size: Array, state: list[Array]) -> None:
        gradient *= step_size
        theta -= gradient


@dataclass(frozen=True)
class Batched(Optimizer):
    """An optimizer whose steps see `batch_size` examples (all of them where it is null).

    They are drawn at random with replacement, or from shuffled passes over the data.
    """

    batch_size: Count | None = None
    replacement: bool = True

    def batch(self, n: int) -> int | None:
        return None if self.batch_size is None else min(self.batch_size, n)

    @property
    def shuffles(self) -> bool:
        return self.batch_size is not None and not self.replacement


@part("optimizer", "sgd")
class StochasticGradientDescent(Batched):
    """As gd, but each step sees `batch_size` examples: drawn at random, or from shuffled passes over the data."""

    batch_size: Count | None = 1
    moves_by_gradient: ClassVar[bool] = True

    def update(self, theta: Array, gradient: Array, step_size: Array, state: list[Array]) -> None:
        gradient *= step_size
        theta -= gradient


@part("optimizer", "momentum")
class Momentum(Batched):
    """v <- momentum * v + gradient, theta <- theta - step_size * v (Polyak 1964)."""

    momentum: Share = 0.9

    def state(self, theta: Array) -> list[Array]:
        return [np.zeros_like(theta)]

    def update(self, theta: Array, gradient: Array, step_size: Array, state: list[Array]) -> None:
        (v,) = state
        v *= self.momentum
        v += gradient
        np.multiply(v, step_size, out=gradient)
        theta -= gradient


@part("optimizer", "nesterov")
class Nesterov(Momentum):
    """v as in momentum, theta <- theta - step_size * (gradient + momentum * v) (Nesterov 1983, as Sutskever et al. 2013)."""

    def update(self, theta: Array, gradient: Array, step_size: Array, state: list[Array]) -> None:
        (v,) = state
        v *= self.momentum
        v += gradient
        gradient += self.momentum * v
        gradient *= step_size
        theta -= gradient


@part("optimizer", "rmsprop")
class RMSprop(Batched):
    """s <- decay * s + (1 - decay) * gradient^2, theta <- theta - step_size * gradient / (sqrt(s) + epsilon) (Hinton 2012)."""

    decay: Share = 0.9
    epsilon: Positive = 1e-8

    def state(self, theta: Array) -> list[Array]:
        return [np.zeros_like(theta)]

    def update(self, theta: Array, gradient: Array, step_size: Array, state: list[Array]) -> None:
        (s,) = state
        s *= self.decay
        s += (1.0 - self.decay) * gradient * gradient
        gradient /= np.sqrt(s) + self.epsilon
        gradient *= step_size
        theta -= gradient


@part("optimizer", "adam")
class Adam(Batched):
    """theta <- theta - step_size * m^ / (sqrt(v^) + epsilon), m^ and v^ the mean gradient and square of late, unbiased.

    m <- beta1 m + (1 - beta1) gradient, v <- beta2 v + (1 - beta2) gradient^2, m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t)
    (Kingma & Ba 2015).
    """

    beta1: Share = 0.9
    beta2: Share = 0.999
    epsilon: Positive = 1e-8

    def state(self, theta: Array) -> list[Array]:
        return [np.zeros_like(theta), np.zeros_like(theta), np.zeros(())]

    def update(self, theta: Array, gradient: Array, step_size: Array, state: list[Array]) -> None:
        m, v, t = state
        t += 1.0
        m *= self.beta1
        m += (1.0 - self.beta1) * gradient
        v *= self.beta2
        v += (1.0 - self.beta2) * gradient * gradient
        np.multiply(m, step_size / (1.0 - self.beta1**t), out=gradient)
        gradient /= np.sqrt(v / (1.0 - self.beta2**t)) + self.epsilon
        theta -= gradient
