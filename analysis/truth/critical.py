"""The critical points of a linear net in closed form (Baldi & Hornik 1989).

Let S = S_yx S_xx^-1 S_xy, with S.. the second moments of the data, have eigenvectors u_i and eigenvalues lambda_i. For a set I
of up to p eigenvectors, p the narrowest layer, the net whose matrices multiply to U_I U_I^T S_yx S_xx^-1 is critical, and its
loss is tr S_yy - sum of lambda_i over I. Between two layers any invertible matrix may be put in, and its inverse behind it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.frames import Recalled

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """What the data say.

    total: tr S_yy; slope: S_yx S_xx^-1, (outputs, m).
    eigenvalues: (outputs,), of S, the largest first; eigenvectors: (outputs, outputs), one a column.
    """

    total: float
    eigenvalues: Array
    eigenvectors: Array
    slope: Array

    def loss(self, chosen: tuple[int, ...]) -> float:
        """The mean loss at the critical points that fit these eigenvectors."""
        return self.total - float(self.eigenvalues[list(chosen)].sum())

    def index(self, chosen: tuple[int, ...]) -> int:
        """How many pairs (i in I, j not in I) have lambda_j > lambda_i."""
        values = self.eigenvalues
        others = [j for j in range(len(values)) if j not in chosen]
        return sum(bool(values[j] > values[i]) for i in chosen for j in others)


def spectrum(recalled: Recalled) -> Spectrum:
    """That of a configuration's data."""
    data = recalled.configuration.data
    X, Y, n = data.X_train, data.Y_train, data.X_train.shape[1]
    slope: Array = np.linalg.solve(X @ X.T, X @ Y.T).T.astype(np.float64)
    values, vectors = np.linalg.eigh(slope @ X @ Y.T / n)
    return Spectrum(float((Y**2).sum() / n), values[::-1], vectors[:, ::-1], slope)


def subsets(outputs: int, most: int) -> list[tuple[int, ...]]:
    """Every set of up to `most` eigenvectors, the full ones first."""
    return [chosen for size in range(most, -1, -1) for chosen in itertools.combinations(range(outputs), size)]


def placed(recalled: Recalled, data: Spectrum, chosen: tuple[int, ...], rng: np.random.Generator) -> Array:
    """A net, theta (parameters,), at the critical points of these eigenvectors, turned at random between its layers."""
    network = recalled.objective.network
    matrices = [np.eye(n, m) * (np.arange(m) < len(chosen)) for n, m in network.shapes]
    matrices[0][:] = 0.0
    matrices[0][: len(chosen)] = data.eigenvectors[:, list(chosen)].T @ data.slope
    matrices[-1][:, : len(chosen)] = data.eigenvectors[:, list(chosen)]
    for below, above in itertools.pairwise(range(len(matrices))):
        turn = np.eye(len(matrices[below])) + 0.3 * rng.normal(size=(len(matrices[below]),) * 2)
        matrices[below] = np.linalg.inv(turn) @ matrices[below]
        matrices[above] = matrices[above] @ turn
    return network.theta([(matrix.T, np.zeros(len(matrix))) for matrix in matrices])
