"""How much of the spread over runs comes from the data, how much from the initial weights, how much from the order of data?

Takes y, one number a run, of a full crossing: an axis a cause, a run a cell. Every set S of causes has a random effect of its
own, independent of the others, and y is their sum (crossed random effects; Searle, Casella & McCulloch 1992, chapter 4):

    y = mean + sum over S of e_S,    var e_S = v_S
    E MS_S = sum over T that contain S of v_T * product of the numbers of levels of the causes not in T
    v_S * product of the numbers of levels of the causes not in S = sum over T that contain S of (-1)^(|T| - |S|) MS_T

A run is determined by its causes, so the set of them all is no noise: it is what only this data, this start and this order
together bring about. An estimate below 0 counts as 0 in the shares. Their intervals are generalized ones (Weerahandi 1993):
each mean square is divided by a chi-square of its degrees of freedom, drawn many times. They suppose normal effects, and
with few levels they are wide, as they should be. A mean over runs is not given: the split says where the spread comes from,
not what a run has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL = 0.95
DRAWS, SEED = 20_000, 0


@dataclass(frozen=True)
class Split:
    """The spread of a crossing by cause; every array goes along the last axis with `sets`.

    sets: the sets of causes, alone first: ("data",), ("start",), ("data", "start"), ...
    mean_square: (sets,), in squared units of y; degrees: (sets,), of freedom.
    variance: (sets,), v_S as estimated, below 0 where chance has it so.
    share: (sets,), of the whole variance, NaN where all runs are equal; low, high: (sets,), the ends of its interval.
    causes: the causes; involved: (causes,), the share of all sets in which the cause has a part, with its interval's ends.
    """

    sets: list[tuple[str, ...]]
    mean_square: Array
    degrees: NDArray[np.int64]
    variance: Array
    share: Array
    low: Array
    high: Array
    causes: tuple[str, ...]
    involved: Array
    involved_low: Array
    involved_high: Array


def split(y: Array, causes: Sequence[str], level: float = LEVEL) -> Split:
    """The spread of y by cause.

    Args:
        y: (levels of the first cause, levels of the second, ...), a number a run; at least two levels each.
        causes: the name of each axis.
        level: of the intervals.

    Raises:
        ValueError: if a cause has a single level, or a run has no number.
    """
    y = np.asarray(y, dtype=np.float64)
    if min(y.shape, default=0) < 2 or len(causes) != y.ndim:
        raise ValueError(f"a crossing has two levels of each cause at least, and these are {y.shape} of {list(causes)}")
    if not np.isfinite(y).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(y))} runs of the crossing have no number")
    sets = [s for size in range(1, y.ndim + 1) for s in combinations(range(y.ndim), size)]
    squares = np.array([_sum_of_squares(y, s) for s in sets])
    degrees = np.array([np.prod([y.shape[i] - 1 for i in s]) for s in sets], dtype=np.int64)
    solve = _solver(sets, y.shape)
    mean_square = squares / degrees
    draws = squares / np.random.default_rng(SEED).chisquare(degrees, (DRAWS, len(sets)))
    shares = _shares(draws @ solve.T)
    has = np.array([[i in s for i in range(y.ndim)] for s in sets], dtype=np.float64)
    variance = solve @ mean_square
    share, tails = _shares(variance[None, :])[0], ((1.0 - level) / 2.0, (1.0 + level) / 2.0)
    low, high = np.quantile(shares, tails, axis=0)
    involved_low, involved_high = np.quantile(shares @ has, tails, axis=0)
    names = [tuple(causes[i] for i in s) for s in sets]
    return Split(
        *(names, mean_square, degrees, variance, share, low, high),
        *(tuple(causes), share @ has, involved_low, involved_high),
    )


def _sum_of_squares(y: Array, kept: tuple[int, ...]) -> float:
    """The sum of squares of a set of causes: what their cell means hold beyond all smaller sets, over all runs.

    Taking the mean over the other axes, and its mean over each kept axis away from it, leaves this effect alone.
    """
    others = tuple(i for i in range(y.ndim) if i not in kept)
    effect = y.mean(axis=others, keepdims=True)
    for i in kept:
        effect = effect - effect.mean(axis=i, keepdims=True)
    return float(np.sum(effect**2)) * y.size / effect.size


def _solver(sets: list[tuple[int, ...]], levels: tuple[int, ...]) -> Array:
    """(sets, sets), the matrix that takes mean squares to variances."""
    solve = np.zeros((len(sets), len(sets)))
    for row, s in enumerate(sets):
        runs = np.prod([n for i, n in enumerate(levels) if i not in s])
        for column, t in enumerate(sets):
            if set(s) <= set(t):
                solve[row, column] = (-1.0) ** (len(t) - len(s)) / runs
    return solve


def _shares(variances: Array) -> Array:
    """(draws, sets), variances as shares of their sum, those below 0 taken as 0; NaN where there is none at all."""
    kept = np.maximum(variances, 0.0)
    total = kept.sum(axis=1, keepdims=True)
    return np.divide(kept, total, out=np.full_like(kept, np.nan), where=total > 0.0)
