"""What every data set gives: points as columns, targets as columns, split once by the data set's own seed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.registry import Part

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Data:
    """A data set ready for training.

    X_train, X_test: (d, examples), one point a column.
    Y_train, Y_test: (outputs, examples); 0 or 1 for labels (one row a class, or a label), real values for regression.
    task: regression, binary, multiclass (one of several classes), multilabel (several yes-or-no labels), or population: no
        examples at all, an expectation over every input.
    inputs, outputs: the names of the coordinates and of the targets.
    standardized: which of the coordinates have mean 0 and standard deviation 1 on the training part; empty for none.
    """

    X_train: Array
    Y_train: Array
    X_test: Array
    Y_test: Array
    task: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    standardized: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Dataset(Part):
    """The interface of a data set."""

    def load(self) -> Data:
        """The data, the same at every call.

        Raises:
            UserError: if the data cannot be had or cannot be used.
        """
        raise NotImplementedError


def split(
    X: Array, Y: Array, task: str, test_share: float, seed: int, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> Data:
    """Data whose test part is a random `test_share` of the examples, at least one example staying for training."""
    n = X.shape[1]
    order = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,))).permutation(n)
    n_test = min(round(test_share * n), n - 1)
    train, test = np.sort(order[n_test:]), np.sort(order[:n_test])
    return Data(X[:, train], Y[:, train], X[:, test], Y[:, test], task, inputs, outputs)


def standardized(data: Data, columns: NDArray[np.bool_] | None = None) -> Data:
    """The data with mean 0 and standard deviation 1 on the training part, for all coordinates or those marked.

    A coordinate that does not vary on the training part is only centred.
    """
    mean = data.X_train.mean(axis=1, keepdims=True)
    deviation = data.X_train.std(axis=1, keepdims=True)
    deviation[deviation <= 1e-12 * np.abs(mean)] = 1.0
    if columns is not None:
        mean[~columns], deviation[~columns] = 0.0, 1.0
    X_train, X_test = (data.X_train - mean) / deviation, (data.X_test - mean) / deviation
    marked = (True,) * len(mean) if columns is None else tuple(columns.tolist())
    return replace(data, X_train=X_train, X_test=X_test, standardized=marked)


def one_of(classes: NDArray[np.int64], n_classes: int) -> Array:
    """Class numbers (examples,) as targets: one row of 0 and 1 for two classes, else a row for each class."""
    if n_classes == 2:
        return classes[None, :].astype(np.float64)
    return np.equal(classes[None, :], np.arange(n_classes)[:, None]).astype(np.float64)
