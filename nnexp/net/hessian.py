"""How does the mean loss of a net curve with its parameters? Its exact Hessian, and Hessian times vector, for a stack of runs.

The Hessian is worked out as `curvature` says for any net, as `one_hidden` says for the smallest. Hessian times v is the
derivative of the gradient along v, at the cost of a few gradients (Pearlmutter 1994, "Fast Exact Multiplication by the
Hessian"): with R z for the derivative of z along v, and V for v laid out as W,

    R z = V A + W^T R a         R a = f' R z
    R delta = curvature of the loss times R z; below, bend R z + f' (V delta + W R delta)
    R gradient = R delta A^T + delta (R A)^T

Where f' jumps, f'' counts as 0: a kink in J is not seen. The penalty is the objective's.

Runs are worked on in blocks that fit the cache, examples in pieces whose size depends on nothing else, and a matrix product is
one BLAS call per run: a run's numbers depend neither on its neighbors nor on the block. How many threads BLAS has is the
caller's affair. Beside what is given back and a copy of the examples, memory does not grow with runs or examples.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net import one_hidden
from nnexp.net.cache import runs_per_block
from nnexp.net.curvature import Curvature
from nnexp.net.network import Network
from nnexp.net.one_hidden import OneHidden
from nnexp.net.packing import n_pairs
from nnexp.net.signals import Piece, Scratch, Signals, outer, times

Array = NDArray[np.float64]

EXAMPLES_PER_PIECE = 256
"""It decides in which order examples are added up, so it is the same on every machine."""

FEWEST_EXAMPLES = 4
"""With fewer, BLAS adds up one run's column in another way than a column of several runs."""

MOST_FLOATS_KEPT = 2**22
_KEPT = threading.local()


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
    return _derivatives(network, theta, X, Y, hessian_only=True).hessian


def loss_derivatives(network: Network, theta: Array, X: Array, Y: Array) -> Derivatives:
    """The mean loss, its gradient and its Hessian from one pass; the arguments are those of `loss_hessian`."""
    return _derivatives(network, theta, X, Y, hessian_only=False)


def loss_hessian_product(network: Network, theta: Array, v: Array, X: Array, Y: Array) -> Array:
    """The Hessian of the mean loss times v, both (runs, parameters); the arguments are those of `loss_hessian`."""
    product, pieces, scratch = np.zeros(theta.shape), _pieces(network, X, Y), _kept_scratch(Signals)
    for rows in _blocks(len(theta), 5 * sum(network.sizes) * len(pieces[0].X.T)):
        for piece in pieces:
            scratch.restart()
            signals = Signals(network, network.layers(theta[rows]), piece, scratch)
            _add_product(signals, network.layers(v[rows]), network.layers(product[rows]))
    return product


def _derivatives(network: Network, theta: Array, X: Array, Y: Array, hessian_only: bool) -> Derivatives:
    (runs, parameters), kind = theta.shape, OneHidden if one_hidden.pays(network) else Curvature
    found = Derivatives(np.zeros(runs), np.zeros(theta.shape), np.empty((runs, parameters, parameters)))
    how, pieces = kind.packing(tuple(network.shapes)), _pieces(network, X, Y)
    for rows in _blocks(runs, _floats(network, len(pieces[0].X.T))):
        first = None if hessian_only else Derivatives(found.value[rows], found.gradient[rows], found.hessian[rows])
        packed = functools.reduce(np.add, _packed(kind, network, theta[rows], pieces, first)).reshape(-1, how.size)
        np.take(packed, how.places, axis=1, out=found.hessian[rows].reshape(len(packed), -1), mode="clip")
    return found


def _packed(
    kind: type[OneHidden | Curvature], network: Network, theta: Array, pieces: list[Piece], first: Derivatives | None
) -> Iterator[Array]:
    """The packed Hessian of each piece; the value and the gradient are added up in `first`."""
    scratch = _kept_scratch(kind)
    for piece in pieces:
        scratch.restart()
        there = kind(network, network.layers(theta), piece, scratch)
        if first is not None:
            first.value[...] += there.mean_loss()
            there.add_gradient(network.layers(first.gradient))
        yield there.packed


def _add_product(s: Signals, V: list[Array], into: list[Array]) -> None:
    """Add R gradient of one pass to `into`; V and `into` are laid out as the layers."""
    z, a = _rise_along(s, V)
    delta = (s.loss_curvature() * z[-1]).sum(axis=1)
    for i in reversed(range(len(V))):
        into[i][...] += outer(delta, s.inputs[i])
        if i:
            m = s.network.sizes[i]
            into[i][:, :, :m] += outer(s.deltas[i], a[i - 1])
            back = times(s.W(i), delta, out=s.units(m))
            back += times(np.swapaxes(V[i][:, :, :m], 1, 2), s.deltas[i], out=s.units(m))
            back *= s.slopes[i - 1]
            back += s.bends[i - 1] * z[i - 1]
            delta = back


def _rise_along(s: Signals, V: list[Array]) -> tuple[list[Array], list[Array]]:
    """R z of each layer and R a of each hidden layer, (n, runs, examples) each."""
    z: list[Array] = []
    a: list[Array] = []
    for i, A in enumerate(s.inputs):
        z.append(times(V[i], A, out=s.units(s.network.sizes[i + 1])))
        if i:
            z[i] += times(np.swapaxes(s.W(i), 1, 2), a[-1], out=s.units(len(z[i])))
        if i < len(s.slopes):
            a.append(np.multiply(s.slopes[i], z[i], out=s.units(len(z[i]))))
    return z, a


def _pieces(network: Network, X: Array, Y: Array) -> list[Piece]:
    """The examples in pieces of nearly the same size; very few are taken several times over."""
    times_over = max(1, -(-FEWEST_EXAMPLES // max(X.shape[1], 1)))
    X, Y = np.tile(network.inputs(X), times_over), np.tile(Y, times_over)
    n, count = X.shape[1], -(-X.shape[1] // EXAMPLES_PER_PIECE)
    cut = (np.array_split(examples, count, axis=1) for examples in (X, Y))
    return [Piece(x, y, 1.0 / n) for x, y in zip(*cut, strict=True)]


def _kept_scratch(use: Any) -> Scratch:
    """That of this thread for this use, from the call before: to ask the system for memory again takes as long as the work."""
    kept = _KEPT.__dict__.setdefault("scratch", {})
    if use not in kept or kept[use].floats() > MOST_FLOATS_KEPT:
        kept[use] = Scratch()
    return kept[use]


def _blocks(runs: int, floats_per_run: int) -> Iterator[slice]:
    size = runs_per_block(floats_per_run, runs)
    return (slice(start, start + size) for start in range(0, runs, size))


def _floats(network: Network, examples: int) -> int:
    """About how many float64 of a run are in use at a time: a third of all."""
    rows = sum(n_pairs(n) + n_pairs(m) + 4 * n for n, m in network.shapes)
    return examples * rows // 3
