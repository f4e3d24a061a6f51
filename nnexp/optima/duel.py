"""Two arms from the same starts: which ends lower, by how much, how surely, and where does the other end that the one left?

Takes pairs, one a start: a number of each arm (J, a test loss), whether it reached a goal, or the optimum it ended in. With
d = log(second / first), or the difference where a number is not above 0:

    signed rank    ranks of |d| with the sign of d (Wilcoxon 1945); pairs that end alike are left out, as he did
    typical d      the median of all (d_i + d_j) / 2, i <= j (Hodges & Lehmann 1963); its interval is the test turned round
    discordant     of the pairs in which only one arm reaches the goal, how many are the second's: an exact binomial test
                   (McNemar 1947); the difference of shares has the interval of Agresti & Min (2005)
    Holm           of m tests the k-th smallest p counts (m - k + 1)-fold (Holm 1979)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, norm, wilcoxon

Array = NDArray[np.float64]

LEVEL = 0.95
EXACT = 50
"""Up to so many pairs the signed rank's distribution is counted out; beyond, it is normal to four digits."""


@dataclass(frozen=True)
class Ranked:
    """A signed rank test of pairs.

    pairs: how many; lower, higher, alike: in how many the second ends lower, higher, or within `alike` of the first.
    effect: the typical second / first where `is_ratio`, else the typical difference; low, high: its interval's ends.
    p: the chance of signs as one-sided as these, either way, if both arms were alike; 1 where no pair differs.
    """

    pairs: int
    lower: int
    higher: int
    alike: int
    effect: float
    low: float
    high: float
    is_ratio: bool
    p: float


@dataclass(frozen=True)
class Reached:
    """How often each arm reaches a goal from the same starts.

    both, only_first, only_second, neither: pairs; difference: second's share less first's, with its interval's ends; p:
    McNemar's.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    difference: float
    low: float
    high: float
    p: float


def signed_rank(first: ArrayLike, second: ArrayLike, alike: float = 0.0, level: float = LEVEL) -> Ranked:
    """Which of two arms ends lower.

    Args:
        first: (pairs,), finite numbers of the first arm.
        second: (pairs,), of the second, in the same order.
        alike: the share of the larger by which two numbers may differ and still count as equal.
        level: of the interval.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    same = np.abs(b - a) <= alike * np.maximum(np.abs(a), np.abs(b))
    is_ratio = bool(len(a)) and bool((a > 0.0).all() and (b > 0.0).all())
    d = np.where(same, 0.0, np.log(b / a) if is_ratio else b - a)
    effect, low, high = (math.nan,) * 3 if not len(d) else typical(d, level)
    back = math.exp if is_ratio else float
    p = float(wilcoxon(d[d != 0.0]).pvalue) if (d != 0.0).any() else 1.0
    counts = (int((d < 0.0).sum()), int((d > 0.0).sum()), int((d == 0.0).sum()))
    return Ranked(len(d), *counts, back(effect), back(low), back(high), is_ratio, p)


def typical(d: Array, level: float = LEVEL) -> tuple[float, float, float]:
    """Hodges and Lehmann's estimate of the middle of d (pairs,), and the ends of its interval."""
    i, j = np.triu_indices(len(d))
    walsh = np.sort(0.5 * (d[i] + d[j]))
    cut = _cut(len(d), (1.0 - level) / 2.0)
    if cut == 0:
        return float(np.median(walsh)), -math.inf, math.inf
    return float(np.median(walsh)), float(walsh[cut - 1]), float(walsh[-cut])


def _cut(n: int, tail: float) -> int:
    """Which of the sorted pair means, counted from an end, is the interval's end: none (0) where n is too small.

    It is the largest k so that a signed rank below k has at most this probability, if signs are tossed.
    """
    if n > EXACT:
        deviation = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return max(0, math.floor(n * (n + 1) / 4 + float(norm.ppf(tail)) * deviation))
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, n + 1):
        ways[rank:] = ways[rank:] + ways[:-rank]
    return int(np.searchsorted(np.cumsum(ways) / 2.0**n, tail, side="right"))


def reached(first: ArrayLike, second: ArrayLike, level: float = LEVEL) -> Reached:
    """Which of two arms reaches a goal more often; first, second: (pairs,), whether it does."""
    a, b = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    both, mine, others, neither = (int(x.sum()) for x in (a & b, a & ~b, ~a & b, ~a & ~b))
    p = float(binomtest(others, mine + others).pvalue) if mine + others else 1.0
    n, plus, minus = len(a) + 2.0, others + 0.5, mine + 0.5
    middle = (plus - minus) / n
    reach = float(norm.ppf(0.5 + level / 2.0)) * math.sqrt((plus + minus) / n - middle**2) / math.sqrt(n)
    share = (others - mine) / len(a) if len(a) else math.nan
    return Reached(both, mine, others, neither, share, max(-1.0, middle - reach), min(1.0, middle + reach), p)


def transitions(first: Sequence[str], second: Sequence[str], order: Sequence[str]) -> pd.DataFrame:
    """How many pairs end in each place (row) by the first arm and each place (column) by the second, places in this order."""
    table = pd.crosstab(pd.Series(list(first), dtype=object), pd.Series(list(second), dtype=object))
    return table.reindex(index=list(order), columns=list(order), fill_value=0)


def holm(p: ArrayLike) -> Array:
    """(tests,), p adjusted so that whoever believes all below 0.05 believes a false one in at most 5 % of cases."""
    p = np.asarray(p, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted
