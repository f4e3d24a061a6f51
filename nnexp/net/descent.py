"""How does a block of runs move, step by step?

A descent holds theta, the optimizer's memory and the buffers, in the layout that suits the batch: `Rows` (runs first, matrix
products) or `Lanes` (runs last, element by element) for very small batches, `Closed` for an objective without data. Which
one is used depends on the configuration alone, never on how many runs there are.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nnexp.net.lanes import LARGEST_BATCH, LanePass
from nnexp.net.network import Pass
from nnexp.net.objective import Objective, Penalized
from nnexp.net.streams import Order, StepSizes

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

    def advance(self, start: int, stop: int, diverged_at: NDArray[np.int64]) -> None:
        """Take steps start .. stop - 1, which lie in one chunk; note in `diverged_at` (runs,) the step that broke a run.

        What is once not finite stays so: looking at the end is enough to know that a run broke, and only then are the
        same steps taken again, one by one, to see where.
        """
        before = [array.copy() for array in (self.theta, *self.state)]
        for t in range(start, stop):
            self._step(t)
        if self.finite().all():
            return
        for array, saved in zip((self.theta, *self.state), before, strict=True):
            array[...] = saved
        for t in range(start, stop):
            self._step(t)
            diverged_at[~self.finite() & (diverged_at < 0)] = t + 1

    def _step(self, t: int) -> None:
        """One update; where theta moves by -step_size * gradient alone, the gradient is taken that long at once."""
        step_size = self.step_sizes.at(t)
        if self.optimizer.moves_by_gradient:
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


class Rows(Descent):
    """Runs first: theta (runs, parameters), all examples or batches of 8 and more, by matrix products."""

    def __init__(self, objective: Objective, theta: Array, order: Order | None, **rest: Any) -> None:
        self._order = order
        self._X, self._Y = objective.network.inputs(objective.train.X), objective.train.Y
        self._X_rows, self._Y_rows = np.ascontiguousarray(self._X.T), np.ascontiguousarray(self._Y.T)
        super().__init__(objective, theta, **rest)

    def _start(self, theta: Array, state: list[Array]) -> None:
        super()._start(theta, state)
        self._in, self._into = self._layers(self.theta), self._layers(self._gradient)
        self._passes: dict[int, tuple[Pass, Array, Array]] = {}

    def only(self, chosen: NDArray[np.intp]) -> Self:
        other = super().only(chosen)
        other._order = self._order and self._order.only(chosen)
        return other

    def _data_gradient(self, t: int, scale: Array | None) -> None:
        factor = 1.0 if scale is None else scale[:, None, None]
        if self._order is None:
            self._pass(self._X.shape[1])[0].gradient(self._in, self._X, self._Y, self._into, factor)
            return
        through, X, Y = self._pass(self._order.size(t))
        chosen = self._order.at(t)
        self._X_rows.take(chosen, axis=0, out=X, mode="clip")
        self._Y_rows.take(chosen, axis=0, out=Y, mode="clip")
        through.gradient(self._in, np.swapaxes(X, 1, 2), np.swapaxes(Y, 1, 2), self._into, factor)

    def _pass(self, size: int) -> tuple[Pass, Array, Array]:
        """A pass over batches of this size, and where their inputs and targets are to be put, (runs, size, ...)."""
        if size not in self._passes:
            runs = len(self.theta)
            X, Y = (np.empty((runs, size, len(rows)) if self._order else 0) for rows in (self._X, self._Y))
            self._passes[size] = Pass(self.objective.network, runs, size), X, Y
        return self._passes[size]


class Lanes(Descent):
    """Runs last: theta (parameters, runs), single examples and batches up to 7, element by element.

    A run that is left alone goes through twice: NumPy adds up a lone lane in another order.
    """

    RUNS = 1

    def __init__(self, objective: Objective, theta: Array, order: Order, **rest: Any) -> None:
        self._order, self._runs = order, len(theta)
        self._examples = np.concatenate([objective.train.X, objective.train.Y])
        super().__init__(objective, np.ascontiguousarray(theta.T), **rest)
        if self._runs == 1:
            self.__dict__ = self.only(np.zeros(1, dtype=np.intp)).__dict__

    def _start(self, theta: Array, state: list[Array]) -> None:
        super()._start(theta, state)
        self._passes: dict[int, tuple[LanePass, Array]] = {}

    def only(self, chosen: NDArray[np.intp]) -> Self:
        lanes = np.repeat(chosen, 2) if len(chosen) == 1 else chosen
        other = super().only(lanes)
        other._order, other._runs = self._order.only(lanes), len(chosen)
        return other

    def rows(self) -> Array:
        return np.ascontiguousarray(self.theta[:, : self._runs].T)

    def finite(self) -> NDArray[np.bool_]:
        return super().finite()[: self._runs]

    def _layers(self, values: Array) -> list[Array]:
        return self.objective.network.lanes(values)

    @staticmethod
    def _weights(layer: Array, m: int) -> Array:
        return layer[:, :m]

    @staticmethod
    def _against(values: Array, per_run: Array) -> Array:
        return per_run

    def _data_gradient(self, t: int, scale: Array | None) -> None:
        size = self._order.size(t)
        if size not in self._passes:
            self._passes[size] = self._pass(size)
        through, gathered = self._passes[size]
        chosen = self._order.at(t)
        for i in range(size):
            self._examples.take(chosen[:, i], axis=1, out=gathered[i], mode="clip")
        through.gradient(1.0 if scale is None else scale)

    def _pass(self, size: int) -> tuple[LanePass, Array]:
        """A pass over batches of this size, and where their examples are to be put."""
        gathered, m = np.empty((size, len(self._examples), self.theta.shape[1])), self.objective.train.X.shape[0]
        layers, into = self._layers(self.theta), self._layers(self._gradient)
        return LanePass(self.objective.network, layers, gathered[:, :m], gathered[:, m:], into), gathered


def descent(objective: Penalized, theta: Array, seeds: Sequence[int], **rest: Any) -> Descent:
    """The descent whose layout suits the batch; `theta` (runs, parameters), at least 2 runs where they lie last."""
    if not isinstance(objective, Objective):
        return Closed(objective, theta, **rest)
    optimizer, n = rest["optimizer"], objective.n_examples
    batch = optimizer.batch(n)
    if batch is None:
        return Rows(objective, theta, None, **rest)
    order = Order(seeds, n, batch, optimizer.shuffles)
    layout = Lanes if in_lanes(optimizer, n) else Rows
    return layout(objective, theta, order, **rest)


def in_lanes(optimizer: Any, n: int) -> bool:
    """Whether runs lie last for this optimizer on n examples."""
    batch = optimizer.batch(n)
    return batch is not None and 0 < batch <= LARGEST_BATCH
