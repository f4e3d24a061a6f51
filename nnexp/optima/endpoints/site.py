"""One run's net on its examples, as those see it who ask what its units do.

The units of a hidden layer are told apart by what their activation is where the examples put them: *linear* on all of them
(always), 0 on all of them, or bent; and by what they take in and give.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.net.objective import Penalized

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

PROBES = np.array([[[0.7, -0.7, 2.1, -2.1]]])


@dataclass(frozen=True)
class Kind:
    """What an activation is like.

    scale: f(c z) = c f(z) for c > 0.
    odd: f(-z) = -f(z).
    silent: f(z) = 0 for z < 0.
    """

    scale: bool
    odd: bool
    silent: bool

    @property
    def linear(self) -> bool:
        """Whether it is c z throughout."""
        return self.scale and self.odd


def kind(f: Any) -> Kind:
    """What an activation is like, found out at some points."""
    a = f.value(PROBES, out=np.empty_like(PROBES))[0, 0]
    scale = bool(np.allclose(a[2:], 3.0 * a[:2], rtol=1e-14, atol=0.0))
    odd = bool(np.allclose(a[::2], -a[1::2], rtol=1e-14, atol=0.0))
    return Kind(scale, odd, scale and a[1] == 0.0)


@dataclass(frozen=True)
class Site:
    """One run's net and data.

    theta: (parameters,).
    felt: (parameters,), True where a penalty pulls.
    rotates: whether l2 alone pulls, which no rotation changes.
    """

    objective: Penalized
    theta: Array
    felt: Mask
    rotates: bool

    @property
    def network(self) -> Network:
        """The net's shape."""
        return self.objective.network

    @functools.cached_property
    def layers(self) -> list[Array]:
        """(n, m + 1) of each layer."""
        return [layer[0] for layer in self.network.layers(self.theta[None])]

    @functools.cached_property
    def z(self) -> list[Array]:
        """(n, examples) of each hidden layer."""
        a, given = self.network.inputs(self.objective.train.X), []
        for f, layer in zip(self.network.hidden, self.layers, strict=False):
            given.append(layer @ a)
            a = self.network.inputs(_applied(f, given[-1]))
        return given

    @functools.cached_property
    def kinds(self) -> list[Kind]:
        """What each hidden layer's activation is like."""
        return [kind(f) for f in self.network.hidden]

    def linear_units(self, place: int) -> list[NDArray[np.int64]]:
        """The units of a hidden layer in groups, each of which is c z, with one c, on all examples."""
        n, z = len(self.layers[place]), self.z[place]
        if self.kinds[place].linear:
            return [np.arange(n)]
        if not self.kinds[place].scale:
            return []
        sides = [z.min(axis=1) > 0.0] + ([] if self.kinds[place].silent else [z.max(axis=1) < 0.0])
        return [np.flatnonzero(side) for side in sides if side.any()]

    def offsets_give(self, place: int) -> tuple[Array, Array]:
        """What each unit of a hidden layer gives by its offset alone, f(w0), and f'(w0), (n,) each."""
        f, z = self.network.hidden[place], self.layers[place][None, :, -1:]
        a = f.value(z, out=np.empty_like(z))
        return a[0, :, 0], f.slope(z, a, out=np.empty_like(z))[0, :, 0]

    def nowhere(self) -> tuple[Array, list[Array]]:
        """A direction of zeros, (parameters,), and its layers as views."""
        direction = np.zeros_like(self.theta)
        return direction, [layer[0] for layer in self.network.layers(direction[None])]

    def goes_unfelt(self, direction: Array) -> bool:
        """Whether no penalty pulls on what this direction (parameters,) moves."""
        return not np.any(direction[self.felt])


def _applied(f: Any, z: Array) -> Array:
    return np.asarray(f.value(z[None], out=np.empty_like(z)[None])[0])
