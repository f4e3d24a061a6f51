"""How does the mean loss of a net curve with its parameters? Its exact Hessian, and Hessian times vector, for a stack of runs.

The Hessian is worked out layer by layer as `curvature` says; Hessian times v is the derivative of the gradient along v, at the
cost of about two gradients (Pearlmutter 1994, "Fast Exact Multiplication by the Hessian"). Where f' jumps, f'' counts as 0: a
kink in J is not seen. The penalty is the objective's.

Runs are worked on in blocks that fit the cache, examples in pieces whose size depends on nothing else, and a matrix product is
one BLAS call per run: a run's numbers depend neither on its neighbors nor on the block. Memory beside the Hessians is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.cache import runs_per_block
from nnexp.net.curvature import Curvature, squares
from nnexp.net.network import Network
from nnexp.net.packing import packing
from nnexp.net.signals import Scratch, Signals

Array = NDArray[np.float64]

EXAMPLES_PER_PIECE = 256
"""So few that a piece of a net with 32 units a layer fits the cache; part of a result's last bits, so it is the same everywhere."""


@dataclass(frozen=True)
class Derivatives:
    """A function of theta and its first two derivatives.

    value: (runs,).
    gradient: (runs, parameters).
    hessian: (runs, parameters, parameters), symmetric to the last bit.
    """

    value: Array
    gradient: Array
    hessian: Array


def loss_hessian(network: Network, theta: Array, X: Array, Y: Array) -> Array:
    """The Hessian of the mean loss, (runs, parameters, parameters), symmetric to the last bit.

    Args:
        network: the shape that all nets of the stack share.
        theta: (runs, parameters).
        X: (m, examples).
        Y: (outputs, examples).
    """
    return _derivatives(network, theta, X, Y, first=False).hessian


def loss_derivatives(network: Network, theta: Array, X: Array, Y: Array) -> Derivatives:
    """The mean loss, its gradient and its Hessian from one pass; the arguments are those of `loss_hessian`."""
    return _derivatives(network, theta, X, Y, first=True)


def _derivatives(network: Network, theta: Array, X: Array, Y: Array, first: bool) -> Derivatives:
    (runs, parameters), packed_as, scratch = theta.shape, packing(tuple(network.shapes)), Scratch()
    found = Derivatives(np.zeros(runs), np.zeros_like(theta), np.empty((runs, parameters, parameters)))
    pieces = _pieces(network, X, Y)
    first_squares = [squares(x[:, None], Scratch()) for x, _ in pieces]
    for rows in _blocks(runs, _floats_of_hessian(network, X.shape[1])):
        total = np.zeros((len(theta[rows]), packed_as.size))
        for (x, y), x_squares in zip(pieces, first_squares, strict=True):
            scratch.restart()
            signals = Signals(network, network.layers(theta[rows]), x, y, 1.0 / X.shape[1], scratch)
            total += Curvature(signals, x_squares, packed_as).packed
            if first:
                found.value[rows] += signals.mean_loss()
                signals.add_gradient(network.layers(found.gradient[rows]))
        into = found.hessian[rows].reshape(len(total), -1)
        np.take(total, packed_as.places, axis=1, out=into, mode="clip")
    return found


def _floats_of_hessian(network, examples):
    return 1000

SIZE = None
def _blocks(runs: int, floats_per_run: int) -> Iterator[slice]:
    size = SIZE or runs_per_block(floats_per_run, runs)
    for start in range(0, runs, size):
        yield slice(start, start + size)


def _pieces(network: Network, X: Array, Y: Array) -> list[tuple[Array, Array]]:
    """The examples in pieces, each (m + 1, examples) and (outputs, examples)."""
    count = max(1, -(-X.shape[1] // EXAMPLES_PER_PIECE))
    X = network.inputs(X)
    return list(zip(np.array_split(X, count, axis=1), np.array_split(Y, count, axis=1), strict=True))
