"""Functions of two or three numbers whose minima, saddles and slopes to infinity are known, in the clothes of an objective."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnexp.net.hessian import Derivatives
from nnexp.net.network import Network
from nnexp.net.objective import Penalized, Sample
from nnexp.parts import registry


@dataclass(frozen=True)
class Toy(Penalized):
    """J(theta) = 1 + function, with the gradient and the Hessian that are given by hand.

    function, slope, curvature: take the columns of theta, and give a number, a list, and a list of lists.
    """

    function: Any = None
    slope: Any = None
    curvature: Any = None

    def mean_loss(self, theta):
        return 1.0 + np.array([self.function(*row) for row in theta], dtype=float)

    def loss_gradient(self, theta, out):
        out[...] = np.array([self.slope(*row) for row in theta], dtype=float).reshape(theta.shape)
        return out

    def loss_hessian(self, theta):
        return np.array([self.curvature(*row) for row in theta], dtype=float).reshape(*theta.shape, theta.shape[1])

    def loss_hessian_product(self, theta, v):
        return np.einsum("rij,rj->ri", self.loss_hessian(theta), v)

    def loss_derivatives(self, theta):
        return Derivatives(self.mean_loss(theta), self.loss_gradient(theta, theta.copy()), self.loss_hessian(theta))


def toy(dimensions, function, slope, curvature):
    network = Network(
        (dimensions, 1), (), registry.make("activation", "identity"), registry.make("loss", "squared"), False
    )
    sample = Sample(np.eye(dimensions), np.zeros((1, dimensions)))
    return Toy(network, sample, sample, function=function, slope=slope, curvature=curvature)


BOWL = toy(2, lambda x, y: x * x + 3 * y * y, lambda x, y: [2 * x, 6 * y], lambda x, y: [[2, 0], [0, 6]])
QUARTIC = toy(
    2, lambda x, y: x**4 + y * y, lambda x, y: [4 * x**3, 2 * y], lambda x, y: [[12 * x * x, 0], [0, 2]]
)  # a minimum at 0 that no second order can tell
BENT = toy(
    2,
    lambda x, y: y * y + x * x * y,
    lambda x, y: [2 * x * y, 2 * y + x * x],
    lambda x, y: [[2 * y, 2 * x], [2 * x, 2]],
)  # falls from 0 along y = -x^2 / 2 only
MONKEY = toy(
    2,
    lambda x, y: x**3 - 3 * x * y * y,
    lambda x, y: [3 * x * x - 3 * y * y, -6 * x * y],
    lambda x, y: [[6 * x, -6 * y], [-6 * y, -6 * x]],
)
SLOPE = toy(
    2,
    lambda x, y: np.exp(-x) + y * y,
    lambda x, y: [-np.exp(-x), 2 * y],
    lambda x, y: [[np.exp(-x), 0], [0, 2]],
)  # no minimum: lower for ever as x grows
SLOW_SLOPE = toy(
    2,
    lambda x, y: 1 / (1 + x * x) + y * y,
    lambda x, y: [-2 * x / (1 + x * x) ** 2, 2 * y],
    lambda x, y: [[(6 * x * x - 2) / (1 + x * x) ** 3, 0], [0, 2]],
)
WELLS = toy(
    2,
    lambda x, y: (x * x - 1) ** 2 + y * y,
    lambda x, y: [4 * x * (x * x - 1), 2 * y],
    lambda x, y: [[12 * x * x - 4, 0], [0, 2]],
)  # minima at x = -1 and 1, a saddle at 0
