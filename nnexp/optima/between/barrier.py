"""How high does J rise on the straight line between two nets?

On the line theta(t) = (1 - t) a + t b, with h(t) = J(theta(t)), three heights are told apart, all of them 0 or more:

    over_higher = max h - max(h(0), h(1))                  what has to be climbed from the worse end
    over_lower  = max h - min(h(0), h(1))                  what has to be climbed from the better end
    over_chord  = max (h(t) - (1 - t) h(0) - t h(1))       the "barrier" of the literature (Frankle et al. 2020, "Linear
                                                           Mode Connectivity"; Entezari et al. 2022)

A barrier on the line says what the line crosses and no more: a way around it may be lower, see `band`. A net's equals
lie far apart and lines between them are high for no good reason, so match nets first, see `matching`.

h is taken at evenly spaced places. The highest local maximum by the parabola through it and its neighbors is then refined by
Chandrupatla's method (1998; parabolas, safeguarded by bisection) until its place is known to PLACE. A hump narrower than
the spacing can be missed; the height found is always one that the line reaches. Lines are turned to one of their two
directions first, so (a, b) and (b, a) give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import elementwise

from nnexp.net.objective import Penalized
from nnexp.optima.between.blocks import Penalty, each, heights, in_memory

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

POINTS = 17
"""Places on a line before refinement, ends included: on the 4,950 lines between 100 matched optima of 2-8-1 on 200 points,
9 of them find the same barriers as 257, to a rounding of 2e-13; 17 leave room for wilder lines."""

PLACE = 1e-6
"""How exactly the place of a maximum is found, as a share of the line: J is then off by h'' PLACE^2 / 2 at most."""


@dataclass(frozen=True)
class LineBarriers:
    """What the straight lines of some pairs cross, all of them arrays over pairs.

    J: (pairs, 2), at a and at b.
    top, place: the greatest J on the line, and the share of the way from a to b where it is.
    over_chord, chord_place: by how much J exceeds the chord between the ends' J at most, and where.
    length: |b - a|.
    """

    J: Array
    top: Array
    place: Array
    over_chord: Array
    chord_place: Array
    length: Array

    @property
    def over_higher(self) -> Array:
        """What has to be climbed from the worse end, (pairs,)."""
        return self.top - self.J.max(axis=1)

    @property
    def over_lower(self) -> Array:
        """What has to be climbed from the better end, (pairs,)."""
        return self.top - self.J.min(axis=1)


@np.errstate(under="ignore")
def line_barriers(
    objective: Penalized, a: Array, b: Array, l2: Penalty = 0.0, l1: Penalty = 0.0, points: int = POINTS
) -> LineBarriers:
    """What lies on the straight line from each a to its b.

    Args:
        objective: gives J.
        a: (pairs, parameters), one end.
        b: (pairs, parameters), the other, as it is: `matching` may bring it close to a before.
        l2: a number, or (pairs,).
        l1: likewise.
        points: places on each line, ends included, at which J is taken before the greatest is refined; at least 3.
    """
    l2, l1 = each(l2, len(a)), each(l1, len(a))
    parts = [_barriers(objective, a[p], b[p], l2[p], l1[p], points) for p in in_memory(len(a), points * a.shape[1])]
    return LineBarriers(*(np.concatenate([part[i] for part in parts]) for i in range(6)))


@np.errstate(under="ignore")
def line_profile(
    objective: Penalized, a: Array, b: Array, l2: Penalty = 0.0, l1: Penalty = 0.0, points: int = 101
) -> tuple[Array, Array]:
    """Places (points,) from 0 at a to 1 at b, and J there, (pairs, points); the arguments are those of `line_barriers`."""
    places = np.linspace(0.0, 1.0, points)
    l2, l1 = each(l2, len(a)), each(l1, len(a))
    parts = [_profile(objective, a[p], b[p], l2[p], l1[p], places) for p in in_memory(len(a), points * a.shape[1])]
    return places, np.concatenate(parts)


@np.errstate(under="ignore")
def chain_tops(objective: Penalized, theta: Array, l2: Penalty = 0.0, l1: Penalty = 0.0, points: int = 5) -> Array:
    """The greatest J on each chain of straight lines, (chains,).

    Args:
        objective: gives J.
        theta: (chains, links + 1, parameters), where the lines of each chain meet.
        l2: a number, or (chains,).
        l1: likewise.
        points: places on each line, ends included, at which J is taken before the greatest is refined.
    """
    chains, links = len(theta), theta.shape[1] - 1
    l2, l1 = each(l2, chains), each(l1, chains)

    def height(place: Array, chain: Indices) -> Array:
        link = np.minimum(place.astype(np.intp), links - 1)
        there = _on_line(theta[chain, link], theta[chain, link + 1], (place - link)[:, None])
        return heights(objective, there, l2[chain], l1[chain])

    places = np.linspace(0.0, links, links * (points - 1) + 1)
    h = height(np.tile(places, chains), np.repeat(np.arange(chains), len(places)))
    return _greatest(height, places, h.reshape(chains, len(places)))[0]


def _profile(objective: Penalized, a: Array, b: Array, l2: Array, l1: Array, places: Array) -> Array:
    theta = _on_line(a[:, None, :], b[:, None, :], places[:, None]).reshape(-1, a.shape[1])
    repeated = (np.repeat(penalty, len(places)) for penalty in (l2, l1))
    return heights(objective, theta, *repeated).reshape(len(a), len(places))


def _on_line(a: Array, b: Array, t: Array) -> Array:
    """Exactly a at t = 0 and b at t = 1."""
    return (1.0 - t) * a + t * b


def _barriers(objective: Penalized, a: Array, b: Array, l2: Array, l1: Array, points: int) -> tuple[Array, ...]:
    """The columns of `LineBarriers`."""
    turned = _is_later(a, b)
    first, last = np.where(turned[:, None], b, a), np.where(turned[:, None], a, b)
    places = np.linspace(0.0, 1.0, points)
    h = _profile(objective, first, last, l2, l1, places)

    def height(t: Array, pair: Indices) -> Array:
        return heights(objective, _on_line(first[pair], last[pair], t[:, None]), l2[pair], l1[pair])

    def over_chord(t: Array, pair: Indices) -> Array:
        return height(t, pair) - _on_line(h[pair, 0], h[pair, -1], t)

    top, place = _greatest(height, places, h)
    over, chord_place = _greatest(over_chord, places, h - _on_line(h[:, :1], h[:, -1:], places))
    ends = np.where(turned[:, None], h[:, [-1, 0]], h[:, [0, -1]])
    place, chord_place = (np.where(turned, 1.0 - t, t) for t in (place, chord_place))
    return ends, top, place, over, chord_place, np.linalg.norm(last - first, axis=1)


def _is_later(a: Array, b: Array) -> NDArray[np.bool_]:
    """(pairs,), whether a comes after b, by the first of their numbers that differ."""
    first = np.argmax(a != b, axis=1)[:, None]
    return (np.take_along_axis(a, first, axis=1) > np.take_along_axis(b, first, axis=1))[:, 0]


def _greatest(function: Callable[[Array, Indices], Array], places: Array, h: Array) -> tuple[Array, Array]:
    """The greatest value (pairs,) of a function of place and pair, known at some places as h (pairs, places), and where."""
    pairs = np.arange(len(h))
    best = h.argmax(axis=1)
    top, place = h[pairs, best], places[best]
    middle = _most_promising(h)
    humped = np.flatnonzero((h[pairs, middle] >= h[pairs, middle - 1]) & (h[pairs, middle] >= h[pairs, middle + 1]))
    bracket = (places[middle[humped] - 1], places[middle[humped]], places[middle[humped] + 1])

    def depth(t: Array, *pair: Any, **_: Any) -> Array:
        return -function(t, *pair)

    if len(humped):
        with np.errstate(all="ignore"):  # flat tops divide 0 by 0
            found = elementwise.find_minimum(depth, bracket, args=(humped,), tolerances={"xatol": PLACE, "xrtol": 0.0})
        higher = found.success & (-found.f_x > top[humped])
        top[humped[higher]], place[humped[higher]] = -found.f_x[higher], found.x[higher]
    return top, place


def _most_promising(h: Array) -> Indices:
    """The inner place (pairs,) of each h (pairs, places) whose parabola through it and its neighbors rises highest."""
    left, middle, right = h[:, :-2], h[:, 1:-1], h[:, 2:]
    bend = 2.0 * middle - left - right
    with np.errstate(all="ignore"):
        gain = np.where(bend > 0.0, (right - left) ** 2 / (8.0 * bend), 0.0)
    is_hump = (middle >= left) & (middle >= right)
    return 1 + np.where(is_hump, middle + gain, -np.inf).argmax(axis=1)
