"""How many optima have the seeds not shown yet, and how likely is it that the next seed shows one?

Takes how often each optimum was reached, `counts`, and how many seeds were spent, n; seeds that ended in no optimum count
in n alone. With S the number of optima found, f1 how many of them were reached once, f2 twice:

    unseen probability     f1 / n, standard error sqrt(f1 (1 - f1 / n) + 2 f2) / n   (Good 1953; Esty 1983)
    number of optima       S + (n - 1)/n f1 (f1 - 1) / (2 (f2 + 1))                  (Chao 1987, bias-corrected: a lower bound)
    found in m of n seeds  S - sum_i C(n - n_i, m) / C(n, m)                         (Hurlbert 1971, rarefaction)

Good's f1 / n is 0, and its standard error too, as soon as no optimum stands alone, however few the seeds. So the upper end of
its interval is at least the exact binomial one (Clopper & Pearson 1934) for f1 in n, the share of seeds which, had each been
the last, would have shown something new. With f1 = 0 that is 3 / n, and 299 seeds are the fewest that can say "below 0.01".
In simulations of uniform, geometric and Zipf-like shares, 100 to 3,000 seeds, the 95 % bound held in 93 % to 100 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaln
from scipy.stats import binomtest, norm

Array = NDArray[np.float64]
Counts = Sequence[int] | NDArray[np.int64]

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number, its standard error, and the ends of an interval around it."""

    value: float
    error: float
    low: float
    high: float


def wilson(count: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The ends of Wilson's interval (1927) for the share behind `count` of n."""
    found = binomtest(int(count), int(n)).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)


def probability(counts: Counts, n: int | None = None, level: float = LEVEL) -> Estimate:
    """The probability that the next seed reaches an optimum not seen yet.

    `high` is an upper confidence bound at `level`, and `low` a lower one, each of its own. To look after every seed, and to
    stop as soon as `high` is small enough, gives luck more chances than `level` says; so look seldom, after each doubling, say.

    Args:
        counts: seeds that reached each optimum, at least 1 each.
        n: seeds spent; the sum of the counts unless given.
        level: of each end.
    """
    n = _spent(counts, n)
    if n == 0:
        return Estimate(1.0, math.nan, 0.0, 1.0)
    once, twice = _reached(counts, 1), _reached(counts, 2)
    error = math.sqrt(once * (1.0 - once / n) + 2.0 * twice) / n
    exact = betaincinv(once + 1, n - once, level) if once < n else 1.0
    reach = float(norm.ppf(level)) * error
    return Estimate(once / n, error, max(0.0, once / n - reach), min(1.0, max(once / n + reach, float(exact))))


def enough(counts: Counts, n: int | None = None, unseen: float = 0.01, level: float = LEVEL) -> bool:
    """Whether the seeds show that less than `unseen` probability is left, by the upper confidence bound at `level`."""
    return probability(counts, n, level).high < unseen


def optima(counts: Counts, n: int | None = None, level: float = LEVEL) -> Estimate:
    """Chao's estimate of how many optima can be reached at all; where most are rare it is too low, as a lower bound may be.

    The interval is log-normal above S (Chao 1987); where nothing suggests more than S, it is that of the seen number alone
    (Colwell et al. 2012, appendix).
    """
    n, seen = _spent(counts, n), len(counts)
    if n == 0:
        return Estimate(math.nan, math.nan, 0.0, math.inf)
    share, once, twice = (n - 1) / n, _reached(counts, 1), _reached(counts, 2)
    more = share * once * (once - 1) / (2 * (twice + 1))
    variance = more + share**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
    variance += share**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    z = float(norm.ppf(0.5 + 0.5 * level))
    if more == 0.0:
        return _nothing_more(counts, n, z)
    factor = math.exp(z * math.sqrt(math.log1p(variance / more**2)))
    return Estimate(seen + more, math.sqrt(variance), seen + more / factor, seen + more * factor)


def _nothing_more(counts: Counts, n: int, z: float) -> Estimate:
    """S, with the interval that chance alone in the seen counts gives."""
    counts, seen = np.asarray(counts, dtype=float), len(counts)
    if seen == 0:
        return Estimate(0.0, 0.0, 0.0, math.inf)
    missed = np.exp(-np.minimum(counts, 300.0))  # its square is still a normal number
    variance = float(np.sum(missed - missed**2)) - float(np.sum(counts * missed)) ** 2 / n
    error, kept = math.sqrt(max(variance, 0.0)), 1.0 - float(np.sum(missed)) / seen
    return Estimate(float(seen), error, max(float(seen), (seen - z * error) / kept), (seen + z * error) / kept)


def expected(counts: Counts, spent: Counts, n: int | None = None) -> Array:
    """How many optima so many of the n seeds, drawn without order, show on average, in the shape of `spent`."""
    n, drawn = _spent(counts, n), np.asarray(spent, dtype=float)[..., None]
    left = n - np.asarray(counts, dtype=float)
    possible = drawn <= left
    within = np.where(possible, left - drawn, 0.0)
    log_missed = gammaln(left + 1.0) - gammaln(within + 1.0) + gammaln(n - drawn + 1.0) - gammaln(n + 1.0)
    missed = np.where(possible, np.exp(np.where(possible, np.maximum(log_missed, -300.0), 0.0)), 0.0)
    return (1.0 - missed).sum(axis=-1)


def found(member: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """How many optima had been found after each seed, (seeds,), in the order in which they were spent.

    Args:
        member: (seeds,), the number of the optimum each seed reached, negative for none.
    """
    member = np.asarray(member, dtype=np.int64)
    new = np.zeros(len(member), dtype=np.int64)
    first = np.unique(member, return_index=True)[1]
    new[first[member[first] >= 0]] = 1
    return np.cumsum(new)


def _spent(counts: Counts, n: int | None) -> int:
    return int(np.sum(counts)) if n is None else int(n)


def _reached(counts: Counts, times: int) -> int:
    return int(np.sum(np.asarray(counts) == times))
