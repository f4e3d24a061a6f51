"""Which examples is a net trained on: loaded once, turned into features, part of them set aside for validation?"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.errors import UserError
from nnexp.parts.datasets import Data


@functools.lru_cache(maxsize=32)
def inputs(dataset: Any, content: str, features: Any) -> Any:
    """The feature map of the training examples, (m, examples); `content` is the digest of what the data set holds.

    Raises:
        UserError: if they do not fit the memory, or are no finite numbers.
    """
    with np.errstate(all="ignore"):
        try:
            X = features.transform(loaded(dataset, content).X_train)
        except MemoryError:
            raise UserError(
                f"features={features.name} makes more features than fit the memory; ask for fewer"
            ) from None
    return _finite(X, f"features={features.name}")


@functools.lru_cache(maxsize=32)
def loaded(dataset: Any, content: str) -> Data:
    """The data set, read once as long as its `content` is the same.

    Raises:
        UserError: if it does not fit the memory, or does not hold finite numbers.
    """
    with np.errstate(all="ignore"):
        try:
            data = dataset.load()
        except MemoryError:
            raise UserError(f"dataset={dataset.name} does not fit the memory; ask for fewer examples") from None
    for values in (data.X_train, data.Y_train, data.X_test, data.Y_test):
        _finite(values, f"dataset={dataset.name}")
    return data


def _finite(values: Any, what: str) -> Any:
    """The values, refused where not all are finite numbers."""
    if not np.isfinite(values).all():
        raise UserError(f"{what} gives numbers too large to work with; scale the data or the parameters down")
    return values


def split(stopping: Any, n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which of n training examples are trained on, and which are set aside for validation, in their order.

    Raises:
        UserError: if that would leave none of either.
    """
    aside = round(stopping.validation_share * n)
    if stopping.validation_share == 0.0 or not n:
        return np.arange(n), np.arange(0)
    if not 1 <= aside < n:
        raise UserError(
            f"stopping.{stopping.name}.share={stopping.validation_share:g} of {n} training examples leaves none "
            "to validate or to train on; give another share, or more examples"
        )
    order = np.random.default_rng(stopping.seed).permutation(n)
    return np.sort(order[aside:]), np.sort(order[:aside])
