"""Where is the one optimum of a net of a single layer?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from analysis.experiment import Endpoints

Array = NDArray[np.float64]

STEPS = 5000


def optimum(ends: Endpoints) -> Array:
    """The optimum [W; W0], (m + 1, n), of a net of one layer from its inputs and targets alone; its offsets, if any, penalized.

    Least squares is solved. The nll is brought down by steps of the inverse of a bound of its Hessian, which never fail
    (Boehning & Lindsay 1988, "Monotonicity of Quadratic-Approximation Algorithms").
    """
    c, train = ends.recalled.configuration, ends.recalled.objective.train
    A, Y = np.column_stack([train.X.T, np.ones((train.X.shape[1], int(c.offsets)))]), train.Y.T
    if c.loss.name == "squared":
        return np.asarray(np.linalg.lstsq(A, Y)[0], dtype=np.float64)
    guess = expit if c.loss.name == "nll" else lambda z: softmax(z, axis=1)
    inverse = np.linalg.inv(A.T @ A / (2.0 * len(A)) + c.l2 * np.eye(A.shape[1]))
    W = np.zeros((A.shape[1], Y.shape[1]))
    for _ in range(STEPS):
        W -= inverse @ (A.T @ (guess(A @ W) - Y) / len(A) + c.l2 * W)
    return W
