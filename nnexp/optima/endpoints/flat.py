"""In which directions can J not change, and why not?

Takes one theta and gives, by name, directions (parameters, directions) along which J stays what it is, worked out from the net
and not from its Hessian. With w what a unit takes in, w0 its offset, v what is taken from it:

    dead unit         z < 0 and f = 0 on every example: what it takes in and gives
    scale             f(c z) = c f(z):  (w, w0, v) + t (w, w0, -v)
    linear            f(z) = c z on all examples, for some units: any change of basis E among them, (w, w0) + t E (w, w0),
                      V^T - t V^T E, and any shift of their offsets, taken up above; under l2 only rotations, E = -E^T
    softmax           the same is added to what every class takes from a unit, or to every offset
    dependent inputs  inputs that are linear combinations of others on the training examples
    duplicate units   two that take in the same up to a factor that f lets through: what the one gives more the other gives
                      less; under l2, where f(c z) = c f(z), (w, w0, v) of the one + t times the other's, and of the other
                      - t times the one's
    unused unit       v = 0: what it takes in
    constant unit     w = 0: its offset, and v, against the offset above

A penalty feels whatever moves a penalized weight, rotations aside. Along all but the last two the point stays a stationary one.
Those two are to be trusted only where the gradient stays 0 on them, and on mixtures with duplicates, which `inquiry` looks up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.net.population import Population
from nnexp.optima.endpoints import idle
from nnexp.optima.endpoints.site import Site

Array = NDArray[np.float64]

RANK = 1e-9
"""A direction of which less than this is left beside the others adds nothing to them."""

UNSURE = ("unused unit", "constant unit")
"""Along these the gradient may leave 0."""

IDLE = ("duplicate units", *UNSURE)
"""Units that do nothing, or nothing of their own: what is flat for each may not be for several at once."""


def directions(objective: Penalized, theta: Array, l2: float = 0.0, l1: float = 0.0) -> dict[str, Array]:
    """The flat directions at theta (parameters,) by name, (parameters, directions) each, orthonormal all together."""
    if isinstance(objective, Population):
        return {}
    felt = objective.is_penalized() & (l2 > 0.0 or l1 > 0.0)
    site = Site(objective, theta, felt, l2 > 0.0 and l1 == 0.0)
    with np.errstate(all="ignore"):
        found = {name: np.array(list(look(site))).reshape(-1, len(theta)).T for name, look in _LOOKS.items()}
    return _beside_each_other(found, len(theta))


def _beside_each_other(found: dict[str, Array], parameters: int) -> dict[str, Array]:
    """Each name's directions without what those before it span; names of which nothing is left are left out."""
    kept: dict[str, Array] = {}
    span = np.empty((parameters, 0))
    for name, columns in found.items():
        lengths = np.sqrt(np.add.reduce(columns**2, axis=0))
        rest = columns[:, lengths > 0.0] / lengths[lengths > 0.0]
        for _ in range(2):
            rest = rest - span @ (span.T @ rest)
        left, sizes, _ = np.linalg.svd(rest, full_matrices=False)
        if (sizes > RANK).any():
            kept[name] = left[:, sizes > RANK]
            span = np.column_stack([span, kept[name]])
    return kept


def _scale(site: Site) -> Iterator[Array]:
    for i, kind in enumerate(site.kinds):
        for j in range(len(site.layers[i]) if kind.scale and not kind.linear else 0):
            direction, into = site.nowhere()
            into[i][j], into[i + 1][:, j] = site.layers[i][j], -site.layers[i + 1][:, j]
            if site.goes_unfelt(direction):
                yield direction


def _linear(site: Site) -> Iterator[Array]:
    for i in range(len(site.kinds)):
        for units in site.linear_units(i):
            yield from _changes_of_basis(site, i, units)
            yield from _shifts(site, i, units)


def _changes_of_basis(site: Site, i: int, units: NDArray[np.int64]) -> Iterator[Array]:
    rows, columns = site.layers[i][units], site.layers[i + 1][:, units]
    for E in np.eye(len(units) ** 2).reshape(-1, len(units), len(units)):
        turn = E - E.T if site.rotates else E
        direction, into = site.nowhere()
        into[i][units], into[i + 1][:, units] = turn @ rows, -columns @ turn
        if site.rotates or site.goes_unfelt(direction):
            yield direction


def _shifts(site: Site, i: int, units: NDArray[np.int64]) -> Iterator[Array]:
    slopes = site.offsets_give(i)[1] if site.network.offsets else np.empty(0)
    for j in units if site.network.offsets else ():
        direction, into = site.nowhere()
        into[i][j, -1], into[i + 1][:, -1] = 1.0, -slopes[j] * site.layers[i + 1][:, j]
        if site.goes_unfelt(direction):
            yield direction


def _softmax(site: Site) -> Iterator[Array]:
    for j in range(site.network.shapes[-1][1] if site.network.loss.output == "softmax" else 0):
        direction, into = site.nowhere()
        into[-1][:, j] = 1.0
        if site.goes_unfelt(direction):
            yield direction


def _dependent_inputs(site: Site) -> Iterator[Array]:
    X = site.network.inputs(site.objective.train.X)
    features, n = X.shape
    vectors, sizes, _ = np.linalg.svd(X, full_matrices=features > n)  # never with the n by n matrix of many examples
    lengths = np.append(sizes, np.zeros(features - len(sizes)))
    for combination in vectors[:, lengths <= RANK * lengths[0]].T:
        for j in range(site.network.shapes[0][0]):
            direction, into = site.nowhere()
            into[0][j] = combination
            if site.goes_unfelt(direction):
                yield direction


_LOOKS: dict[str, Callable[[Site], Iterator[Array]]] = {
    "dead unit": idle.dead,
    "scale": _scale,
    "linear": _linear,
    "softmax": _softmax,
    "dependent inputs": _dependent_inputs,
    "duplicate units": idle.duplicates,
    "unused unit": idle.unused,
    "constant unit": idle.constant,
}
