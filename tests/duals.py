"""Numbers that know how they vary, and the functions of `math` for them.

A dual number is x + sum of x_p e_p with e_p e_q = 0: whatever is computed from it by the rules of arithmetic carries its exact
derivatives with respect to every parameter p along, so that a gradient worked out in dual numbers gives the Hessian.
Numbers without derivatives pass through as they are.
"""

import math
from math import isfinite, pi, sqrt  # noqa: F401

import numpy as np


class Dual:
    """A value and its derivatives, an array with one number a parameter."""

    __array_ufunc__ = None

    def __init__(self, value, slopes):
        self.value, self.slopes = value, slopes

    def __add__(self, other):
        return Dual(self.value + value(other), self.slopes + slopes(other))

    def __mul__(self, other):
        return Dual(self.value * value(other), value(other) * self.slopes + self.value * slopes(other))

    def __truediv__(self, other):
        return self * reciprocal(other)

    def __rtruediv__(self, other):
        return other * reciprocal(self)

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + other * -1.0

    def __rsub__(self, other):
        return other + self * -1.0

    def __abs__(self):
        return self if self.value >= 0.0 else -self

    def __lt__(self, other):
        return self.value < value(other)

    def __gt__(self, other):
        return self.value > value(other)

    def __ge__(self, other):
        return self.value >= value(other)

    __radd__, __rmul__ = __add__, __mul__


def value(x):
    return x.value if isinstance(x, Dual) else x


def slopes(x):
    return x.slopes if isinstance(x, Dual) else 0.0


def variables(numbers):
    """Dual numbers for parameters: each varies with itself alone."""
    return [Dual(x, row) for x, row in zip(numbers, np.eye(len(numbers)), strict=True)]


def jacobian(numbers, parameters):
    """How each of the numbers varies with each parameter, as a list of rows."""
    return [(slopes(x) + np.zeros(parameters)).tolist() for x in numbers]


def _function(f, slope):
    return lambda x: Dual(f(x.value), slope(x.value) * x.slopes) if isinstance(x, Dual) else f(x)


reciprocal = _function(lambda x: 1.0 / x, lambda x: -1.0 / (x * x))
exp = _function(math.exp, math.exp)
expm1 = _function(math.expm1, math.exp)
log = _function(math.log, lambda x: 1.0 / x)
log1p = _function(math.log1p, lambda x: 1.0 / (1.0 + x))
tanh = _function(math.tanh, lambda x: 1.0 - math.tanh(x) ** 2)
sin = _function(math.sin, math.cos)
cos = _function(math.cos, lambda x: -math.sin(x))
erfc = _function(math.erfc, lambda x: -2.0 / math.sqrt(math.pi) * math.exp(-x * x))
