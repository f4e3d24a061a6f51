"""Data sets that are stated point by point: the user's own few points, and constructions whose optima are known by a theorem.

Nothing is drawn at random, and there is no test part: every point is trained on.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnexp.errors import UserError
from nnexp.parts.datasets.base import Data, Dataset
from nnexp.parts.registry import Count, Number, Positive, part, refuse_too_large

Array = NDArray[np.float64]
Lists = tuple[tuple[Number, ...], ...]

TARGET = 0.75


@part("dataset", "points")
class Points(Dataset):
    """The points that are stated, each with its list of targets: by default x1 AND x2 on the corners of the unit square.

    Targets that are all 0 or 1 are labels, one or several a point, others are regression; `task` says it outright.
    """

    points: Lists = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
    targets: Lists = ((0.0,), (0.0,), (0.0,), (1.0,))
    task: Literal["auto", "regression", "labels"] = "auto"

    def load(self) -> Data:
        _refuse_ragged("points", self.points)
        _refuse_ragged("targets", self.targets)
        if len(self.points) != len(self.targets):
            what = f"dataset.points has {len(self.points)} points and {len(self.targets)} targets"
            raise UserError(f"{what}; give each point its list of targets")
        X, Y = np.array(self.points, dtype=np.float64).T, np.array(self.targets, dtype=np.float64).T
        outputs = tuple(f"{'y' if self._task(Y) == 'regression' else 'label '}{i + 1}" for i in range(len(Y)))
        return _untested(X, Y, self._task(Y), outputs)

    def _task(self, Y: Array) -> str:
        labels = bool(np.isin(Y, (0.0, 1.0)).all())
        if self.task == "labels" and not labels:
            raise UserError("dataset.points.task=labels, but a target is neither 0 nor 1; say task=regression")
        if self.task == "regression" or not labels:
            return "regression"
        return "binary" if len(Y) == 1 else "multilabel"


@part("dataset", "auer")
class Auer(Dataset):
    """Points x = ratio^-t e_j, target 3/4, t < `scales`: a sigmoid unit has scales^coordinates minima (Auer et al. 1996).

    There is a point for each scale t of each coordinate j, so a weight of ln(3) ratio^t fits one of them, and those of other
    scales find the unit flat. With `labels` each is four points, of labels 1, 1, 1 and 0: the same minima, and a task for nll.
    """

    coordinates: Count = 2
    scales: Count = 5
    ratio: Positive = 8.0
    labels: bool = False

    def load(self) -> Data:
        refuse_too_large("dataset.auer", self.coordinates, self.coordinates, self.scales, 4 if self.labels else 1)
        sizes = self.ratio ** -np.arange(self.scales, dtype=np.float64)
        X: Array = np.kron(np.eye(self.coordinates), sizes).astype(np.float64)
        if not self.labels:
            return _untested(X, np.full((1, X.shape[1]), TARGET), "regression", ("y",))
        X, Y = np.repeat(X, 4, axis=1), np.tile([[1.0, 1.0, 1.0, 0.0]], X.shape[1])
        return _untested(X, Y, "binary", ("label 1",))


def _refuse_ragged(what: str, lists: Lists) -> None:
    lengths = {len(numbers) for numbers in lists}
    if len(lengths) != 1 or 0 in lengths:
        raise UserError(f"dataset.points.{what} must be lists of one length, one a point, as in [[0,1],[1,1]]")


def _untested(X: Array, Y: Array, task: str, outputs: tuple[str, ...]) -> Data:
    """Data without a test part."""
    inputs = tuple(f"x{i + 1}" for i in range(len(X)))
    return Data(X, Y, X[:, :0].copy(), Y[:, :0].copy(), task, inputs, outputs)
