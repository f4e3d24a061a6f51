"""How does a block of runs move, step by step?

A descent holds theta, the optimizer's memory and the buffers, in the layout that suits the batch (see `nnexp.net.layouts`);
`Closed` is the one for an objective without data.
"""

from __future__ import annotations

import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.net.streams import StepSizes

Array = NDArray[np.float64]


class Descent:
    """What all layouts share: a step is a gradient, a penalty, an update.

    Args:
        objective: what is minimised.
        theta: where to start, in the layout of the subclass; `RUNS` is its axis of runs.
        l2: of each run, (runs,), as are l1 and the step sizes.
        optimizer: how theta moves.
    """

    RUNS = 0

    def __init__(
        self, objective: Penalized, theta: Array, l2: Array, l1: Array, optimizer: Any, step_sizes: StepSizes
    ) -> None:
        self.objective, self.optimizer, self.step_sizes = objective, optimizer, step_sizes
        self.l2, self.l1 = l2, l1
        self._moves_by_gradient = optimizer.moves_by_gradient and optimizer.is_released
        self._start(theta, optimizer.state(theta))

    def _start(self, theta: Array, state: list[Array]) -> None:
        """Take this theta and optimizer's memory as they are, with buffers for the gradient."""
        self.theta, self.state, self._gradient = theta, state, np.empty_like(theta)
        self._penalized = list(zip(self._pulled(theta), self._pulled(self._gradient), strict=True))
        self._has_l2, self._has_l1 = bool(self.l2.any()), bool(self.l1.any())

    def only(self, chosen: NDArray[np.intp]) -> Self:
        """The descent of these runs alone, going on from where they are."""
        other = copy.copy(self)
        other.step_sizes, other.l2, other.l1 = self.step_sizes.only(chosen), self.l2[chosen], self.l1[chosen]
        theta, *state = (s.take(chosen, axis=self.RUNS) if s.ndim else s for s in (self.theta, *self.state))
        other._start(theta, state)
        return other

    def rows(self) -> Array:
        """Theta with runs first, (runs, parameters)."""
        return self.theta

    def finite(self) -> NDArray[np.bool_]:
        """(runs,), whether all of a run's parameters are finite numbers."""
        return np.logical_and.reduce(np.isfinite(self.theta), axis=1 - self.RUNS)

    def advance(self, start: int, stop: int, diverged_at: NDArray[np.int64], look: bool = False) -> Array | None:
        """Take steps start .. stop - 1, which lie in one chunk; note in `diverged_at` (runs,) the step that broke a run.

        With `look`, what a `compiled.Meter` says of the training examples at the start comes back, where it is at hand.

        What is once not finite stays so: looking at the end is enough to know that a run broke, and only then are the
        same steps taken again, one by one, to see where.
        """
        before = [array.copy() for array in (self.theta, *self.state)]
        sums = self._steps(start, stop, look)
        if self.finite().all():
            return sums
        for array, saved in zip((self.theta, *self.state), before, strict=True):
            array[...] = saved
        for t in range(start, stop):
            self._steps(t, t + 1)
            diverged_at[~self.finite() & (diverged_at < 0)] = t + 1
        return sums

    def _steps(self, start: int, stop: int, look: bool = False) -> Array | None:
        """Take steps start .. stop - 1; see `advance`."""
        for t in range(start, stop):
            self._step(t)
        return None

    def _step(self, t: int) -> None:
        """One update; where theta moves by -step_size * gradient alone, the gradient is taken that long at once."""
        step_size = self.step_sizes.at(t)
        if self._moves_by_gradient:
            self._data_gradient(t, -step_size)
            self._pull(-step_size)
            self.theta += self._gradient
        else:
            self._data_gradient(t, None)
            self._pull(np.ones_like(step_size))
            self.optimizer.update(self.theta, self._gradient, self._against(self.theta, step_size), self.state)

    def _pull(self, scale: Array) -> None:
        """Add scale (runs,) times the gradient of the penalty to the gradient."""
        for theta, gradient in self._penalized if self._has_l2 else ():
            gradient += theta * self._against(theta, scale * self.l2)
        for theta, gradient in self._penalized if self._has_l1 else ():
            gradient += np.sign(theta) * self._against(theta, scale * self.l1)

    def _pulled(self, values: Array) -> list[Array]:
        """Of values laid out as theta, views of what is penalized."""
        if self.objective.is_penalized().all():
            return [values]
        layers = self._layers(values)
        return [self._weights(layer, m) for layer, m in zip(layers, self.objective.network.sizes, strict=False)]

    def _layers(self, values: Array) -> list[Array]:
        return self.objective.network.layers(values)

    @staticmethod
    def _weights(layer: Array, m: int) -> Array:
        return layer[:, :, :m]

    @staticmethod
    def _against(values: Array, per_run: Array) -> Array:
        """(runs,) in a shape that broadcasts against values."""
        return per_run.reshape(-1, *(1,) * (values.ndim - 1))

    def _data_gradient(self, t: int, scale: Array | None) -> None:
        """Write scale (runs,), or 1, times the gradient of the mean loss on step t's examples into the gradient buffer."""
        raise NotImplementedError


class Closed(Descent):
    """Runs first: theta (runs, parameters), the gradient of a mean loss that the objective knows without data."""

    def _data_gradient(self, t: int, scale: Array | None) -> None:
        self.objective.loss_gradient(self.theta, out=self._gradient)
        if scale is not None:
            self._gradient *= scale[:, None]
