"""Which units do nothing, or nothing of their own, and in which directions does that leave J as it is?

See `flat` for what these directions are. Each function takes a `Site` and gives directions, (parameters,) each.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints.site import Site

Array = NDArray[np.float64]

SAME = 1e-9
"""Rows that differ by less than this share of their length are the same; weights that are shorter are 0."""


def dead(site: Site) -> Iterator[Array]:
    """What a unit takes in and gives that is 0 on every example, and stays so."""
    for i, kind in enumerate(site.kinds):
        for j in dead_units(site, i) if kind.silent else ():
            chosen, into = site.nowhere()
            into[i][j], into[i + 1][:, j] = 1.0, 1.0
            yield from _axes(site, chosen)


def dead_units(site: Site, place: int) -> NDArray[np.int64]:
    """The units of a hidden layer that no example wakes."""
    return np.flatnonzero(site.kinds[place].silent & (site.z[place].max(axis=1) < 0.0))


def unused_units(site: Site, place: int) -> NDArray[np.int64]:
    """The units of a hidden layer from which nothing is taken."""
    above = np.abs(site.layers[place + 1][:, : len(site.layers[place])])
    return np.flatnonzero(above.max(axis=0) <= SAME * max(float(above.max()), 1.0))


def twins(site: Site, place: int) -> Iterator[tuple[int, int, float]]:
    """Pairs of units that take in the same: the first, the second, and how many times the first's row the second's is."""
    rows, kind = site.layers[place], site.kinds[place]
    for j in range(1, len(rows)):
        for i in range(j):
            factor = float(rows[i] @ rows[j] / max(float(rows[i] @ rows[i]), 1e-300))
            allowed = kind.linear or (kind.scale and factor > 0.0) or abs(factor - 1.0) <= SAME
            allowed = allowed or (kind.odd and abs(factor + 1.0) <= SAME)
            if allowed and np.abs(rows[j] - factor * rows[i]).max() <= SAME * np.abs(rows[j]).max():
                yield i, j, factor
                break


def duplicates(site: Site) -> Iterator[Array]:
    """What one of two units that take in the same gives more, and the other less."""
    for i, kind in enumerate(site.kinds):
        for first, second, factor in twins(site, i):
            if site.rotates and kind.scale:
                yield from _turn(site, i, first, second)
            else:
                yield from _exchange(site, i, first, second, factor)


def _turn(site: Site, i: int, first: int, second: int) -> Iterator[Array]:
    """Two parallel units in balance, as l2 leaves them: only the sum of their squares counts."""
    direction, into = site.nowhere()
    pair, other = [first, second], [second, first]
    sign = np.array([1.0, -1.0])
    into[i][pair] = sign[:, None] * site.layers[i][other]
    into[i + 1][:, pair] = sign * site.layers[i + 1][:, other]
    yield direction


def _exchange(site: Site, i: int, first: int, second: int, factor: float) -> Iterator[Array]:
    for output in range(site.network.shapes[i + 1][0]):
        direction, into = site.nowhere()
        into[i + 1][output, first], into[i + 1][output, second] = factor, -1.0
        if site.goes_unfelt(direction):
            yield direction


def unused(site: Site) -> Iterator[Array]:
    """What a unit takes in from which nothing is taken."""
    for i in range(len(site.kinds)):
        for j in unused_units(site, i):
            chosen, into = site.nowhere()
            into[i][j] = 1.0
            yield from _axes(site, chosen)


def constant(site: Site) -> Iterator[Array]:
    """What a unit without weights gives, against the offset above."""
    for i in range(len(site.kinds) if site.network.offsets else 0):
        given, slopes = site.offsets_give(i)
        above = site.layers[i + 1]
        for j in np.flatnonzero(np.abs(site.layers[i][:, :-1]).max(axis=1) <= SAME):
            direction, into = site.nowhere()
            into[i][j, -1], into[i + 1][:, -1] = 1.0, -slopes[j] * above[:, j]
            moves = [direction, *_against_offset(site, i, int(j), float(given[j]))]
            yield from (move for move in moves if site.goes_unfelt(move))


def _against_offset(site: Site, i: int, unit: int, given: float) -> Iterator[Array]:
    for output in range(len(site.layers[i + 1])):
        direction, into = site.nowhere()
        into[i + 1][output, unit], into[i + 1][output, -1] = 1.0, -given
        yield direction


def _axes(site: Site, chosen: Array) -> Iterator[Array]:
    """Each single parameter among the chosen ones that no penalty pulls."""
    for place in np.flatnonzero((chosen != 0.0) & ~site.felt):
        direction, _ = site.nowhere()
        direction[place] = 1.0
        yield direction
