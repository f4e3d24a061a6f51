"""Which hidden units of a net does its guess on the data need at all?

Not a unit whose contribution to the layer above is the same for every example (a ReLU that is never active, a unit from
which nothing is taken): it goes into the offsets above. And of units that take in the same, up to the symmetries of
`symmetry`, one is enough: it gives what they gave together. What is left has the same guess on the data, not everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.optima.distinct import symmetry
from nnexp.optima.distinct.symmetry import Freedom

Array = NDArray[np.float64]

SAME = 1e-6
"""The share of the largest pre-activation above, and of a unit's length, that counts as no difference."""


def activations(network: Network, theta: Array, X: Array) -> list[Array]:
    """What each hidden layer says, (runs, n, examples), for theta (runs, parameters) and inputs X (m, examples)."""
    return _activations(network.hidden, network.layers(theta), X, network.offsets)


def _activations(hidden: Sequence[Any], layers: Sequence[Array], X: Array, offsets: bool) -> list[Array]:
    said, below = [], np.broadcast_to(X, (len(layers[0]), *X.shape))
    for f, layer in zip(hidden, layers, strict=False):
        n = below.shape[1]
        z = np.matmul(layer[:, :, :n], below)
        z += layer[:, :, n:] if offsets else 0.0
        below = f.value(z, out=np.empty_like(z))
        said.append(below)
    return said


def reduced(network: Network, theta: Array, X: Array, same: float = SAME) -> tuple[Network, Array]:
    """The net of fewer units that says the same on X, and its theta.

    Args:
        network: the shape of the net.
        theta: (parameters,).
        X: (m, examples), the training inputs.
        same: how small a difference counts as none.
    """
    layers = [layer[0].copy() for layer in network.layers(theta[None, :])]
    freedoms = symmetry.of_network(network).freedoms
    units = -1
    while units != sum(map(len, layers)):
        units = sum(map(len, layers))
        for place, freedom in enumerate(freedoms):
            _drop_constant(network, layers, place, X, same)
            _merge_alike(layers, place, freedom, same)
    sizes = (network.sizes[0], *map(len, layers))
    return replace(network, sizes=sizes), np.concatenate([layer.ravel() for layer in layers])


def _drop_constant(network: Network, layers: list[Array], place: int, X: Array, same: float) -> None:
    """Take out the units that add the same for every example, their part going into the offsets above."""
    a = _activations(network.hidden[: place + 1], [layer[None] for layer in layers], X, network.offsets)[place][0]
    n, above = len(a), layers[place + 1]
    least, most = a.min(axis=1), a.max(axis=1)
    middle = 0.5 * (least + most) if network.offsets else np.zeros(n)
    largest = max(1.0, float(np.abs(above[:, :n] @ a).max(initial=0.0)))
    reach = np.maximum(most - middle, middle - least) * np.abs(above[:, :n]).max(axis=0, initial=0.0)
    gone = reach <= same * largest
    if network.offsets:
        above[:, -1] += above[:, :n][:, gone] @ middle[gone]
    _take_out(layers, place, gone)


def _merge_alike(layers: list[Array], place: int, freedom: Freedom, same: float) -> None:
    """Let the first of the units that take in the same, up to sign or scale, give what all of them gave."""
    taken, above = layers[place], layers[place + 1]
    length = np.sqrt(np.vecdot(taken, taken))
    gone = np.zeros(len(taken), dtype=np.bool_)
    for j in range(len(taken)):
        for i in np.flatnonzero(~gone[:j]):
            ratio = _ratio(taken[i], taken[j], length[i], length[j], freedom)
            if np.abs(taken[j] - ratio * taken[i]).max() <= same * length[j]:
                above[:, i] += ratio * above[:, j]
                if freedom.complement and ratio < 0.0:
                    above[:, -1] += above[:, j]
                gone[j] = True
                break
    _take_out(layers, place, gone)


def _ratio(one: Array, other: Array, length: float, other_length: float, freedom: Freedom) -> float:
    """By what the first unit would have to be multiplied to be the other one, as far as the symmetry goes."""
    sign = -1.0 if freedom.flips and np.vecdot(one, other) < 0.0 else 1.0
    return sign * other_length / length if freedom.scale and length > 0.0 else sign


def _take_out(layers: list[Array], place: int, gone: NDArray[np.bool_]) -> None:
    layers[place] = layers[place][~gone]
    layers[place + 1] = np.delete(layers[place + 1], np.flatnonzero(gone), axis=1)
