"""T1: a single layer is convex, so every seed ends in the one optimum, which is known in closed form or as a root."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from analysis.experiment import Endpoints, Experiment, Finding

Array = NDArray[np.float64]

SOURCE = "convexity of least squares and of the nll in a linear model"
TOLERANCE, STEPS = 1e-10, 5000


def findings(experiment: Experiment) -> Iterator[Finding]:
    """Of each linear model: how many optima the seeds reach, and how far they are from the one there is."""
    for ends in experiment.run("t1_convex"):
        c = ends.recalled.configuration
        expected = _optimum(ends)
        found = np.array([np.vstack([*ends.weights(run)[0]]) for run in range(len(ends.runs))])
        distance = np.abs(found - expected).max()
        optima, minima = len(ends.optima.optima), ends.verdicts["minimum"]
        yield Finding(
            f"{c.loss.name} of a linear model ({c.dataset.name}, l2 = {c.l2:g}) has one optimum, and every seed gets there",
            f"1 optimum, 100% of the seeds, parameters to {TOLERANCE:g}",
            f"{optima} optimum, {minima / len(found):.0%} of {len(found)} seeds, parameters to {distance:.0e}",
            optima == 1 and minima == len(found) and bool(distance <= TOLERANCE),
        )


def _optimum(ends: Endpoints) -> Array:
    """The optimum [W; W0], (m + 1, n), from the data alone.

    Least squares is solved. The nll is brought down by steps of the inverse of a bound of its Hessian, which never fail
    (Boehning & Lindsay 1988, "Monotonicity of Quadratic-Approximation Algorithms").
    """
    c, data = ends.recalled.configuration, ends.recalled.configuration.data
    A, Y = np.column_stack([data.X_train.T, np.ones(data.X_train.shape[1])]), data.Y_train.T
    if c.loss.name == "squared":
        return np.asarray(np.linalg.lstsq(A, Y)[0], dtype=np.float64)
    guess = expit if c.loss.name == "nll" else lambda z: softmax(z, axis=1)
    inverse = np.linalg.inv(A.T @ A / (2.0 * len(A)) + c.l2 * np.eye(A.shape[1]))
    W = np.zeros((A.shape[1], Y.shape[1]))
    for _ in range(STEPS):
        W -= inverse @ (A.T @ (guess(A @ W) - Y) / len(A) + c.l2 * W)
    return W
