"""From which initial weights does training reach which optimum?

A `Field` is a plane of initial theta, a pixel each: the caller trains them all, tells by a catalogue which optimum each
reaches, and brings the numbers back. They become a picture, and shares of the plane. A share of a plane is no probability
under an initializer, which draws from all of the space: that is the catalogue's to estimate.

Beside the shares stands how much of the plane is border: pixels with a neighbor of another color. A border whose share
does not fall by half when the pixels are made half as wide is no smooth curve (Grebogi et al. 1983, "Final state sensitivity").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.between.blocks import blocks

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

NONE = -1
"""The number of a pixel whose run reached no optimum."""


@dataclass(frozen=True)
class Field:
    """A plane of initial weights: theta = base + x first + y second, at the pixels' centers.

    base: (parameters,).
    directions: (parameters, 2).
    limits: least and greatest x, least and greatest y, at the rims of the picture.
    size: pixels along x, and along y.
    names: of x and y.
    """

    base: Array
    directions: Array
    limits: tuple[tuple[float, float], tuple[float, float]]
    size: tuple[int, int]
    names: tuple[str, str]

    @property
    def pixels(self) -> int:
        """How many runs the picture takes."""
        return self.size[0] * self.size[1]

    def places(self, pixels: slice = slice(None)) -> Array:
        """(pixels, 2), x and y of these pixels, row by row from the top left."""
        x, y = (
            low + (np.arange(n) + 0.5) / n * (high - low) for (low, high), n in zip(self.limits, self.size, strict=True)
        )
        number = np.arange(self.pixels)[pixels]
        return np.stack([x[number % self.size[0]], y[::-1][number // self.size[0]]], axis=1)

    def theta(self, pixels: slice = slice(None)) -> Array:
        """(pixels, parameters), the initial weights of these pixels, row by row from the top left."""
        return self.base + self.places(pixels) @ self.directions.T

    def blocks(self, size: int) -> Iterator[slice]:
        """All pixels in blocks of this many, for a picture whose theta are too many for memory at once."""
        yield from blocks(self.pixels, size)


@dataclass(frozen=True)
class Basins:
    """Which optimum is reached from where.

    field: the plane.
    number: (second size, first size), the optimum of each pixel, the top row first; NONE where there is none.
    optima: (found,), the numbers that occur, the largest share first, NONE last.
    share: (found,), of the plane.
    border: the share of pixels that have a neighbor, left, right, above or below, of another number.
    """

    field: Field
    number: Numbers
    optima: Numbers
    share: Array
    border: float


def coordinates(base: Array, i: int, j: int, limits: tuple[float, float], size: int) -> Field:
    """The plane in which parameters i and j take all values between two limits, and the others are as in base (parameters,).

    The base's own values of the two do not matter.
    """
    directions = np.zeros((len(base), 2))
    directions[[i, j], [0, 1]] = 1.0
    there = base.copy()
    there[[i, j]] = 0.0
    return Field(there, directions, (limits, limits), (size, size), (f"parameter {i}", f"parameter {j}"))


def plane(base: Array, first: Array, second: Array, reach: float, size: int) -> Field:
    """The plane through base (parameters,) along two directions, (parameters,) each, as far as `reach` to every side."""
    limits, names = (-reach, reach), ("first direction", "second direction")
    return Field(base, np.stack([first, second], axis=1), (limits, limits), (size, size), names)


def basins(field: Field, number: Numbers) -> Basins:
    """What the optima reached, (pixels,), in the order of `Field.theta`, make of the plane; any negative number is none.

    Raises:
        ValueError: if there is not one number for each pixel.
    """
    if number.shape != (field.pixels,):
        raise ValueError(f"a picture of {field.pixels} pixels takes as many numbers of optima, not {number.shape}")
    picture = np.where(number < 0, NONE, number).astype(np.int64).reshape(field.size[1], field.size[0])
    optima, count = np.unique(picture, return_counts=True)
    order = np.lexsort((optima, -count, optima == NONE))
    return Basins(field, picture, optima[order], count[order] / field.pixels, _border(picture))


def _border(picture: Numbers) -> float:
    """The share of pixels with a neighbor of another number."""
    other = np.zeros(picture.shape, dtype=np.bool_)
    for axis in (0, 1):
        one, next_one = (np.moveaxis(array, axis, 0) for array in (picture, other))
        differs = one[1:] != one[:-1]
        next_one[1:] |= differs
        next_one[:-1] |= differs
    return float(other.mean())


def image(
    picture: Numbers, colors: dict[int, tuple[int, int, int]], missing: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """(rows, columns, 3), each pixel in the color of its optimum, red, green and blue from 0 to 255; others as `missing`."""
    made = np.empty((*picture.shape, 3), dtype=np.uint8)
    made[...] = missing
    for number, color in colors.items():
        made[picture == number] = color
    return made
