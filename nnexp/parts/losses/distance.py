"""Losses that measure how far the guess lies from the actual value."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from nnexp.parts.losses.base import TASKS, Array, Loss, diagonal, weight
from nnexp.parts.registry import Positive, part


@part("loss", "squared")
class Squared(Loss):
    """L = sum over outputs of (guess - actual)^2, without a 1/2; stands on any output unit, identity unasked."""

    output: ClassVar[str] = "identity"
    outputs: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = (*TASKS, "population")

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        residual = self.guess(z, unit)
        residual -= Y
        residual *= residual
        return np.add.reduce(residual, axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        guess = self.guess(z, unit)
        unit.slope(z, guess, out)
        guess -= Y
        guess *= 2.0
        out *= guess
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        guess = self.guess(z, unit)
        slope = unit.slope(z, guess, np.empty_like(z))
        bend = unit.curvature(z, guess, np.empty_like(z))
        return diagonal(2.0 * (slope * slope + (guess - Y) * bend))


@part("loss", "asymmetric_squared")
class AsymmetricSquared(Squared):
    """As squared, but an example whose actual value is 1 weighs `false_negative_cost` times as much."""

    false_negative_cost: Positive = 10.0
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multilabel")

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        residual = self.guess(z, unit) - Y
        return np.add.reduce(residual * residual * weight(Y, self.false_negative_cost), axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        super().slope(z, Y, unit, out)
        out *= weight(Y, self.false_negative_cost)
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        return super().curvature(z, Y, unit) * weight(Y, self.false_negative_cost)[..., None, :, :]


@part("loss", "huber")
class Huber(Loss):
    """L = sum over outputs of r^2 where |r| <= delta, else 2 delta |r| - delta^2, r = guess - actual: squared, less swayed."""

    delta: Positive = 1.0
    output: ClassVar[str] = "identity"
    outputs: ClassVar[tuple[str, ...]] = ("identity",)
    tasks: ClassVar[tuple[str, ...]] = ("regression",)

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        far = np.abs(z - Y)
        near = np.minimum(far, self.delta)
        return np.add.reduce(near * (2.0 * far - near), axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        np.subtract(z, Y, out=out)
        np.clip(out, -self.delta, self.delta, out=out)
        out *= 2.0
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        return diagonal(np.where(np.abs(z - Y) <= self.delta, 2.0, 0.0))
