"""Which optima does each configuration reach, how often, how good are they, and what changes that?

Takes frames of judged runs and the catalogue of their objective; gives each run its rung, and tables over runs. The optima of
an objective, the lowest J first, are the rungs of its ladder. Losses are told rung by rung, or by quantiles that some run
has; never by a mean, which no run has.

The effect of a key is told all else equal: configurations that differ in that key alone are set side by side, and a value's row
has the median over those groups.

Runs that were trained in several ways from one seed often end alike, so they are no independent draws. Intervals are over
seeds: each of n seeds counts once, as the shares s_ik of its runs that end at optimum k:

    share of k            mean_i s_ik, with Wilson's interval (1927) for n times that share of n
    unseen probability    the share of a seed's runs at optima that no other seed reaches, mean over seeds; with one run a seed
                          it is Good's f1 / n, and its upper bound that of `unseen`
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv
from scipy.stats import norm

from nnexp.optima.distinct import unseen
from nnexp.optima.distinct.catalogue import Catalogue

Array = NDArray[np.float64]

NONE = -1
"""The place of a run that is at no optimum."""

WORDS = "none"

MEASURES = {
    "optima": "distinct optima reached by as many runs of each",
    "at_optimum": "share of runs that end at an optimum",
    "lowest": "share of runs that end at the lowest known optimum of their objective",
    "excess": "by what share the median run's J exceeds the lowest known",
    "test_error": "0-1 error on test data, median run",
    "test_loss": "loss on test data, median run",
}
"""What `configurations` says of each, and what it means."""


def with_rungs(runs: pd.DataFrame, found: Catalogue) -> pd.DataFrame:
    """The runs of one objective with columns `optimum` (place in the catalogue, -1 for none), `optimum_id` and `lowest_J`.

    `lowest_J` is the lowest that any of them came to, at an optimum or not.
    """
    ids = np.array([*(each.id for each in found.optima), WORDS], dtype=object)
    return runs.assign(optimum=found.member, optimum_id=ids[found.member], lowest_J=runs["polished_J"].min())


def name(place: int) -> str:
    """How an optimum is called in tables and pictures: 1 for the lowest."""
    return WORDS if place == NONE else f"{place + 1}"


def over_seeds(member: ArrayLike, seeds: ArrayLike) -> Array:
    """(seeds, optima), the share of each seed's runs that end at each optimum, seeds in the order in which they come.

    Args:
        member: (runs,), the place of each run's optimum, negative for none.
        seeds: (runs,), the seed of each run's initial weights.
    """
    places, names = np.asarray(member, dtype=np.int64), np.asarray(seeds)
    _, first, which = np.unique(names, return_index=True, return_inverse=True)
    row = np.argsort(np.argsort(first))[which]
    shares = np.zeros((len(first), int(places.max(initial=NONE)) + 1))
    at = places >= 0
    np.add.at(shares, (row[at], places[at]), 1.0)
    return shares / np.bincount(row, minlength=len(first))[:, None]


def reached(shares: Array) -> NDArray[np.int64]:
    """How many seeds reach each optimum by one of their runs at least, for optima that any does."""
    counts = (shares > 0.0).sum(axis=0)
    return counts[counts > 0].astype(np.int64)


def interval(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a mean share over n seeds, which need not be a whole number of them."""
    z = float(norm.ppf(0.5 + 0.5 * unseen.LEVEL))
    middle, reach = share + z**2 / (2 * n), z * math.sqrt(share * (1.0 - share) / n + z**2 / (4 * n**2))
    low, high = (middle - reach) / (1.0 + z**2 / n), (middle + reach) / (1.0 + z**2 / n)
    return max(0.0, low), min(1.0, high)


def still_unseen(shares: Array) -> unseen.Estimate:
    """The probability that a run from one more seed ends at an optimum not seen yet; shares: as `over_seeds` gives them."""
    n, by = len(shares), (shares > 0.0).sum(axis=0)
    if n == 0:
        return unseen.probability([], 0)
    once, twice = float(shares[:, by == 1].sum()), 0.5 * float(shares[:, by == 2].sum())
    once = min(once, float(n))
    error = math.sqrt(once * (1.0 - once / n) + 2.0 * twice) / n
    exact = float(betaincinv(once + 1.0, n - once, unseen.LEVEL)) if once < n else 1.0
    reach = float(norm.ppf(unseen.LEVEL)) * error
    return unseen.Estimate(once / n, error, max(0.0, once / n - reach), min(1.0, max(once / n + reach, exact)))


def reach(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a configuration and optimum that it reaches: `runs`, `share` of its runs, Wilson's interval `low`, `high`.

    Runs at no optimum have a row of their own, with `optimum` -1.
    """
    counts = runs.groupby(["objective", "configuration", "optimum"], sort=False).size().rename("runs").reset_index()
    spent = counts.groupby("configuration")["runs"].transform("sum")
    ends = [unseen.wilson(n, of) for n, of in zip(counts["runs"], spent, strict=True)]
    low, high = zip(*ends, strict=True) if ends else ((), ())
    table = counts.assign(share=counts["runs"] / spent, low=low, high=high)
    return table.sort_values(["objective", "configuration", "optimum"], kind="stable").reset_index(drop=True)


def configurations(runs: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """One row a configuration of which runs were judged: its keys, how many runs, and MEASURES.

    `optima` is what as many runs as the smallest configuration has would have found on average; quantiles are a run's own.
    """
    judged = runs["polished_J"].notna().groupby(runs["configuration"]).transform("any")
    groups = runs[judged].groupby("configuration", sort=False)
    table = groups[list(dict.fromkeys(["objective", *keys]))].first()
    table["runs"] = groups.size()
    least = int(table["runs"].min())
    table["optima"] = [_found(group["optimum"], least) for _, group in groups]
    table["at_optimum"] = groups["optimum"].agg(lambda places: float((places != NONE).mean()))
    table["lowest"] = groups["optimum"].agg(lambda places: float((places == 0).mean()))
    J = groups["polished_J"].quantile(0.5, interpolation="lower")
    table["excess"] = J / groups["lowest_J"].first().where(lambda lowest: lowest > 0.0) - 1.0
    for measure in ("test_error", "test_loss"):
        table[measure] = groups[f"polished_{measure}"].quantile(0.5, interpolation="lower")
    return table.reset_index()


def _found(places: pd.Series, spent: int) -> float:
    counts = places[places != NONE].value_counts().to_numpy()
    return float(unseen.expected(counts.tolist(), [spent], len(places))[0]) if len(counts) else 0.0


def effects(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """One row a key and value: in how many `groups` it stands beside others, and the median of each of MEASURES over them.

    table: as `configurations` gives it. keys: those that vary.
    Losses on test data are of one kind only where all nets have the same loss; elsewhere they are NaN.
    """
    if "loss" in keys:
        table = table.assign(test_loss=np.nan)
    rows = []
    for key in keys:
        others = [other for other in keys if other != key]
        for value, group in beside(table, key, others).groupby(key, sort=True):
            medians = {measure: group[measure].median() for measure in MEASURES}
            rows.append({"key": key, "value": value, "groups": len(group), **medians})
    return pd.DataFrame(rows, columns=["key", "value", "groups", *MEASURES])


def beside(table: pd.DataFrame, key: str, others: Sequence[str]) -> pd.DataFrame:
    """The configurations that have the key, where all its values occur with the same values of all others.

    Where a value of the key takes another key away, as depth 1 the width, its configurations stand beside every value of that
    other one; all else stands here once.
    """
    have = table[table[key].notna()]
    for other in others:
        known, lacks = have[other].dropna().unique(), have[other].isna().groupby(have[key]).all()
        if lacks.any() and not lacks.all():
            choices = pd.Series([list(known) if pd.isna(value) else [value] for value in have[other]], index=have.index)
            have = have.assign(**{other: choices}).explode(other)
    if not others:
        return have if have[key].nunique() > 1 else have.iloc[:0]
    values = have.groupby(list(others), dropna=False)[key].transform("nunique")
    return have[values == have[key].nunique()] if have[key].nunique() > 1 else have.iloc[:0]


def tested(optima: pd.DataFrame) -> dict[str, float]:
    """Whether the lowest optimum also does best on test data, from a catalogue's frame.

    `J_rank_of_best`: at which place by J the one with the least test loss stands, from 1; `regret`: the lowest one's test
    loss less the least; NaN where there are fewer than two, or no test data.
    """
    known = optima.dropna(subset=["test_loss"])
    if len(known) < 2:
        return {"J_rank_of_best": np.nan, "regret": np.nan}
    best = int(known["test_loss"].to_numpy().argmin())
    return {"J_rank_of_best": best + 1.0, "regret": float(known["test_loss"].iloc[0] - known["test_loss"].iloc[best])}
