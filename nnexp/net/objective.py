"""What is minimised, and how good is a net by every measure, for a stack of theta?

J(theta) = mean over the training examples of L(guess, actual) + (l2 / 2) * sum of squares + l1 * sum of sizes, both sums
over the weights, and over the offsets too where they are to be penalized. The data loss and the penalty are always reported
apart, and neither depends on how examples are dealt out to steps, nor on the size of a batch. Beside the loss stand the 0-1
error and the asymmetric cost, in which a false positive costs 1 and a false negative `false_negative_cost`; for several
labels both are means over the labels, and where they have no meaning they are NaN.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net import compiled, hessian
from nnexp.net.cache import runs_per_block
from nnexp.net.hessian import Derivatives
from nnexp.net.network import Network, Pass

Array = NDArray[np.float64]

MEASURES = (
    *("J", "penalty", "train_loss", "test_loss", "validation_loss"),
    *("train_error", "test_error", "train_cost", "test_cost"),
)

MOST_FLOATS = 2**26
"""Float64 that nets are asked for their loss with at once: half a GiB."""


@dataclass(frozen=True)
class Sample:
    """Inputs X (m, examples), after the feature map, and targets Y (outputs, examples)."""

    X: Array
    Y: Array


@dataclass(frozen=True)
class Penalized:
    """What every objective has: a mean loss, which a subclass gives, and the penalty on theta.

    network: the net's shape, by which theta is laid out.
    train, test: the examples; an objective without data has none.
    penalize_offsets: whether offsets are penalized as weights are.
    """

    network: Network
    train: Sample
    test: Sample
    penalize_offsets: bool = field(default=False, kw_only=True)

    def mean_loss(self, theta: Array) -> Array:
        """The mean loss without the penalty, (runs,)."""
        raise NotImplementedError

    def loss_gradient(self, theta: Array, out: Array) -> Array:
        """The gradient of the mean loss, (runs, parameters), written into `out`."""
        raise NotImplementedError

    def loss_hessian(self, theta: Array) -> Array:
        """The Hessian of the mean loss, (runs, parameters, parameters), symmetric to the last bit."""
        raise NotImplementedError

    def loss_hessian_product(self, theta: Array, v: Array) -> Array:
        """The Hessian of the mean loss times v, both (runs, parameters)."""
        raise NotImplementedError

    def loss_derivatives(self, theta: Array) -> Derivatives:
        """The mean loss, its gradient and its Hessian."""
        gradient = self.loss_gradient(theta, np.empty_like(theta))
        return Derivatives(self.mean_loss(theta), gradient, self.loss_hessian(theta))

    def validation_loss(self, theta: Array) -> Array:
        """The mean loss on examples set aside from training, (runs,); NaN where there are none."""
        return np.full(len(theta), np.nan)

    def measure(self, theta: Array, l2: Array, l1: Array, sums: Array | None = None) -> dict[str, Array]:
        """Every one of MEASURES, (runs,) each.

        sums: what a `compiled.Meter` says of the training examples, where that is known already.
        """
        raise NotImplementedError

    def guess(self, theta: Array, X: Array) -> Array:
        """What the nets say, (runs, outputs, examples), for inputs X (m, examples)."""
        return self.network.guess(theta, X)

    @property
    def n_examples(self) -> int:
        """How many training examples there are."""
        return self.train.X.shape[1]

    def is_penalized(self) -> NDArray[np.bool_]:
        """(parameters,), True where l1 and l2 pull."""
        return self.network.is_weight() | self.penalize_offsets

    def penalty(self, theta: Array, l2: Array | float = 0.0, l1: Array | float = 0.0) -> Array:
        """(l2 / 2) * sum of squares + l1 * sum of sizes of what is penalized, (runs,)."""
        if not np.any(l2) and not np.any(l1):
            return np.zeros(len(theta))
        weights = theta * self.is_penalized()
        with np.errstate(under="ignore"):
            return 0.5 * np.asarray(l2) * np.vecdot(weights, weights) + np.asarray(l1) * np.abs(weights).sum(axis=1)

    def value(self, theta: Array, l2: Array | float = 0.0, l1: Array | float = 0.0) -> Array:
        """J, (runs,)."""
        return self.mean_loss(theta) + self.penalty(theta, l2, l1)

    def gradient(self, theta: Array, l2: Array | float = 0.0, l1: Array | float = 0.0) -> Array:
        """dJ/dtheta, (runs, parameters); of |w| at w = 0 it takes the subgradient 0."""
        return self.loss_gradient(theta, np.empty_like(theta)) + self._pull(theta, l2, l1)

    def hessian(self, theta: Array, l2: Array | float = 0.0) -> Array:
        """d2J/dtheta dtheta, (runs, parameters, parameters); l1 adds nothing to it where J has one."""
        return self._penalized(self.loss_hessian(theta), l2)

    def hessian_product(self, theta: Array, v: Array, l2: Array | float = 0.0) -> Array:
        """The Hessian of J times v, both (runs, parameters), at the cost of a few gradients."""
        return self.loss_hessian_product(theta, v) + np.reshape(l2, (-1, 1)) * v * self.is_penalized()

    def derivatives(self, theta: Array, l2: Array | float = 0.0, l1: Array | float = 0.0) -> Derivatives:
        """J, its gradient and its Hessian, from one pass where the objective can."""
        loss = self.loss_derivatives(theta)
        value, gradient = loss.value + self.penalty(theta, l2, l1), loss.gradient + self._pull(theta, l2, l1)
        return Derivatives(value, gradient, self._penalized(loss.hessian, l2))

    def _pull(self, theta: Array, l2: Array | float, l1: Array | float) -> Array:
        """The gradient of the penalty, (runs, parameters)."""
        pull = np.reshape(l2, (-1, 1)) * theta + np.reshape(l1, (-1, 1)) * np.sign(theta)
        return pull * self.is_penalized()

    def _penalized(self, loss_hessian: Array, l2: Array | float) -> Array:
        """The Hessian with l2 added on its diagonal, in place."""
        diagonal = np.einsum("rii->ri", loss_hessian)
        diagonal += np.reshape(l2, (-1, 1)) * self.is_penalized()
        return loss_hessian


@dataclass(frozen=True)
class Objective(Penalized):
    """J of one net shape on one data set, for any stack of theta (runs, parameters), l2 and l1 (runs,).

    task: regression, binary, multiclass or multilabel; says what an error is.
    validation: examples set aside from training, by which a stopping rule decides.
    """

    task: str
    false_negative_cost: float = 10.0
    validation: Sample | None = None

    def mean_loss(self, theta: Array) -> Array:
        return self._loss_on(theta, self.train)

    def validation_loss(self, theta: Array) -> Array:
        return super().validation_loss(theta) if self.validation is None else self._loss_on(theta, self.validation)

    def _loss_on(self, theta: Array, sample: Sample) -> Array:
        size = max(1, MOST_FLOATS // self.network.floats_per_run(max(1, sample.X.shape[1])))
        if len(theta) > size:
            blocks = [theta[start : start + size] for start in range(0, len(theta), size)]
            return np.concatenate([self._loss_on(block, sample) for block in blocks])
        z = self.network.preactivation(theta, sample.X)
        return self.network.loss.value(z, sample.Y, self.network.unit).mean(axis=-1)

    def loss_gradient(self, theta: Array, out: Array) -> Array:
        layers, into = self.network.layers(theta), self.network.layers(out)
        X = self.network.inputs(self.train.X)
        Pass(self.network, len(theta), self.n_examples).gradient(layers, X, self.train.Y, into)
        return out

    def loss_hessian(self, theta: Array) -> Array:
        return hessian.loss_hessian(self.network, theta, self.train.X, self.train.Y)

    def loss_hessian_product(self, theta: Array, v: Array) -> Array:
        return hessian.loss_hessian_product(self.network, theta, v, self.train.X, self.train.Y)

    def loss_derivatives(self, theta: Array) -> Derivatives:
        return hessian.loss_derivatives(self.network, theta, self.train.X, self.train.Y)

    def measure(self, theta: Array, l2: Array, l1: Array, sums: Array | None = None) -> dict[str, Array]:
        columns = dict(zip(MEASURES, np.full((len(MEASURES), len(theta)), np.nan), strict=True))
        columns["penalty"][:] = self.penalty(theta, l2, l1)
        if self.validation is not None:
            columns["validation_loss"][:] = self.validation_loss(theta)
        for name, sample, known in (("train", self.train, sums), ("test", self.test, None)):
            if sample.X.shape[1] > 0:
                meter = self._meters[name]
                known = meter.sums(theta) if known is None and meter is not None else known
                found = self._in_blocks(theta, sample) if known is None else self._from_sums(known, sample)
                for kind, values in zip(("loss", "error", "cost"), found, strict=True):
                    columns[f"{name}_{kind}"][:] = values
        np.add(columns["train_loss"], columns["penalty"], out=columns["J"])
        return columns

    @functools.cached_property
    def _meters(self) -> dict[str, compiled.Meter | None]:
        """What measures the training and the test examples without NumPy, where there is such a thing."""
        return {
            name: compiled.meter(self.network, sample) for name, sample in (("train", self.train), ("test", self.test))
        }

    def __getstate__(self) -> dict[str, Any]:
        """All but the meters, which belong to this process."""
        return {name: value for name, value in self.__dict__.items() if name != "_meters"}

    def _in_blocks(self, theta: Array, sample: Sample) -> Array:
        """Mean loss, 0-1 error and asymmetric cost on a sample, (3, runs), in blocks of runs that fit the cache."""
        size = runs_per_block(self.network.floats_per_run(sample.X.shape[1]), len(theta))
        found = np.empty((3, len(theta)))
        for start in range(0, len(theta), size):
            rows = slice(start, start + size)
            for values, row in zip(self._on(theta[rows], sample), found, strict=True):
                row[rows] = values
        return found

    def _on(self, theta: Array, sample: Sample) -> tuple[Array, Array | float, Array | float]:
        """The same of one block, (runs,) each, NaN where there is none."""
        loss, unit = self.network.loss, self.network.unit
        z = self.network.preactivation(theta, sample.X)
        value = loss.value(z, sample.Y, unit).mean(axis=-1)
        if self.task == "regression":
            return value, np.nan, np.nan
        if self.task == "multiclass":
            wrong = loss.guess(z, unit).argmax(axis=-2) != sample.Y.argmax(axis=0)
            return value, wrong.mean(axis=-1), np.nan
        says = loss.labels(z, unit).reshape(len(theta), -1).astype(np.float64)
        actual = sample.Y.ravel()
        false_positives, hits = (says @ np.stack([1.0 - actual, actual], axis=1)).T
        false_negatives, size = actual.sum() - hits, actual.size
        cost = false_positives / size + self.false_negative_cost * (false_negatives / size)
        return value, (false_positives + false_negatives) / size, cost

    def _from_sums(self, sums: Array, sample: Sample) -> tuple[Array, Array | float, Array | float]:
        """The same from sums over the examples, see `compiled.measured`."""
        value, misplaced, false_positives, false_negatives = sums.T / sample.X.shape[1]
        if self.task == "regression":
            return value, np.nan, np.nan
        if self.task == "multiclass":
            return value, misplaced, np.nan
        outputs = len(sample.Y)
        cost = false_positives / outputs + self.false_negative_cost * (false_negatives / outputs)
        return value, (false_positives + false_negatives) / outputs, cost
