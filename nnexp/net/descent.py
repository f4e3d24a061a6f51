"""How does a block of runs move, step by step?

A descent holds theta, the optimizer's memory and the buffers, in the layout that suits the batch: `Rows` (runs first, matrix
products) or `Lanes` (runs last, element by element) for very small batches. Which one is used depends on the
configuration alone, never on how many runs there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.lanes import LARGEST_BATCH, LanePass
from nnexp.net.network import Pass, with_ones
from nnexp.net.objective import Objective
from nnexp.net.streams import Order

Array = NDArray[np.float64]


class StepSizes:
    """The step size of each run at each step: its own step size times its schedule's factor, a chunk at a time."""

    CHUNK = Order.CHUNK

    def __init__(self, base: Array, schedules: Sequence[Any]) -> None:
        self._base, self._schedules = base, schedules
        self._start, self._table = -1, np.empty(0)

    def at(self, t: int) -> Array:
        """(runs,) at step t."""
        start = t - t % self.CHUNK
        if start != self._start:
            steps = np.arange(start, start + self.CHUNK)
            factors = {schedule: schedule.factor(steps) for schedule in set(self._schedules)}
            self._table = np.stack([factors[schedule] for schedule in self._schedules], axis=1) * self._base
            self._start = start
        return self._table[t - start]


class Descent:
    """What both layouts share: a step is a gradient, a penalty, an update.

    Args:
        theta: where to start, in the layout of the subclass.
        shrink: l2 of each run on weights, 0 on offsets, in the layout of theta.
    """

    def __init__(self, theta: Array, shrink: Array, optimizer: Any, step_sizes: StepSizes) -> None:
        self.theta, self._shrink = theta, shrink if shrink.any() else None
        self._optimizer, self._step_sizes = optimizer, step_sizes
        self._gradient, self._scratch = np.empty_like(theta), np.empty_like(theta)
        self._state = optimizer.state(theta)

    def rows(self) -> Array:
        """Theta with runs first, (runs, parameters)."""
        raise NotImplementedError

    def finite(self) -> NDArray[np.bool_]:
        """(runs,), whether all of a run's parameters are finite numbers."""
        return np.logical_and.reduce(np.isfinite(self.rows()), axis=1)

    def advance(self, start: int, stop: int, diverged_at: NDArray[np.int64]) -> None:
        """Take steps start .. stop - 1, which lie in one chunk; note in `diverged_at` the step that broke a run.

        What is once not finite stays so: looking at the end is enough to know that a run broke, and only then are the
        same steps taken again, one by one, to see where.
        """
        before = [array.copy() for array in (self.theta, *self._state)]
        for t in range(start, stop):
            self._step(t)
        if not np.any(~self.finite() & (diverged_at < 0)):
            return
        for array, saved in zip((self.theta, *self._state), before, strict=True):
            array[...] = saved
        for t in range(start, stop):
            self._step(t)
            diverged_at[~self.finite() & (diverged_at < 0)] = t + 1

    def _step(self, t: int) -> None:
        self._data_gradient(t)
        if self._shrink is not None:
            np.multiply(self.theta, self._shrink, out=self._scratch)
            self._gradient += self._scratch
        self._optimizer.update(self.theta, self._gradient, self._broadcast(self._step_sizes.at(t)), self._state)

    def _data_gradient(self, t: int) -> None:
        """Write the gradient of the mean loss on step t's examples into the gradient buffer."""
        raise NotImplementedError

    def _broadcast(self, per_run: Array) -> Array:
        raise NotImplementedError


class Rows(Descent):
    """Runs first: theta (runs, parameters), all examples or batches of 8 and more, by matrix products."""

    def __init__(self, objective: Objective, theta: Array, l2: Array, order: Order | None, **rest: Any) -> None:
        super().__init__(theta, l2[:, None] * objective.network.is_weight(), **rest)
        network, train = objective.network, objective.train
        self._network, self._order = network, order
        self._layers, self._into = network.layers(self.theta), network.layers(self._gradient)
        self._X, self._Y = with_ones(train.X), train.Y
        self._examples = np.ascontiguousarray(np.concatenate([self._X, train.Y]).T)
        self._passes: dict[int, tuple[Pass, Array]] = {}

    def rows(self) -> Array:
        return self.theta

    def _broadcast(self, per_run: Array) -> Array:
        return per_run[:, None]

    def _data_gradient(self, t: int) -> None:
        size = self._X.shape[1] if self._order is None else self._order.size(t)
        if size not in self._passes:
            gathered = np.empty((len(self.theta), size, self._examples.shape[1]))
            self._passes[size] = Pass(self._network, len(self.theta), size), gathered
        through, gathered = self._passes[size]
        X, Y = self._X, self._Y
        if self._order is not None:
            self._examples.take(self._order.at(t), axis=0, out=gathered, mode="clip")
            columns = np.swapaxes(gathered, 1, 2)
            X, Y = columns[:, : len(self._X)], columns[:, len(self._X) :]
        through.gradient(self._layers, X, Y, self._into)


class Lanes(Descent):
    """Runs last: theta (parameters, runs), single examples and batches up to 7, element by element."""

    def __init__(self, objective: Objective, theta: Array, l2: Array, order: Order, **rest: Any) -> None:
        lanes = np.ascontiguousarray(theta.T)
        super().__init__(lanes, objective.network.is_weight()[:, None] * l2, **rest)
        network, train = objective.network, objective.train
        self._network, self._order, self._m = network, order, train.X.shape[0] + 1
        self._layers, self._into = network.lanes(self.theta), network.lanes(self._gradient)
        self._examples = np.concatenate([with_ones(train.X), train.Y])
        self._passes: dict[int, tuple[LanePass, Array]] = {}

    def rows(self) -> Array:
        return np.ascontiguousarray(self.theta.T)

    def _broadcast(self, per_run: Array) -> Array:
        return per_run

    def _data_gradient(self, t: int) -> None:
        size, lanes = self._order.size(t), self.theta.shape[1]
        if size not in self._passes:
            gathered = np.empty((size, len(self._examples), lanes))
            self._passes[size] = LanePass(self._network, lanes, size), gathered
        through, gathered = self._passes[size]
        chosen = self._order.at(t)
        for i in range(size):
            self._examples.take(chosen[:, i], axis=1, out=gathered[i], mode="clip")
        through.gradient(self._layers, gathered[:, : self._m], gathered[:, self._m :], self._into)


def descent(objective: Objective, theta: Array, l2: Array, seeds: Sequence[int], **rest: Any) -> Descent:
    """The descent whose layout suits the batch; `theta` (runs, parameters), at least 2 runs where they lie last."""
    optimizer, n = rest["optimizer"], objective.train.X.shape[1]
    batch = optimizer.batch(n)
    if batch is None:
        return Rows(objective, theta, l2, None, **rest)
    order = Order(seeds, n, batch, optimizer.shuffles)
    layout = Lanes if in_lanes(optimizer, n) else Rows
    return layout(objective, theta, l2, order, **rest)


def in_lanes(optimizer: Any, n: int) -> bool:
    """Whether runs lie last for this optimizer on n examples."""
    batch = optimizer.batch(n)
    return batch is not None and batch <= LARGEST_BATCH
