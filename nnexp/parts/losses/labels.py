"""Losses that ask for the right label and care little, or not at all, how far the guess lies beyond it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from nnexp.parts.losses.base import Array, Loss, diagonal
from nnexp.parts.registry import part


@part("loss", "hinge")
class Hinge(Loss):
    """L = sum over outputs of max(0, 1 - z) where actual is 1, max(0, 1 + z) where it is 0; guess = (1 + z) / 2."""

    output: ClassVar[str] = "identity"
    outputs: ClassVar[tuple[str, ...]] = ("identity",)
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multilabel")

    def guess(self, z: Array, unit: Any) -> Array:
        return 0.5 * (1.0 + z)

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        return np.add.reduce(np.maximum(0.0, 1.0 - (2.0 * Y - 1.0) * z), axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        sign = 2.0 * Y - 1.0
        out[...] = np.where(sign * z < 1.0, -sign, 0.0)
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        return diagonal(np.zeros_like(z))


@part("loss", "zero_one")
class ZeroOne(Loss):
    """L = how many outputs say the wrong label, a guess above 1/2 saying 1: the 0-1 loss, which has no slope to learn by.

    Its derivative is 0 wherever it has one, so no net can be trained on it; it stands on any output unit, sigmoid unasked.
    """

    output: ClassVar[str] = "sigmoid"
    outputs: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multilabel")
    has_slope: ClassVar[bool] = False

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        wrong = np.not_equal(self.labels(z, unit), np.greater(Y, 0.5))
        return np.add.reduce(wrong, axis=-2, dtype=np.float64)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        out[...] = 0.0
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        return diagonal(np.zeros_like(z))
