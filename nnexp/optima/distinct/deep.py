"""Which units are which in two nets of several hidden layers?

With every other hidden layer settled, the rest fall apart into one linear assignment each. So where the settled layers have at
most MOST_ELEMENTS orders and signs, all of these are gone through, best ceiling first, until none left can be better: exact.
Beyond, the layers are assigned in turn until nothing improves, as git re-basin's weight matching does (Ainsworth, Hayase &
Srinivasa 2023), from the bottom up, from the top down, and from random starts. How far from the best that may be is told by
what each layer of weights could have in common at most, were it alone:

    <A, P B Q> <= greatest assignment of rows i, j with <a_i, b_j Q> at its greatest over Q, which both in order of size give
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.distinct.assignment import Element, Elements, assign, greatest, similarity
from nnexp.optima.distinct.symmetry import Group, act

Array = NDArray[np.float64]
Layers = Sequence[Array]

MOST_ELEMENTS = 5000
STARTS = 24
MOST_ROUNDS = 200
SEED = 11
"""Of the random starts, the same for every pair."""

GAIN = 1e-12
"""The share of the whole by which a change must improve it to be more than rounding."""


def best(group: Group, a: Layers, b: Layers) -> tuple[Elements, Array]:
    """The best order and signs found of each hidden layer, and a lower bound of the distance, (pairs,); infinite if exact.

    Args:
        group: of the net.
        a: the layers of a chart, (pairs, n, m + 1) each.
        b: those of another.
    """
    settled, bounds = _settled(group), np.full(len(a[0]), np.inf)
    found: list[Elements] = []
    for pair in range(len(a[0])):
        one, other = [layer[pair, None] for layer in a], [layer[pair, None] for layer in b]
        if _count(group, settled) <= MOST_ELEMENTS:
            found.append(_by_enumeration(group, one, other, settled))
        else:
            found.append(_by_turns(group, one, other))
            bounds[pair] = _least_distance(group, one, other)
    return [_stacked([elements[i] for elements in found]) for i in range(len(group.freedoms))], bounds


def _stacked(parts: Sequence[Element]) -> Element:
    return np.concatenate([order for order, _ in parts]), np.concatenate([sign for _, sign in parts])


def _settled(group: Group) -> range:
    """Every other hidden layer, the even or the odd ones, whichever can stand in fewer ways."""
    return min((range(start, len(group.freedoms), 2) for start in (0, 1)), key=lambda places: _count(group, places))


def _count(group: Group, places: Sequence[int]) -> int:
    """In how many ways the units of these hidden layers can be ordered and flipped."""
    sizes = [group.network.sizes[i + 1] for i in places]
    flips = [2**n if group.freedoms[i].flips else 1 for i, n in zip(places, sizes, strict=True)]
    return math.prod(math.factorial(n) * ways for n, ways in zip(sizes, flips, strict=True))


def _inner(a: Layers, b: Layers) -> Array:
    """<a, b> over all layers, (runs,); a may have one run."""
    return sum((np.add.reduce(x * y, axis=(1, 2)) for x, y in zip(a, b, strict=True)), np.zeros(len(b[0])))


def _trace(similar: Array) -> Array:
    return np.add.reduce(np.einsum("rii->ri", similar), axis=1)


def _by_enumeration(group: Group, a: Layers, b: Layers, settled: Sequence[int]) -> Elements:
    """The best element of all, for one pair."""
    elements = _every(group, settled)
    count = len(elements[settled[0]][0])
    layers = [np.repeat(layer, count, axis=0) for layer in b]
    for place, (order, sign) in elements.items():
        layers = act(layers, place, order, sign)
    free = {i: similarity(a, layers, i) for i in range(len(group.freedoms)) if i not in elements}
    gain = {i: np.abs(s) if group.freedoms[i].flips else s for i, s in free.items()}
    rest = _inner(a, layers) - sum((_trace(s) for s in free.values()), np.zeros(count))
    ceiling = rest + sum((np.add.reduce(g.max(axis=2), axis=1) for g in gain.values()), np.zeros(count))
    top, chosen = -np.inf, 0
    for k in np.argsort(-ceiling, kind="stable"):
        if ceiling[k] <= top:
            break
        value = rest[k] + sum(greatest(g[k], flips=False) for g in gain.values())
        if value > top:
            top, chosen = value, int(k)
    one = slice(chosen, chosen + 1)
    kept = {place: (order[one], sign[one]) for place, (order, sign) in elements.items()}
    kept |= {i: assign(s[one], group.freedoms[i].flips) for i, s in free.items()}
    return [kept[i] for i in range(len(group.freedoms))]


def _every(group: Group, places: Sequence[int]) -> dict[int, Element]:
    """Every order and sign of these hidden layers, (elements, n) each, by place."""
    ways = [list(_ways(group.network.sizes[i + 1], group.freedoms[i].flips)) for i in places]
    columns = zip(*itertools.product(*ways), strict=True)
    return {
        place: (np.array([order for order, _ in column], dtype=np.int64), np.array([sign for _, sign in column]))
        for place, column in zip(places, columns, strict=True)
    }


def _ways(n: int, flips: bool) -> Iterator[tuple[tuple[int, ...], tuple[float, ...]]]:
    signs = itertools.product((1.0, -1.0) if flips else (1.0,), repeat=n)
    return itertools.product(itertools.permutations(range(n)), signs)


def _by_turns(group: Group, a: Layers, b: Layers) -> Elements:
    """The best element that assigning layer after layer finds, for one pair; all starts go on side by side."""
    upward, downward = range(len(group.freedoms)), range(len(group.freedoms) - 1, -1, -1)
    starts = [_one_way(group, a, b, upward, "below"), _one_way(group, a, b, downward, "above"), *_random(group)]
    elements = [_stacked(parts) for parts in zip(*starts, strict=True)]
    layers: Layers = [np.repeat(layer, len(starts), axis=0) for layer in b]
    for place, (order, sign) in enumerate(elements):
        layers = act(layers, place, order, sign)
    least = GAIN * float(_inner(a, a)[0] + _inner(b, b)[0])
    for _ in range(MOST_ROUNDS):
        before = _inner(a, layers)
        for place, freedom in enumerate(group.freedoms):
            order, sign = assign(similarity(a, layers, place), freedom.flips)
            layers = act(layers, place, order, sign)
            elements[place] = _after(elements[place], order, sign)
        if np.max(_inner(a, layers) - before) <= least:
            break
    top = int(_inner(a, layers).argmax())
    return [(order[top, None], sign[top, None]) for order, sign in elements]


def _after(first: Element, order: NDArray[np.int64], sign: Array) -> Element:
    """One element, and another after it."""
    return np.take_along_axis(first[0], order, axis=1), np.take_along_axis(first[1], order, axis=1) * sign


def _one_way(group: Group, a: Layers, b: Layers, places: Sequence[int], side: str) -> Elements:
    """Each layer assigned once, by what it has from the layer settled before it alone: this finds every planted equal."""
    found: dict[int, Element] = {}
    for place in places:
        n = a[place].shape[1]
        taken = np.matmul(a[place], np.swapaxes(b[place], 1, 2))
        given = np.matmul(np.swapaxes(a[place + 1][:, :, :n], 1, 2), b[place + 1][:, :, :n])
        found[place] = assign(taken if side == "below" else given, group.freedoms[place].flips)
        b = act(b, place, *found[place])
    return [found[i] for i in range(len(group.freedoms))]


def _random(group: Group) -> Iterator[Elements]:
    rng, sizes = np.random.default_rng(SEED), group.network.sizes[1:-1]
    for _ in range(STARTS):
        units = zip(sizes, group.freedoms, strict=True)
        yield [(rng.permutation(n)[None, :], rng.choice([-1.0, 1.0] if f.flips else [1.0], (1, n))) for n, f in units]


def _least_distance(group: Group, a: Layers, b: Layers) -> float:
    """A number that the distance of no equal of b can be below, for one pair."""
    common = sum(_most_common(group, a[i][0], b[i][0], i) for i in range(len(a)))
    return math.sqrt(max(0.0, float(_inner(a, a)[0] + _inner(b, b)[0]) - 2.0 * common))


def _most_common(group: Group, A: Array, B: Array, place: int) -> float:
    """The greatest <A, P B Q> over the elements P above and Q below one layer's matrix (n, m + 1), or more."""
    n_below = group.network.sizes[place]
    rows = group.freedoms[place].flips if place < len(group.freedoms) else None
    columns = group.freedoms[place - 1].flips if place else None
    if columns is None:
        return greatest(A @ B.T, bool(rows))
    if rows is None:
        shift = A[:, n_below:] * B[:, n_below:]
        return greatest(A[:, :n_below].T @ B[:, :n_below], columns) + float(shift.sum())
    A_sorted, B_sorted = (np.sort(np.abs(M[:, :n_below]) if columns else M[:, :n_below], axis=1) for M in (A, B))
    alike, shift = A_sorted @ B_sorted.T, A[:, n_below:] @ B[:, n_below:].T
    if rows and not columns:
        alike = np.maximum(alike, -(A_sorted @ B_sorted[:, ::-1].T))
    return greatest(alike + (np.abs(shift) if rows else shift), flips=False)
