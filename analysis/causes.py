"""Where does the spread of a configuration's runs come from: the data, the initial weights, or the order of the data?

Looks for crossings among the runs: the same configuration on several draws of its data set (dataset.two_moons.seed=[0,1,2]),
with init_seeds crossed with order_seeds, or with plain seeds, where start and order go together as one cause. The split
itself is `nnexp.optima.spread`'s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nnexp.examples import FINGERPRINT
from nnexp.optima import seeds
from nnexp.optima.spread import Split, split

DATA, START, ORDER, BOTH = "data", "initial weights", "order of data", "seed (initial weights and order)"
MEASURES = {
    "J": "J where training stopped",
    "polished_J": "J of the end it was on its way to",
    "test_loss": "test loss",
}
"""What is split. The first has in it what the last steps of SGD happened to see, the second has not."""


@dataclass(frozen=True)
class Crossing:
    """The runs of one configuration that cross causes fully.

    label: the configuration in words. causes: name and number of levels of each. runs: the rows.
    splits: by measure; the words that say why not, where it could not be split.
    """

    label: str
    causes: dict[str, int]
    runs: pd.DataFrame
    splits: dict[str, Split | str]


def crossings(runs: pd.DataFrame) -> list[Crossing]:
    """Every crossing of two causes or more among these runs, in the order of the sweep."""
    first = runs.drop_duplicates("configuration").set_index("configuration")["settings"].map(_apart)
    keys = [key for key in seeds.varying(runs) if not _is_seed(key)]
    seed = runs["configuration"].map(first.map(lambda pair: pair[1]))
    group = runs["configuration"].map(first.map(lambda pair: pair[0]))
    return [
        crossing
        for _, part in runs.assign(data_seed=seed).groupby(group, sort=False)
        if (crossing := _crossing(part, keys)) is not None
    ]


def _is_seed(key: str) -> bool:
    return key.startswith("dataset.") and key.endswith(".seed")


def _apart(settings: str) -> tuple[str, int]:
    """The settings without the data set's seed and what follows from it, and that seed; 0 where it has none."""
    made = json.loads(settings)
    made["dataset"].pop(FINGERPRINT, None)
    seed = made["dataset"].pop("seed", 0)
    return json.dumps(made, sort_keys=True), seed


def _crossing(part: pd.DataFrame, keys: list[str]) -> Crossing | None:
    """The crossing of the causes that have several levels, or None where there are not two, or some cells have no run."""
    order = part["order_seed"].fillna(-1)
    together = bool((order == part["init_seed"]).all())
    levels = {DATA: part["data_seed"], BOTH if together else START: part["init_seed"]}
    if not together:
        levels[ORDER] = order
    levels = {name: values for name, values in levels.items() if values.nunique() > 1}
    counts = {name: int(values.nunique()) for name, values in levels.items()}
    if len(levels) < 2 or np.prod(list(counts.values())) != len(part):
        return None
    ordered = part.assign(**levels).sort_values(list(levels), kind="stable")
    if ordered.duplicated(list(levels)).any():
        return None
    splits = {measure: _split(ordered[measure], counts) for measure in MEASURES}
    return Crossing(seeds.label(part.iloc[0], keys), counts, ordered, splits)


def _split(values: pd.Series, counts: dict[str, int]) -> Split | str:
    try:
        return split(values.to_numpy(dtype=float).reshape(tuple(counts.values())), list(counts))
    except ValueError as error:
        return str(error)


def table(crossing: Crossing) -> pd.DataFrame:
    """One row a set of causes: its share of the variance of each measure that could be split, with the interval's ends."""
    found = {measure: made for measure, made in crossing.splits.items() if isinstance(made, Split)}
    rows: dict[str, list[object]] = {}
    for measure, made in found.items():
        rows["cause"] = [" x ".join(names) for names in made.sets]
        rows[f"share_{measure}"] = list(made.share)
        rows[f"low_{measure}"], rows[f"high_{measure}"] = list(made.low), list(made.high)
    return pd.DataFrame(rows)


def verdict(crossing: Crossing, measure: str = "J") -> str:
    """What the spread of a measure comes from, in a sentence."""
    made, what = crossing.splits[measure], MEASURES[measure]
    if isinstance(made, str):
        return f"The spread of {what} cannot be split: {made}."
    if np.isnan(made.share).any():
        return f"All runs have the same {what}: there is no spread to split."
    parts = zip(made.causes, made.involved, made.involved_low, made.involved_high, strict=True)
    involved = ", ".join(f"the {name} {share:.0%} ({low:.0%} to {high:.0%})" for name, share, low, high in parts)
    largest = int(np.argmax(made.share))
    most = f"The largest single part, {made.share[largest]:.0%}, is that of {' x '.join(made.sets[largest])}"
    alone = " alone" if len(made.sets[largest]) == 1 else ", which none of them brings by itself"
    return (
        f"In the variance of {what} so much has to do with each cause, alone or with others: {involved}. {most}{alone}."
    )
