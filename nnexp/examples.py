"""Which examples is a net trained on: loaded once, turned into features, part of them set aside for validation?

What is kept is kept by content. The content of a data set that released code makes or reads is known without loading it; the
content of any other, such as one of the user's own, is what loading it gives, and within `one_look` it is loaded once.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp import fingerprints
from nnexp.errors import UserError
from nnexp.parts.datasets import Data

FINGERPRINT = "fingerprint"
"""The key under which identities and settings say which code, or which content, a part has."""

_LOCK = threading.RLock()
_SEEN: dict[Any, tuple[Data, str]] = {}
"""Data sets that were loaded within the looks that are open, with the digest of their content."""

_open_looks = 0


@contextlib.contextmanager
def one_look() -> Iterator[None]:
    """Within it, as a context or a decorator, no data set is loaded twice, and both it and code count as they were then."""
    global _open_looks
    with _LOCK:
        _open_looks += 1
        if _open_looks == 1:
            fingerprints.hold(True)
    try:
        yield
    finally:
        with _LOCK:
            _open_looks -= 1
            if not _open_looks:
                _SEEN.clear()
                fingerprints.hold(False)


def identity(dataset: Any) -> dict[str, Any]:
    """What of a data set determines a run: its parameters and, where released code does not tell it, its content."""
    found = dataset.fingerprint() if dataset.is_released else _look(dataset)[1]
    said: dict[str, Any] = dataset.identity()
    return {**said, FINGERPRINT: found} if found else said


def loaded(dataset: Any, content: str) -> Data:
    """The data set, read once as long as its `content`, the digest of its identity, is the same.

    Raises:
        UserError: if it does not fit the memory, or does not hold finite numbers.
    """
    return _released(dataset, content) if dataset.is_released else _look(dataset)[0]


@functools.lru_cache(maxsize=32)
def inputs(dataset: Any, content: str, features: Any, code: str) -> Any:
    """The feature map of the training examples, (m, examples).

    Args:
        dataset: the data set.
        content: the digest of its identity.
        features: the feature map.
        code: its fingerprint.

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
def _released(dataset: Any, content: str) -> Data:
    return _read(dataset)


def _look(dataset: Any) -> tuple[Data, str]:
    """The data set as copies of its own, which the user's code cannot change, and the digest of its content."""
    with _LOCK:
        found = _SEEN.get(dataset)
        if found is None:
            data = _read(dataset)
            X_train, Y_train, X_test, Y_test = map(np.array, (data.X_train, data.Y_train, data.X_test, data.Y_test))
            content = _digest(data.task, X_train, Y_train, X_test, Y_test)
            found = replace(data, X_train=X_train, Y_train=Y_train, X_test=X_test, Y_test=Y_test), content
            if _open_looks:
                _SEEN[dataset] = found
    return found


def _digest(task: str, *arrays: NDArray[Any]) -> str:
    made = hashlib.blake2b(task.encode(), digest_size=8)
    for array in arrays:
        made.update(f"{array.dtype.str} {array.shape}".encode())
        made.update(np.ascontiguousarray(array).data)
    return made.hexdigest()


def _read(dataset: Any) -> Data:
    """The data set, refused where it does not fit the memory or is not of finite numbers."""
    with np.errstate(all="ignore"):
        try:
            data: Data = dataset.load()
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
