"""What every data set gives: points as columns, targets as columns, split once by the data set's own seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.datasets.columns import Encoding, Numeric, Target
from nnexp.parts.registry import Part

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Data:
    """A data set ready for training.

    X_train, X_test: (d, examples), one point a column.
    Y_train, Y_test: (outputs, examples); 0 or 1 for labels (one row a class, or a label), real values for regression.
    task: regression, binary, multiclass (one of several classes), multilabel (several yes-or-no labels), or population: no
        examples at all, an expectation over every input.
    inputs, outputs: the names of the coordinates and of the targets.
    encoding: how rows of the table that the data are from become coordinates; as they are unless given.
    target: how outputs become labels and values of that table; 0 and 1, or the outputs' names, unless given.
    train, test: which rows of the table are in each part, where there is a table.
    notes: what else is to be known of the table, such as columns that were left out, in words.
    """

    X_train: Array
    Y_train: Array
    X_test: Array
    Y_test: Array
    task: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    encoding: Encoding = field(default_factory=lambda: Encoding(()))
    target: Target = field(default_factory=lambda: Target(()))
    train: Rows | None = None
    test: Rows | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Fill in the encoding and the target of data that are used as they are."""
        if not self.encoding.columns:
            object.__setattr__(self, "encoding", Encoding(tuple(map(Numeric, self.inputs))))
        if not self.target.names:
            labels = {"binary": (0, 1), "multiclass": self.outputs}.get(self.task, ())
            names = ("label",) if labels else self.outputs
            object.__setattr__(self, "target", Target(names, labels))

    @property
    def standardized(self) -> tuple[bool, ...]:
        """Which of the coordinates have mean 0 and standard deviation 1 on the training part, (d,)."""
        scaled = [
            getattr(column, "mean", 0.0) != 0.0 or getattr(column, "deviation", 1.0) != 1.0
            for column in self.encoding.columns
        ]
        return tuple(flag for column, flag in zip(self.encoding.columns, scaled, strict=True) for _ in column.inputs)


@dataclass(frozen=True)
class Dataset(Part):
    """The interface of a data set."""

    def load(self) -> Data:
        """The data, the same at every call.

        Raises:
            UserError: if the data cannot be had or cannot be used.
        """
        raise NotImplementedError

    def table(self) -> pd.DataFrame | None:
        """The table that the data are made from, all rows as they are in it; None where points are used as they are."""
        return None

    def for_losses(self, losses: tuple[Any, ...]) -> Dataset:
        """The data set as these losses need it; the same unless it leaves open what its targets are.

        Args:
            losses: those that are asked for by name; none where the loss follows the data.
        """
        return self

    @property
    def label(self) -> str:
        """What it is called in pictures and tables."""
        return self.name


def count(number: int, what: str) -> str:
    """A number of things in words: 1 row, 2,000 rows."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def split(
    X: Array, Y: Array, task: str, test_share: float, seed: int, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> Data:
    """Data whose test part is a random `test_share` of the examples, at least one example staying for training."""
    n = X.shape[1]
    order = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,))).permutation(n)
    n_test = min(round(test_share * n), n - 1)
    train, test = np.sort(order[n_test:]), np.sort(order[:n_test])
    return Data(X[:, train], Y[:, train], X[:, test], Y[:, test], task, inputs, outputs, train=train, test=test)


def split_by_class(classes: NDArray[np.int64], test_share: float, seed: int) -> tuple[Rows, Rows]:
    """Rows of a training and a test part with the shares of the classes kept, as nearly as whole rows allow.

    Of a class with two rows or more each part gets at least one, where there is a test part; a single row is trained on.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    sizes = np.bincount(classes)
    exact = sizes * test_share
    counts = np.floor(exact).astype(np.intp)
    short = min(round(test_share * len(classes)), len(classes) - 1) - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[: max(short, 0)]] += 1
    if test_share > 0.0:
        counts = np.where(sizes > 1, np.clip(counts, 1, np.maximum(sizes - 1, 1)), 0)
    drawn = [rng.permutation(np.flatnonzero(classes == k)) for k in range(len(sizes))]
    test = np.sort(np.concatenate([rows[:count] for rows, count in zip(drawn, counts, strict=True)]))
    return np.setdiff1d(np.arange(len(classes)), test), test.astype(np.intp)


def moments(values: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each row of values (d, examples), both (d, 1); the deviation is 1 where nothing varies."""
    mean = values.mean(axis=1, keepdims=True)
    deviation = values.std(axis=1, keepdims=True)
    deviation[deviation <= 1e-12 * np.abs(mean)] = 1.0
    return mean, deviation


def standardized(data: Data) -> Data:
    """The data with mean 0 and standard deviation 1 on the training part, and the encoding that makes them so.

    A coordinate that does not vary on the training part is only centred.
    """
    mean, deviation = moments(data.X_train)
    scales = zip(data.inputs, mean[:, 0].tolist(), deviation[:, 0].tolist(), strict=True)
    return replace(
        data,
        X_train=(data.X_train - mean) / deviation,
        X_test=(data.X_test - mean) / deviation,
        encoding=Encoding(tuple(Numeric(*each) for each in scales)),
    )


def one_of(classes: NDArray[np.int64], n_classes: int) -> Array:
    """Class numbers (examples,) as targets: one row of 0 and 1 for two classes, else a row for each class."""
    if n_classes == 2:
        return classes[None, :].astype(np.float64)
    return np.equal(classes[None, :], np.arange(n_classes)[:, None]).astype(np.float64)
