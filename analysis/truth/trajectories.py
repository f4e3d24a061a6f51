"""T10: the gradient is the slope of J, and GD goes the way that scikit-learn goes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from analysis.experiment import Endpoints, Experiment, Finding

Array = NDArray[np.float64]

SOURCE = "differences of J; scikit-learn's MLPClassifier"
TOLERANCE = 1e-12
STEP, HALVINGS = 0.04, 5
NAMES = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
"""The activations that scikit-learn has, under its names."""


def findings(experiment: Experiment) -> Iterator[Finding]:
    """How far gradients lie from differences of J, and curves from scikit-learn's."""
    groups = experiment.run("t10_gradients")
    smooth = [ends for ends in groups if ends.recalled.configuration.activation.name != "relu"]
    gradients = [_gradient_error(ends) for ends in smooth]
    yield Finding(
        f"backpropagation is the limit of central differences, {len(smooth)} smooth nets",
        f"gradients to {TOLERANCE:g}",
        f"to {max(gradients):.0e}",
        max(gradients) <= TOLERANCE,
    )
    known = [ends for ends in groups if ends.recalled.configuration.activation.name in NAMES]
    steps = known[0].recalled.configuration.steps
    curves = [_curve_error(run, ends) for ends in known for _, run in ends.runs.iterrows()]
    yield Finding(
        f"GD goes as MLPClassifier from the same weights, {steps} steps of {len(curves)} runs",
        f"loss curves to {TOLERANCE:g}",
        f"to {max(curves):.0e}",
        max(curves) <= TOLERANCE,
    )


def _gradient_error(ends: Endpoints) -> float:
    """The largest distance of a derivative from its difference, at the first seed's start and end."""
    theta = np.stack([_start(ends.runs.iloc[0]), ends.stopped[0]])
    return max(float(np.abs(_limit(ends, point) - ends.recalled.gradient(point)).max()) for point in theta)


def _limit(ends: Endpoints, theta: Array) -> Array:
    """Central differences of J at theta (parameters,), each halving of the step taking the next even power off the error."""
    columns = []
    for halving in range(HALVINGS):
        h = STEP * 0.5**halving * np.eye(len(theta))
        differences = (ends.recalled.value(theta + h) - ends.recalled.value(theta - h)) / (2.0 * h.max())
        columns.append(differences)
    for power in range(1, HALVINGS):
        columns = [b + (b - a) / (4.0**power - 1.0) for a, b in pairwise(columns)]
    return columns[0]


def _start(run: Any) -> Array:
    """Where a run started: its first snapshot."""
    return np.asarray(run["snapshots"], dtype=np.float64)[: len(run["theta"])]


def _curve_error(run: Any, ends: Endpoints) -> float:
    """The largest distance of J before each step from scikit-learn's loss, both as many numbers as there are steps."""
    peer = _fitted(ends, ends.recalled.objective.network.weights(_start(run)))
    return float(np.abs(run["curve_J"][:-1] - np.array(peer.loss_curve_)).max())


class _Started(MLPClassifier):
    """One that starts at given weights, W and W0 of one layer after the other."""

    weights: Iterator[tuple[Array, Array]]

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> tuple[Array, Array]:
        W, W0 = next(self.weights)
        return W.copy(), W0.copy()


def _fitted(ends: Endpoints, weights: list[tuple[Array, Array]]) -> MLPClassifier:
    c, data = ends.recalled.configuration, ends.recalled.configuration.data
    n = data.X_train.shape[1]
    descent = {"solver": "sgd", "batch_size": n, "momentum": 0.0, "nesterovs_momentum": False, "shuffle": False}
    for_ever = {"max_iter": c.steps, "tol": 0.0, "n_iter_no_change": c.steps + 1}
    peer = _Started(
        c.widths, NAMES[c.activation.name], alpha=0.0, learning_rate_init=c.step_size, **descent, **for_ever
    )
    peer.weights = iter(weights)
    labels = data.Y_train[0] if len(data.Y_train) == 1 else data.Y_train.argmax(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return peer.fit(data.X_train.T, labels)
