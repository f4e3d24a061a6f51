"""Where is J creased, and does a crease hold a point?

A unit whose f' jumps at z = 0 (relu, leaky_relu) creases J where an example puts its z at 0. With n the gradient of that z
by theta, and c = dJ/da times the jump of f', the gradient of J is g on one side of the crease and g + c n on the other.
Where several creases meet, J is stationary (Clarke 1983, "Optimization and Nonsmooth Analysis") if some mean of the
gradients around is 0:

    g + sum over creases of t c n = 0 with 0 <= t <= 1, g being the gradient where all these z are negative.

With c > 0 the crease is a valley's: J rises to both sides if 0 < t < 1. With c < 0 it is a ridge, from which J falls to one
side at least.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from nnexp.net.network import Network
from nnexp.net.objective import Penalized

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Crease = tuple[int, int, int]
"""Hidden layer, unit, example."""

TINY = 1e-30
LONGER = 100.0
"""How many times as long the whole normal of a z may be as its part in the layer's own weights."""

APPROACHES = 5
FEEBLE = 1e-12
"""A crease that bends J's gradient by less than this is none."""


def jump(f: Any) -> float:
    """By how much f' jumps at z = 0."""
    z = np.array([[[TINY, -TINY]]])
    above, below = f.slope(z, f.value(z, out=np.empty_like(z)), out=np.empty_like(z))[0, 0]
    return float(above - below)


JUMP = 1e-12
"""What a slope changes by, at least, where it jumps."""


def creased(objective: Penalized) -> bool:
    """Whether J has creases at all."""
    return objective.n_examples > 0 and any(jump(f) != 0.0 for f in objective.network.hidden)


def creased_at_output(objective: Penalized, theta: Array, reach: float) -> bool:
    """Whether the loss's slope in the last z jumps for some example, at theta (parameters,) or as near as `reach` to its z.

    Across a jump the slope changes as much within half the reach as within all of it; where it is smooth, half as much.
    """
    if not objective.n_examples:
        return False
    network, train = objective.network, objective.train
    z = network.preactivation(theta[None], train.X)
    step = reach * max(1.0, float(np.abs(z).max()))
    slopes = [
        network.loss.slope(z + change, train.Y, network.unit, out=np.empty_like(z))
        for change in (-step, step, -2.0 * step, 2.0 * step)
    ]
    near, wide = np.abs(slopes[1] - slopes[0]), np.abs(slopes[3] - slopes[2])
    return bool(((near > JUMP) & (near > 0.75 * wide)).any())


@dataclass(frozen=True)
class Sheet:
    """One net on its examples, with its creases.

    layers: (n, m + 1) of each layer.
    inputs: (m + 1, examples) of each layer.
    z: (n, examples) of each hidden layer.
    slopes: (n, examples) of each hidden layer.
    pulls: dJ/da, (n, examples), of each hidden layer.
    """

    network: Network
    layers: list[Array]
    inputs: list[Array]
    z: list[Array]
    slopes: list[Array]
    pulls: list[Array]

    def normal(self, crease: Crease) -> Array:
        """The gradient of the crease's z by theta, (parameters,)."""
        place, unit, example = crease
        normal = np.zeros(self.network.n_parameters)
        into = self.network.layers(normal[None])
        delta = np.eye(len(self.layers[place]))[unit]
        for i in reversed(range(place + 1)):
            into[i][0] = np.outer(delta, self.inputs[i][:, example])
            if i:
                delta = (self.layers[i][:, : self.network.sizes[i]].T @ delta) * self.slopes[i - 1][:, example]
        return normal

    def curvature(self, crease: Crease) -> Array:
        """The Hessian of the crease's z by theta, (parameters, parameters), of a net of ReLUs.

        While no unit wakes or falls asleep, z is a sum of products of weights, and a central difference exact at any step.
        """
        place, unit, example = crease
        parameters = self.network.n_parameters
        theta = np.concatenate([layer.ravel() for layer in self.layers])
        moved = np.concatenate([theta + np.eye(parameters), theta - np.eye(parameters)])
        layers, a = self.network.layers(moved), [np.tile(self.inputs[0][:, example], (len(moved), 1))]
        for i in range(place):
            z = np.matmul(layers[i], a[i][:, :, None])[:, :, 0] * self.slopes[i][:, example]
            a.append(np.concatenate([z, np.ones((len(moved), int(self.network.offsets)))], axis=1))
        normals = np.zeros_like(moved)
        into = self.network.layers(normals)
        delta = np.tile(np.eye(len(self.layers[place]))[unit], (len(moved), 1))
        for i in reversed(range(place + 1)):
            into[i][...] = delta[:, :, None] * a[i][:, None, :]
            if i:
                weights = layers[i][:, :, : self.network.sizes[i]]
                delta = np.matmul(delta[:, None, :], weights)[:, 0] * self.slopes[i - 1][:, example]
        difference = 0.5 * (normals[:parameters] - normals[parameters:])
        return 0.5 * (difference + difference.T)

    def bend(self, crease: Crease) -> float:
        """c: by how much J's gradient jumps across the crease, in units of its normal."""
        place, unit, example = crease
        return float(self.pulls[place][unit, example] * jump(self.network.hidden[place]))

    def within(self, distance: float, feeble: float = FEEBLE) -> list[Crease]:
        """The creases nearer than this, as far as the first order tells, that bend J's gradient by more than `feeble`."""
        found = []
        for place, z in enumerate(self.z):
            if jump(self.network.hidden[place]) == 0.0:
                continue
            own = np.sqrt(np.add.reduce(self.inputs[place] ** 2, axis=0))
            for unit, example in np.argwhere(np.abs(z) <= LONGER * distance * own):
                crease = place, int(unit), int(example)
                length = float(np.linalg.norm(self.normal(crease)))
                if (
                    abs(z[unit, example]) <= distance * length
                    and abs(self.bend(crease)) * length > feeble
                    and length > 0.0
                ):
                    found.append(crease)
        return found

    def height(self, crease: Crease) -> float:
        """The crease's z."""
        place, unit, example = crease
        return float(self.z[place][unit, example])


def sheet(objective: Penalized, theta: Array) -> Sheet:
    """The creases of one theta (parameters,)."""
    network = objective.network
    layers = [layer[0] for layer in network.layers(theta[None])]
    inputs, z, slopes = [network.inputs(objective.train.X)], [], []
    for f, layer in zip(network.hidden, layers, strict=False):
        z.append(layer @ inputs[-1])
        a = f.value(z[-1][None], out=np.empty_like(z[-1])[None])
        slopes.append(f.slope(z[-1][None], a, out=np.empty_like(a))[0])
        inputs.append(network.inputs(a[0]))
    last = (layers[-1] @ inputs[-1])[None]
    delta = network.loss.slope(last, objective.train.Y, network.unit, out=np.empty_like(last))[0] / objective.n_examples
    pulls: list[Array] = []
    for i in reversed(range(1, len(layers))):
        pulls.insert(0, layers[i][:, : network.sizes[i]].T @ delta)
        delta = pulls[0] * slopes[i - 1]
    return Sheet(network, layers, inputs, z, slopes, pulls)


def flattened(objective: Penalized, theta: Array, creases: list[Crease]) -> Array:
    """Theta (parameters,) moved onto these creases, by the shortest way the first order knows."""
    for _ in range(APPROACHES):
        there = sheet(objective, theta)
        normals = np.array([there.normal(crease) for crease in creases]).reshape(len(creases), -1)
        heights = np.array([there.height(crease) for crease in creases])
        theta = theta - np.linalg.pinv(normals) @ heights
    return theta


def within(objective: Penalized, theta: Array, creases: list[Crease]) -> Array:
    """The projection (parameters, parameters) onto the directions at theta (parameters,) that keep to these creases."""
    there = sheet(objective, theta)
    left, sizes, _ = np.linalg.svd(np.array([there.normal(crease) for crease in creases]).T, full_matrices=False)
    across = left[:, sizes > 1e-10 * sizes.max(initial=0.0)]
    return np.eye(len(theta)) - across @ across.T


def pressed(there: Sheet, creases: list[Crease], gradient: Array) -> Array:
    """What the bending of the creases takes from the Hessian within them, (parameters, parameters).

    On creases z = 0 with gradient = sum of m n, J curves as its Hessian less the sum of m times that of z.
    """
    pulls = np.linalg.pinv(np.array([there.normal(crease) for crease in creases]).T) @ gradient
    total = np.zeros((len(gradient), len(gradient)))
    for crease, pull in zip(creases, pulls, strict=True):
        if crease[0]:
            total += pull * there.curvature(crease)
    return total


@dataclass(frozen=True)
class Balance:
    """How the pulls from the sides of some creases balance.

    rest: the length of the shortest mean of the gradients around; 0 where they balance.
    escape: a direction (parameters,) of length 1 in which J falls, where they do not.
    kept: the creases that J does not fall off in that direction.
    """

    rest: float
    escape: Array
    kept: list[Crease]


def balance(there: Sheet, gradient: Array, creases: list[Crease]) -> Balance:
    """The balance at a point that lies on these creases, `gradient` (parameters,) being J's as computed there."""
    normals = np.array([there.normal(crease) for crease in creases])
    bends = np.array([there.bend(crease) for crease in creases])
    above = np.array([there.slopes[k][unit, example] == _upper(there, k) for k, unit, example in creases])
    below = gradient - (above * bends) @ normals
    if (bends < 0.0).any():
        return _off_the_ridge(below, normals, bends, creases)
    shares = lsq_linear((bends[:, None] * normals).T, -below, bounds=(0.0, 1.0), method="bvls").x
    rest = below + (shares * bends) @ normals
    length = float(np.sqrt(rest @ rest))
    between = (shares > 0.0) & (shares < 1.0)
    return Balance(length, -rest / max(length, TINY), [c for c, kept in zip(creases, between, strict=True) if kept])


def _off_the_ridge(below: Array, normals: Array, bends: Array, creases: list[Crease]) -> Balance:
    """The way off the sharpest ridge, to the side on which J falls more, staying on all other creases if it can."""
    ridge = int(np.argmin(bends * np.linalg.norm(normals, axis=1)))
    dual = np.asarray(np.linalg.pinv(normals)[:, ridge], dtype=np.float64)
    dual /= np.sqrt(dual @ dual)
    up, down = (below + bends[ridge] * normals[ridge]) @ dual, -below @ dual
    rest, side = (-up, 1.0) if up < down else (-down, -1.0)
    return Balance(max(float(rest), 0.0), side * dual, [c for i, c in enumerate(creases) if i != ridge])


def _upper(there: Sheet, place: int) -> float:
    f = there.network.hidden[place]
    z = np.array([[[TINY]]])
    return float(f.slope(z, f.value(z, out=np.empty_like(z)), out=np.empty_like(z))[0, 0, 0])
