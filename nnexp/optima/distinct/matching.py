"""How far apart are two nets, if each may be written in any of the ways its symmetries allow?

`match` finds, among the equals of b, the one nearest to a. Distances are taken in the charts of `symmetry`, in which the
group acts by order and sign alone; being the least over a group of isometries, the distance is a metric between
optima: it is 0 only between equals, and the triangle inequality holds.

One hidden layer: a unit's place and sign touch nothing else, so |a - g b|^2 = sum over units |a_i - s b_j|^2, and the best g
is one linear assignment (Kuhn 1955). Several hidden layers: see `deep`. A linear net is compared by its map. What is found is
`exact` if no equal of b lies nearer; else `gap` says by how much the distance could still fall at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.optima.distinct import deep, linear, symmetry
from nnexp.optima.distinct.assignment import Elements, assign, similarity
from nnexp.optima.distinct.symmetry import Chart, Group

Array = NDArray[np.float64]

ROUNDING = 1e-12
"""The share of a net's norm below which a distance is 0."""


@dataclass(frozen=True)
class Matched:
    """The equals of some nets b nearest to nets a; of a single pair, without the leading axis.

    theta: (pairs, parameters), b's equal, at the scales of a.
    distance: (pairs,), Euclidean, between the charts of the two; of linear nets, between their maps [M | c].
    exact: (pairs,), whether no equal of b lies nearer.
    gap: (pairs,), the distance less a lower bound of it; 0 where exact.
    """

    theta: Array
    distance: Array
    exact: NDArray[np.bool_]
    gap: Array


def match(net: Network | Group, a: Array, b: Array) -> Matched:
    """The equal of b that is nearest to a.

    Args:
        net: the shape of both, to be matched up to what its function does not feel; or a group, such as J's.
        a: (parameters,), or (pairs, parameters) for many pairs at once; a pair's result does not depend on the others.
        b: likewise.
    """
    group = net if isinstance(net, Group) else symmetry.of_network(net)
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    found = _stack(group, *(np.ascontiguousarray(np.atleast_2d(theta)) for theta in (a, b)))
    if a.ndim == 2:
        return found
    return Matched(found.theta[0], found.distance[0], found.exact[0], found.gap[0])


@np.errstate(under="ignore")  # the product of two tiny weights is 0
def _stack(group: Group, a: Array, b: Array) -> Matched:
    if group.linear:
        apart = linear.function(group.network, a) - linear.function(group.network, b)
        distance = np.linalg.norm(apart.reshape(len(a), -1), axis=1)
        return Matched(linear.aligned(group.network, a, b), distance, np.ones(len(a), bool), np.zeros(len(a)))
    there, other = symmetry.chart(group, a), symmetry.chart(group, b)
    elements, bound = _best(group, there, other)
    layers = other.layers
    for i, (order, sign) in enumerate(elements):
        layers = symmetry.act(layers, i, order, sign)
    distance = np.linalg.norm(there.flat - symmetry.flat(layers), axis=1)
    gap = np.maximum(distance - bound, 0.0)
    gap[gap <= ROUNDING * np.linalg.norm(there.flat, axis=1)] = 0.0
    return Matched(symmetry.theta_of(group, layers, there.scales), distance, gap == 0.0, gap)


def _best(group: Group, a: Chart, b: Chart) -> tuple[Elements, Array]:
    """The best group element found, as (order, sign) of each hidden layer, and a lower bound of the distance."""
    if not group.freedoms:
        return [], np.full(len(a.flat), np.inf)
    if len(group.freedoms) == 1:
        found = assign(similarity(a.layers, b.layers, 0), group.freedoms[0].flips)
        return [found], np.full(len(a.flat), np.inf)
    return deep.best(group, a.layers, b.layers)
