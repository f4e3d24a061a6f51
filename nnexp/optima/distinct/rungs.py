"""Which optima does each configuration reach, how often, how good are they, and what changes that?

Takes frames of judged runs and the catalogue of their objective; gives each run its rung, and tables over runs. The optima of
an objective, the lowest J first, are the rungs of its ladder. Losses are told rung by rung, or by quantiles that some run
has; never by a mean, which no run has.

The effect of a key is told all else equal: configurations that differ in that key alone are set side by side, and a value's row
has the median over those groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nnexp.optima.distinct import unseen
from nnexp.optima.distinct.catalogue import Catalogue

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
    A key that a configuration has not, as the width of the linear model, tells it from none of the others' values.
    """
    rows = []
    for key in keys:
        others = [other for other in keys if other != key]
        for value, group in beside(table, key, others).groupby(key, sort=True):
            medians = {measure: group[measure].median() for measure in MEASURES}
            rows.append({"key": key, "value": value, "groups": len(group), **medians})
    return pd.DataFrame(rows, columns=["key", "value", "groups", *MEASURES])


def beside(table: pd.DataFrame, key: str, others: Sequence[str]) -> pd.DataFrame:
    """The configurations that have the key, where all its values occur with the same values of all others."""
    have = table[table[key].notna()]
    for other in others:
        known = have[other].dropna().unique()
        if have[other].isna().any() and len(known):
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
