"""What does a unit do with its pre-activation z?

An activation is applied element by element, a = f(z). It gives f, its slope f' and its curvature f'', each written into
`out` (same shape as z, float64), exact and finite at any z. Where f' and f'' can be said through a alone, z is not kept
and `value` may be given `out=z`; `needs_z` marks the others.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from nnexp.parts.registry import Number, Part, Positive, Share, part

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Activation(Part):
    """The interface of an activation, and its two marks."""

    needs_z: ClassVar[bool] = False
    has_slope: ClassVar[bool] = True

    def value(self, z: Array, out: Array) -> Array:
        """A = f(z)."""
        raise NotImplementedError

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        """f'(z), where a = f(z); z holds the pre-activation only if `needs_z`."""
        raise NotImplementedError

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        """f''(z), where a = f(z); z holds the pre-activation only if `needs_z`."""
        raise NotImplementedError


def _plane(number: float, like: Array) -> Array:
    """One number in the shape of the last two axes of `like`: NumPy compares with that 3 times as fast as with a number."""
    return _filled(number, like.shape[-2:])


@functools.lru_cache(maxsize=64)
def _filled(number: float, shape: tuple[int, ...]) -> Array:
    return np.full(shape, number)


@part("activation", "identity")
class Identity(Activation):
    """a = z: the output unit of regression; as a hidden activation it makes a linear net."""

    def value(self, z: Array, out: Array) -> Array:
        np.copyto(out, z)
        return out

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        out[...] = 1.0
        return out

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        out[...] = 0.0
        return out


@part("activation", "step")
class Step(Activation):
    """a = 1 where z > 0, else 0, also at z = 0; its slope is 0 everywhere, so nothing beneath it can be trained."""

    has_slope: ClassVar[bool] = False

    def value(self, z: Array, out: Array) -> Array:
        return np.greater(z, 0.0, out=out)

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        out[...] = 0.0
        return out

    curvature = slope


@part("activation", "sigmoid")
class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z)): the step from 0 to 1, relaxed."""

    def value(self, z: Array, out: Array) -> Array:
        np.maximum(z, _plane(-708.0, z), out=out)  # exp stays finite
        np.negative(out, out=out)
        np.exp(out, out=out)
        out += 1.0
        return np.reciprocal(out, out=out)

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        np.subtract(1.0, a, out=out)
        out *= a
        return out

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        np.subtract(1.0, a, out=out)
        out *= a
        out *= 1.0 - 2.0 * a
        return out


@part("activation", "tanh")
class Tanh(Activation):
    """a = tanh(z): the step from -1 to +1, relaxed."""

    def value(self, z: Array, out: Array) -> Array:
        return np.tanh(z, out=out)

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        np.multiply(a, a, out=out)
        return np.subtract(1.0, out, out=out)

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        self.slope(z, a, out)
        out *= -2.0 * a
        return out


@part("activation", "relu")
class Relu(Activation):
    """a = max(z, 0); the slope at z = 0 is 0 by definition."""

    def value(self, z: Array, out: Array) -> Array:
        return np.maximum(z, _plane(0.0, z), out=out)

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        np.copyto(out, np.greater(a, 0.0))
        return out

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        out[...] = 0.0
        return out


@part("activation", "leaky_relu")
class LeakyRelu(Activation):
    """a = z where z > 0, else leak * z, so that no unit is ever dead; the slope at z = 0 is the leak."""

    leak: Share = 0.01

    def value(self, z: Array, out: Array) -> Array:
        return np.maximum(z, self.leak * z, out=out)

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        np.greater(a, 0.0, out=out)
        out *= 1.0 - self.leak
        out += self.leak
        return out

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        out[...] = 0.0
        return out


@part("activation", "softplus")
class Softplus(Activation):
    """a = ln(1 + exp(z)): the ReLU, smoothed; its slope is the sigmoid."""

    def value(self, z: Array, out: Array) -> Array:
        return np.logaddexp(0.0, z, out=out)

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        np.negative(a, out=out)
        np.expm1(out, out=out)
        return np.negative(out, out=out)

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        self.slope(z, a, out)
        out *= 1.0 - out
        return out


@part("activation", "elu")
class Elu(Activation):
    """a = z where z > 0, else scale * (exp(z) - 1); smooth at 0 for scale 1 (Clevert et al. 2016)."""

    scale: Positive = 1.0

    def value(self, z: Array, out: Array) -> Array:
        negative = self.scale * np.expm1(np.minimum(z, 0.0))
        np.maximum(z, 0.0, out=out)
        out += negative
        return out

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        out[...] = np.where(a > 0.0, 1.0, a + self.scale)
        return out

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        out[...] = np.where(a > 0.0, 0.0, a + self.scale)
        return out


@part("activation", "gelu")
class Gelu(Activation):
    """a = z Phi(z), with Phi the normal distribution function (Hendrycks & Gimpel 2016, the exact form)."""

    needs_z: ClassVar[bool] = True

    def value(self, z: Array, out: Array) -> Array:
        return np.multiply(z, ndtr(z), out=out)

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        np.multiply(z, _normal_density(z), out=out)
        out += ndtr(z)
        return out

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        bounded = np.clip(z, -38.0, 38.0)  # beyond, the density is 0 and z^2 may overflow
        np.subtract(2.0, bounded * bounded, out=out)
        out *= _normal_density(z)
        return out


@part("activation", "sine")
class Sine(Activation):
    """a = sin(frequency * z): a periodic unit (Sitzmann et al. 2020)."""

    frequency: Number = 1.0
    needs_z: ClassVar[bool] = True

    def value(self, z: Array, out: Array) -> Array:
        np.multiply(z, self.frequency, out=out)
        return np.sin(out, out=out)

    def slope(self, z: Array, a: Array, out: Array) -> Array:
        np.multiply(z, self.frequency, out=out)
        np.cos(out, out=out)
        out *= self.frequency
        return out

    def curvature(self, z: Array, a: Array, out: Array) -> Array:
        return np.multiply(a, -(self.frequency**2), out=out)


def _normal_density(z: Array) -> Array:
    bounded = np.minimum(np.abs(z), 38.0)  # exp(-722) is the last before underflow
    return np.exp(-0.5 * bounded * bounded) / np.sqrt(2.0 * np.pi)
