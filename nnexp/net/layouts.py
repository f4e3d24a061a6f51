"""How do runs lie in memory while they descend on examples?

`Rows`: runs first, by matrix products. `Lanes`: runs last, element by element, for very small batches. Both go through the
compiled kernels where those know the net.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nnexp.net.compiled import Kernel, kernel
from nnexp.net.descent import Closed, Descent
from nnexp.net.lanes import LARGEST_BATCH, LanePass
from nnexp.net.network import Pass
from nnexp.net.objective import Objective, Penalized
from nnexp.net.streams import Order

Array = NDArray[np.float64]


class Sampled(Descent):
    """A descent on examples, which go through compiled kernels where those know the objective and the optimizer.

    Args:
        order: which examples each step sees, or None where it sees all.
    """

    def __init__(self, objective: Objective, theta: Array, order: Order | None, **rest: Any) -> None:
        self._order, self._kernel = order, kernel(objective, rest["optimizer"])
        super().__init__(objective, theta, **rest)

    def only(self, chosen: NDArray[np.intp]) -> Self:
        other = super().only(chosen)
        other._order = self._order and self._order.only(chosen)
        return other

    def _steps(self, start: int, stop: int, look: bool = False) -> Array | None:
        if self._kernel is None:
            return super()._steps(start, stop)
        if self._order is None:
            return self._all_examples(self._kernel, start, stop, look)
        for first, last in self._order.alike(start, stop):
            chosen = self._order.between(first, last)
            self._through(self._kernel)(self.theta, chosen, self.step_sizes.between(first, last), self.l2, self.l1)
        return None

    def _all_examples(self, compiled: Kernel, start: int, stop: int, look: bool) -> Array | None:
        """Steps that see all examples, on which the loss at the start costs next to nothing."""
        sums = np.empty((len(self.theta), 4)) if look and stop > start else None
        compiled.rows(self.theta, None, self.step_sizes.between(start, stop), self.l2, self.l1, sums)
        return sums

    def _through(self, compiled: Kernel) -> Callable[..., None]:
        """The kernel of this layout."""
        raise NotImplementedError


class Rows(Sampled):
    """Runs first: theta (runs, parameters), all examples or batches of 8 and more, by matrix products."""

    def __init__(self, objective: Objective, theta: Array, order: Order | None, **rest: Any) -> None:
        self._X, self._Y = objective.network.inputs(objective.train.X), objective.train.Y
        self._X_rows, self._Y_rows = np.ascontiguousarray(self._X.T), np.ascontiguousarray(self._Y.T)
        super().__init__(objective, theta, order, **rest)

    def _start(self, theta: Array, state: list[Array]) -> None:
        super()._start(theta, state)
        self._in, self._into = self._layers(self.theta), self._layers(self._gradient)
        self._passes: dict[int, tuple[Pass, Array, Array]] = {}

    def _through(self, compiled: Kernel) -> Callable[..., None]:
        return compiled.rows

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


class Lanes(Sampled):
    """Runs last: theta (parameters, runs), single examples and batches up to 7, element by element.

    A run that is left alone goes through twice: NumPy adds up a lone lane in another order.
    """

    RUNS = 1

    def __init__(self, objective: Objective, theta: Array, order: Order, **rest: Any) -> None:
        self._runs = len(theta)
        self._examples = np.concatenate([objective.train.X, objective.train.Y])
        super().__init__(objective, np.ascontiguousarray(theta.T), order, **rest)
        if self._runs == 1:
            self.__dict__ = self.only(np.zeros(1, dtype=np.intp)).__dict__

    def _start(self, theta: Array, state: list[Array]) -> None:
        super()._start(theta, state)
        self._passes: dict[int, tuple[LanePass, Array]] = {}

    def only(self, chosen: NDArray[np.intp]) -> Self:
        lanes = np.repeat(chosen, 2) if len(chosen) == 1 else chosen
        other = super().only(lanes)
        other._runs = len(chosen)
        return other

    def _through(self, compiled: Kernel) -> Callable[..., None]:
        return compiled.lanes

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
        assert self._order is not None
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
    """The descent whose layout suits the batch, which depends on the configuration alone; `theta` (runs, parameters)."""
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
