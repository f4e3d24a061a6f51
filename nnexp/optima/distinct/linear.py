"""What is a linear net, apart from how its layers share the work?

A net whose hidden activations are all the identity computes guess = f(M x + c). Any invertible g put behind a layer and
taken back by the next, and any shift of hidden offsets, goes unfelt: [W^T | W0] -> g [W^T | W0], V^T -> V^T g^-1. So such
nets are compared by [M | c], the `function`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network

Array = NDArray[np.float64]

SMALLEST, SAME = 1e-10, 1e-9
"""Singular values below this share of the largest count as 0; maps that differ by less than this share are the same."""


def function(network: Network, theta: Array) -> Array:
    """[M | c], (runs, outputs, m + 1), of theta (runs, parameters); without the column c in a net without offsets."""
    return _up_to(network, theta)[-1]


def _up_to(network: Network, theta: Array) -> list[Array]:
    """The map from the inputs to each layer's z, (runs, n, m + 1) each."""
    first, *layers = network.layers(theta)
    maps = [first]
    for layer in layers:
        n = maps[-1].shape[1]
        risen = np.matmul(layer[:, :, :n], maps[-1])
        if network.offsets:
            risen[:, :, -1] += layer[:, :, -1]
        maps.append(risen)
    return maps


def canonical(network: Network, theta: Array) -> Array:
    """Theta's equal (runs, parameters) that the map alone decides.

    With M = U S V^T each of L layers has S^(1/L), the first times V^T and the last after U; all offsets are in the last. The
    sign of a singular pair is such that a fixed weighted sum of V's column is positive.
    """
    m, depth, both = network.sizes[0], network.n_layers, function(network, theta)
    U, S, V = np.linalg.svd(both[:, :, :m], full_matrices=False)
    r = min(*network.sizes)
    sign = np.where(np.vecdot(V[:, :r], np.cos(np.arange(1.0, m + 1.0))) < 0.0, -1.0, 1.0)
    root = np.where(S[:, :r] > SMALLEST * S[:, :1], S[:, :r], 0.0) ** (1.0 / depth)
    made = np.zeros_like(theta)
    layers = network.layers(made)
    for layer in layers[1:-1]:
        layer[:, np.arange(r), np.arange(r)] = root
    layers[0][:, :r, :m] = (root * sign)[:, :, None] * V[:, :r]
    layers[-1][:, :, :r] = U[:, :, :r] * (root * sign)[:, None, :]
    if network.offsets:
        layers[-1][:, :, -1] = both[:, :, -1]
    return made


def aligned(network: Network, a: Array, b: Array) -> Array:
    """The equal of b whose hidden layers compute what those of a do, as nearly as b's map allows, (runs, parameters).

    From the first layer on, a hidden map M_i is the projection of a's on the row space of b's, and the layer that makes it from
    M_(i-1) is the nearest to a's: W = W_a + (M_i - W_a M_(i-1)) M_(i-1)^+. A b of which that would lose something stays as it
    is.

    Args:
        network: the shape of both.
        a: (runs, parameters).
        b: (runs, parameters).
    """
    m, made = network.sizes[0], np.zeros_like(b)
    M, c = np.tile(np.eye(m), (len(b), 1, 1)), np.zeros((len(b), m, 1))
    columns = zip(network.layers(made), network.layers(a), _up_to(network, a), _up_to(network, b), strict=True)
    for i, (layer, like, wanted, have) in enumerate(columns):
        n, of_b = len(M[0]), have[:, :, :m]
        hidden = i < network.n_layers - 1
        goal = wanted[:, :, :m] @ np.linalg.pinv(of_b, rtol=SMALLEST) @ of_b if hidden else of_b
        layer[:, :, :n] = like[:, :, :n] + (goal - like[:, :, :n] @ M) @ np.linalg.pinv(M, rtol=SMALLEST)
        shift = (wanted if hidden else have)[:, :, m:]
        layer[:, :, n:] = shift - layer[:, :, :n] @ c if network.offsets else 0.0
        M, c = goal, shift
    lost = np.abs(function(network, made) - function(network, b)).max(axis=(1, 2))
    return np.where((lost <= SAME * np.abs(function(network, b)).max(axis=(1, 2)))[:, None], made, b)


def scrambled(network: Network, theta: Array, rng: np.random.Generator) -> Array:
    """A random equal of each theta, (runs, parameters)."""
    made, runs = theta.copy(), len(theta)
    layers = network.layers(made)
    for i, n in enumerate(network.sizes[1:-1]):
        turn = np.linalg.qr(rng.normal(size=(runs, n, n)))[0]
        g = turn * np.exp(0.5 * rng.normal(size=(runs, 1, n)))
        _change(network, layers, i, g, rng.normal(size=(runs, n)) * network.offsets)
    return made


def _change(network: Network, layers: list[Array], place: int, g: Array, shift: Array) -> None:
    """Put z -> g z + shift behind hidden layer `place` and take it back in the next, in place."""
    below, above, n = layers[place], layers[place + 1], network.sizes[place + 1]
    below[...] = np.matmul(g, below)
    above[:, :, :n] = np.matmul(above[:, :, :n], np.linalg.inv(g))
    if network.offsets:
        below[:, :, -1] += shift
        above[:, :, -1] -= np.matmul(above[:, :, :n], shift[:, :, None])[:, :, 0]
