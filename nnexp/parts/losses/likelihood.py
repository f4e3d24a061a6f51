"""Losses that measure how unlikely the guess holds what is actually so: the negative logarithm of its probability."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.losses.base import Array, Loss, diagonal, weight
from nnexp.parts.registry import Positive, part


@part("loss", "nll")
class Nll(Loss):
    """L = -sum over outputs of (actual ln guess + (1 - actual) ln(1 - guess)), guess = sigmoid(z), actual 0 or 1."""

    output: ClassVar[str] = "sigmoid"
    outputs: ClassVar[tuple[str, ...]] = ("sigmoid",)
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multilabel")

    def labels(self, z: Array, unit: Any) -> NDArray[np.bool_]:
        return np.greater(z, 0.0)

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        return np.add.reduce(_surprise(z, Y), axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        unit.value(z, out)
        out -= Y
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        return diagonal(unit.slope(z, self.guess(z, unit), np.empty_like(z)))


@part("loss", "asymmetric_nll")
class AsymmetricNll(Nll):
    """As nll, but an example whose actual value is 1 weighs `false_negative_cost` times as much."""

    false_negative_cost: Positive = 10.0

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        return np.add.reduce(_surprise(z, Y) * weight(Y, self.false_negative_cost), axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        super().slope(z, Y, unit, out)
        out *= weight(Y, self.false_negative_cost)
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        slope = unit.slope(z, self.guess(z, unit), np.empty_like(z))
        return diagonal(slope * weight(Y, self.false_negative_cost))


@part("loss", "softmax_nll")
class SoftmaxNll(Loss):
    """L = -ln of the guess for the actual class, guess = softmax(z) over the outputs: one of several classes."""

    output: ClassVar[str] = "softmax"
    outputs: ClassVar[tuple[str, ...]] = ("softmax",)
    tasks: ClassVar[tuple[str, ...]] = ("multiclass",)

    def guess(self, z: Array, unit: Any) -> Array:
        return self._softmax(z, np.empty_like(z))

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        top = np.maximum.reduce(z, axis=-2)
        spread = np.add.reduce(np.exp(z - top[..., None, :]), axis=-2)
        return top + np.log(spread) - np.add.reduce(Y * z, axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        self._softmax(z, out)
        out -= Y
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        guess = self.guess(z, unit)
        return diagonal(guess) - guess[..., :, None, :] * guess[..., None, :, :]

    def _softmax(self, z: Array, out: Array) -> Array:
        np.subtract(z, np.maximum.reduce(z, axis=-2, keepdims=True), out=out)
        np.exp(out, out=out)
        out /= np.add.reduce(out, axis=-2, keepdims=True)
        return out


def _surprise(z: Array, Y: Array) -> Array:
    """-ln of what sigmoid(z) gives the actual value 0 or 1: ln(1 + exp(z)) - Y z, finite at any z."""
    surprise = np.maximum(z, 0.0)
    surprise -= Y * z  # 0 for a sure and right guess, beside which the rest keeps its digits
    surprise += np.log1p(np.exp(-np.abs(z)))
    return surprise
