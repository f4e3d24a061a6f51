"""Landscapes whose optima and passes are known, with the interface of an objective.

Each is a function of two numbers, written with its slopes; derivatives are checked against differences in `test_band`.
"""

from dataclasses import dataclass

import numpy as np

from nnexp.net.network import Network
from nnexp.net.objective import Penalized, Sample
from nnexp.parts import registry


@dataclass(frozen=True)
class Hill(Penalized):
    """A function of theta (runs, 2) given by `terms`: J (runs,), gradient (runs, 2), Hessian (runs, 2, 2)."""

    terms: object

    def mean_loss(self, theta):
        return self.terms(*theta.T)[0]

    def loss_gradient(self, theta, out):
        out[...] = np.stack(self.terms(*theta.T)[1], axis=1)
        return out

    def loss_hessian(self, theta):
        xx, xy, yy = (np.broadcast_to(part, len(theta)) for part in self.terms(*theta.T)[2])
        return np.moveaxis(np.array([[xx, xy], [xy, yy]]), 2, 0).copy()


def hill(terms):
    identity, squared = registry.make("activation", "identity"), registry.make("loss", "squared")
    nothing = Sample(np.empty((2, 0)), np.empty((1, 0)))
    return Hill(Network((2, 1), (), identity, squared, offsets=False), nothing, nothing, terms=terms)


def wells(tilt=0.0, width=0.5):
    """J = (x^2 - 1)^2 + tilt x + y^2 / (2 width): without a tilt, minima of 0 at (-1, 0) and (1, 0), a pass of 1 at 0."""

    def terms(x, y):
        bend = x * x - 1.0
        slopes = (4.0 * x * bend + tilt, y / width)
        return bend**2 + tilt * x + 0.5 * y * y / width, slopes, (12.0 * x * x - 4.0, 0.0 * x, 0.0 * x + 1.0 / width)

    return hill(terms)


def four_wells():
    """J = (x^2 - 1)^2 + (y^2 - 1)^2: four minima of 0, four passes of 1, and at 0 a saddle of index 2."""

    def terms(x, y):
        p, q = x * x - 1.0, y * y - 1.0
        return p**2 + q**2, (4.0 * x * p, 4.0 * y * q), (12.0 * x * x - 4.0, 0.0 * x, 12.0 * y * y - 4.0)

    return hill(terms)


def waves():
    """J = (1 - cos 2 pi x) / 2 + (y - sin(pi x) / 2)^2: minima of 0 at every whole x, passes of 1 halfway, off the line."""

    def terms(x, y):
        w, off, slope = 2.0 * np.pi, y - 0.5 * np.sin(np.pi * x), 0.5 * np.pi * np.cos(np.pi * x)
        J = 0.5 * (1.0 - np.cos(w * x)) + off**2
        bend = 0.5 * w * w * np.cos(w * x) + 2.0 * slope**2 + off * np.pi**2 * np.sin(np.pi * x)
        return J, (0.5 * w * np.sin(w * x) - 2.0 * off * slope, 2.0 * off), (bend, -2.0 * slope, 0.0 * x + 2.0)

    return hill(terms)


def trough():
    """J = x^4 + y^2: a minimum of which the second order does not tell that it is one."""
    return hill(lambda x, y: (x**4 + y * y, (4.0 * x**3, 2.0 * y), (12.0 * x * x, 0.0 * x, 0.0 * x + 2.0)))


A = np.array([-200.0, -100.0, -170.0, 15.0])[:, None]
B = np.array([[-1.0, -1.0, -6.5, 0.7], [0.0, 0.0, 11.0, 0.6], [-10.0, -10.0, -6.5, 0.7]])[:, :, None]
CENTER = np.array([[1.0, 0.0, -0.5, -1.0], [0.0, 0.5, 1.5, 1.0]])[:, :, None]
"""The constants of Mueller & Brown (1979), "Location of saddle points and minimum energy paths"."""

MUELLER_BROWN_MINIMA = np.array([[-0.558224, 1.441726], [0.623499, 0.028038], [-0.050011, 0.466694]])
MUELLER_BROWN_J = np.array([-146.699517, -108.166724, -80.767818])
MUELLER_BROWN_PASSES = np.array([[-0.822002, 0.624313], [0.212487, 0.292988]])
MUELLER_BROWN_HEIGHTS = np.array([-40.664844, -72.248940])
"""As published, to six places, the first pass between the first and the third minimum, the other between third and second."""


def mueller_brown():
    def terms(x, y):
        u, v = x - CENTER[0], y - CENTER[1]
        V = A * np.exp(B[0] * u * u + B[1] * u * v + B[2] * v * v)
        p, q = 2.0 * B[0] * u + B[1] * v, B[1] * u + 2.0 * B[2] * v
        slopes = (V * p).sum(axis=0), (V * q).sum(axis=0)
        bends = V * (p * p + 2.0 * B[0]), V * (p * q + B[1]), V * (q * q + 2.0 * B[2])
        return V.sum(axis=0), slopes, tuple(bend.sum(axis=0) for bend in bends)

    return hill(terms)
