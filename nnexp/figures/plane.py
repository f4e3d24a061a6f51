"""In what plane is a data set seen?

Two coordinates are seen as they are, and one along a line. Of more, the plane through the training mean along the first
two principal directions is shown: a slice, which most points do not lie in, and which says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.figures import fit

Array = NDArray[np.float64]
MARGIN = 0.08
REACH = 3.0
LARGEST = 500


@dataclass(frozen=True)
class Plane:
    """A line (k = 1) or plane (k = 2) in the space of the data.

    origin: (d,), a point of it; directions: (d, k), of length 1 and at right angles.
    names: of its k coordinates; limits: the least and greatest value of each that is shown.
    note: a sentence where it is a slice, else empty.
    """

    origin: Array
    directions: Array
    names: tuple[str, ...]
    limits: tuple[tuple[float, float], ...]
    note: str

    def seen(self, X: Array) -> Array:
        """(k, examples), the coordinates in the plane of data points X (d, examples)."""
        return self.directions.T @ (X - self.origin[:, None])

    def grid(self, size: int) -> Array:
        """(d, size ** k), the pixels' centres as data points, row by row from the top left."""
        across = centers(self.limits[0], size)
        if len(self.names) == 1:
            return self.origin[:, None] + self.directions @ across[None, :]
        down = centers(self.limits[1], size)[::-1]
        places = np.stack([np.tile(across, size), np.repeat(down, size)])
        return self.origin[:, None] + self.directions @ places


def centers(limits: tuple[float, float], size: int) -> Array:
    """(size,), the middles of so many equal parts of an interval."""
    return limits[0] + (np.arange(size) + 0.5) / size * (limits[1] - limits[0])


def plane(data: Any) -> Plane:
    """The plane that a data set's pictures show, with room around all its points."""
    d, n = data.X_train.shape
    if n == 0:
        return _first_two(data.inputs)
    if d <= 2:
        origin, directions, names, note = np.zeros(d), np.eye(d), _inputs(data), ""
    else:
        origin, directions, names, note = _principal(data.X_train)
    seen = directions.T @ (np.concatenate([data.X_train, data.X_test], axis=1) - origin[:, None])
    return Plane(origin, directions, names, tuple(span(row) for row in seen), note)


def _inputs(data: Any) -> tuple[str, ...]:
    """The names of the inputs, with a word where their numbers are not those of the data's source."""
    marked = data.standardized
    return tuple(fit.plain(name) + " (standardized)" * by for name, by in zip(data.inputs, marked, strict=True))


def _first_two(inputs: Sequence[str]) -> Plane:
    """The plane of the first two inputs, for a task without points: some normal distribution's worth of each."""
    shown, d = min(2, len(inputs)), len(inputs)
    note = f"A slice of {d} dimensions: the other inputs are 0." if d > 2 else ""
    return Plane(np.zeros(d), np.eye(d)[:, :shown], tuple(inputs[:shown]), ((-REACH, REACH),) * shown, note)


def span(values: Array, margin: float = MARGIN) -> tuple[float, float]:
    """The least and greatest value, with a margin on both sides; never the same."""
    low, high = float(np.min(values)), float(np.max(values))
    room = margin * (high - low) or 0.5
    return low - room, high + room


def _principal(X: Array) -> tuple[Array, Array, tuple[str, ...], str]:
    """Mean (d,), the first two principal directions (d, 2), their names, and what is not in their plane."""
    mean = X.mean(axis=1)
    if len(X) > LARGEST:  # few of the directions that many inputs have are taken
        first, sizes, _ = np.linalg.svd(np.pad(X - mean[:, None], ((0, 0), (0, 1))), full_matrices=False)
        first, variance = first[:, :2], sizes[::-1] ** 2
    else:
        variance, directions = np.linalg.eigh(np.cov(X, bias=True))
        first = directions[:, ::-1][:, :2]
    share = variance[::-1][:2] / max(float(variance.sum()), 1e-300)
    first = first * np.where(first[np.abs(first).argmax(axis=0), [0, 1]] < 0.0, -1.0, 1.0)
    names = [f"principal direction {i + 1} ({part:.0%} of variance)" for i, part in enumerate(share)]
    return mean, first, tuple(names), _slice_note(X.shape[0], share)


def _slice_note(d: int, share: Sequence[float] | Array) -> str:
    return (
        f"A slice of {d} dimensions, through the training mean along its first two principal directions. "
        f"Points are projected onto it; {1.0 - float(np.sum(share)):.0%} of their variance lies off it."
    )
