"""What is minimised, and how good is a net by every measure, for a stack of theta?

J(theta) = mean over the training examples of L(guess, actual) + (l2 / 2) * sum of squared weights, offsets left out. The
data loss and the penalty are always reported apart, and neither depends on how examples are dealt out to steps. Beside
the loss stand the 0-1 error and the asymmetric cost, in which a false positive costs 1 and a false negative
`false_negative_cost`; for several labels both are means over the labels, and where they have no meaning they are NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.cache import runs_per_block
from nnexp.net.network import Network, Pass, with_ones

Array = NDArray[np.float64]

MEASURES = ("J", "penalty", "train_loss", "test_loss", "train_error", "test_error", "train_cost", "test_cost")


@dataclass(frozen=True)
class Sample:
    """Inputs X (m, examples), after the feature map, and targets Y (outputs, examples)."""

    X: Array
    Y: Array


@dataclass(frozen=True)
class Objective:
    """J of one net shape on one data set, for any stack of theta (runs, parameters) and l2 (runs,).

    task: regression, binary, multiclass or multilabel; says what an error is.
    """

    network: Network
    train: Sample
    test: Sample
    task: str
    false_negative_cost: float = 10.0

    def value(self, theta: Array, l2: Array | float = 0.0) -> Array:
        """J, (runs,)."""
        z = self.network.preactivation(theta, self.train.X)
        loss = self.network.loss.value(z, self.train.Y, self.network.unit)
        return loss.mean(axis=-1) + self.penalty(theta, l2)

    def gradient(self, theta: Array, l2: Array | float = 0.0) -> Array:
        """dJ/dtheta by backpropagation, (runs, parameters)."""
        gradient = np.empty_like(theta)
        layers, into = self.network.layers(theta), self.network.layers(gradient)
        examples = self.train.X.shape[1]
        Pass(self.network, len(theta), examples).gradient(layers, with_ones(self.train.X), self.train.Y, into)
        return gradient + np.reshape(l2, (-1, 1)) * theta * self.network.is_weight()

    def penalty(self, theta: Array, l2: Array | float = 0.0) -> Array:
        """(l2 / 2) * sum of squared weights, (runs,)."""
        weights = theta * self.network.is_weight()
        return 0.5 * np.asarray(l2) * np.vecdot(weights, weights)

    def measure(self, theta: Array, l2: Array) -> dict[str, Array]:
        """Every one of MEASURES, (runs,) each, block by block so that the work stays in the cache."""
        largest = max(self.train.X.shape[1], self.test.X.shape[1])
        size = runs_per_block(self.network.floats_per_run(largest), len(theta))
        columns = {name: np.full(len(theta), np.nan) for name in MEASURES}
        columns["penalty"][:] = self.penalty(theta, l2)
        for start in range(0, len(theta), size):
            rows = slice(start, start + size)
            for name, sample in (("train", self.train), ("test", self.test)):
                measured = self._on(theta[rows], sample)
                for kind, values in zip(("loss", "error", "cost"), measured, strict=True):
                    columns[f"{name}_{kind}"][rows] = values
        columns["J"][:] = columns["train_loss"] + columns["penalty"]
        return columns

    def _on(self, theta: Array, sample: Sample) -> tuple[Array | float, Array | float, Array | float]:
        """Mean loss, 0-1 error and asymmetric cost on a sample, (runs,) each, NaN where there is none."""
        if sample.X.shape[1] == 0:
            return np.nan, np.nan, np.nan
        loss, unit = self.network.loss, self.network.unit
        z = self.network.preactivation(theta, sample.X)
        value = loss.value(z, sample.Y, unit).mean(axis=-1)
        if self.task == "regression":
            return value, np.nan, np.nan
        if self.task == "multiclass":
            wrong = loss.guess(z, unit).argmax(axis=-2) != sample.Y.argmax(axis=0)
            return value, wrong.mean(axis=-1), np.nan
        says, is_one = loss.labels(z, unit), sample.Y > 0.5
        false_positives = np.count_nonzero(says & ~is_one, axis=(-2, -1)) / sample.Y.size
        false_negatives = np.count_nonzero(~says & is_one, axis=(-2, -1)) / sample.Y.size
        cost = false_positives + self.false_negative_cost * false_negatives
        return value, false_positives + false_negatives, cost
