"""How bad is a guess?

A loss L(guess, actual) is a number per example; the objective takes its mean. A loss owns its output unit: it knows which
units it can stand on and gives its slope and curvature with respect to the last pre-activation z, so that no combination
of loss and unit can train on a wrong gradient.

Shapes: z and its slope (..., outputs, examples), Y (outputs, examples) or as z, values (..., examples). No number
overflows before z itself is so large that its square does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.registry import Part, Positive, part

Array = NDArray[np.float64]
TASKS = ("regression", "binary", "multiclass", "multilabel")


@dataclass(frozen=True)
class Loss(Part):
    """The interface of a loss, the output unit it brings (`output`), those it allows, and the tasks it can be used for.

    `unit` is the activation part of the output, or None for a unit of the loss's own.
    """

    output: ClassVar[str]
    outputs: ClassVar[tuple[str, ...]]
    tasks: ClassVar[tuple[str, ...]]

    def guess(self, z: Array, unit: Any) -> Array:
        """What the net says: the output unit applied to z, as a new array."""
        return unit.value(z, np.empty_like(z))

    def labels(self, z: Array, unit: Any) -> NDArray[np.bool_]:
        """Which outputs say 1, as z: those whose guess is above 1/2."""
        return np.greater(self.guess(z, unit), 0.5)

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        """L for every example, (..., examples)."""
        raise NotImplementedError

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        """dL/dz, (..., outputs, examples), written into `out`; z may be overwritten."""
        raise NotImplementedError

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        """d2L/dz dz, (..., outputs, outputs, examples)."""
        raise NotImplementedError


@part("loss", "squared")
class Squared(Loss):
    """L = sum over outputs of (guess - actual)^2, without a 1/2; stands on any output unit, identity unasked."""

    output: ClassVar[str] = "identity"
    outputs: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = TASKS

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        residual = self.guess(z, unit)
        residual -= Y
        residual *= residual
        return np.add.reduce(residual, axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        if unit.name == "identity":
            np.subtract(z, Y, out=out)
            out *= 2.0
            return out
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
        return _diagonal(2.0 * (slope * slope + (guess - Y) * bend))


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
        return _diagonal(unit.slope(z, self.guess(z, unit), np.empty_like(z)))


@part("loss", "asymmetric_nll")
class AsymmetricNll(Nll):
    """As nll, but an example whose actual value is 1 weighs `false_negative_cost` times as much."""

    false_negative_cost: Positive = 10.0

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        return np.add.reduce(_surprise(z, Y) * _weight(Y, self.false_negative_cost), axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        super().slope(z, Y, unit, out)
        out *= _weight(Y, self.false_negative_cost)
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        slope = unit.slope(z, self.guess(z, unit), np.empty_like(z))
        return _diagonal(slope * _weight(Y, self.false_negative_cost))


@part("loss", "asymmetric_squared")
class AsymmetricSquared(Squared):
    """As squared, but an example whose actual value is 1 weighs `false_negative_cost` times as much."""

    false_negative_cost: Positive = 10.0
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multilabel")

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        residual = self.guess(z, unit) - Y
        return np.add.reduce(residual * residual * _weight(Y, self.false_negative_cost), axis=-2)

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        super().slope(z, Y, unit, out)
        out *= _weight(Y, self.false_negative_cost)
        return out

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        weight = _weight(Y, self.false_negative_cost)
        return super().curvature(z, Y, unit) * weight[..., None, :, :]


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
        return _diagonal(np.where(np.abs(z - Y) <= self.delta, 2.0, 0.0))


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
        return _diagonal(np.zeros_like(z))


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
        return _diagonal(guess) - guess[..., :, None, :] * guess[..., None, :, :]

    def _softmax(self, z: Array, out: Array) -> Array:
        np.subtract(z, np.maximum.reduce(z, axis=-2, keepdims=True), out=out)
        np.exp(out, out=out)
        out /= np.add.reduce(out, axis=-2, keepdims=True)
        return out


def _surprise(z: Array, Y: Array) -> Array:
    """-ln of what sigmoid(z) gives the actual value 0 or 1: ln(1 + exp(z)) - Y z, finite at any z."""
    surprise = np.log1p(np.exp(-np.abs(z)))
    surprise += np.maximum(z, 0.0)
    surprise -= Y * z
    return surprise


def _weight(Y: Array, false_negative_cost: float) -> Array:
    """1 where the actual value is 0, `false_negative_cost` where it is 1."""
    return 1.0 + (false_negative_cost - 1.0) * Y


def _diagonal(per_output: Array) -> Array:
    """(..., outputs, examples) on the diagonal of (..., outputs, outputs, examples)."""
    return per_output[..., :, None, :] * np.eye(per_output.shape[-2])[:, :, None]
