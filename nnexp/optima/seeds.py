"""What did the random seeds of each configuration come to?

Takes a frame with one row a run (see `nnexp.frames`), gives tables, representatives and bands of curves. A mean over seeds
is never given: seeds end in several optima, and no run has the mean of their losses.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnexp.configuration import KEYS
from nnexp.optima.distinct.catalogue import MINIMA
from nnexp.optima.endpoints.verdict import remedy
from nnexp.plan import MOST_JUDGED
from nnexp.records import STATUS

Array = NDArray[np.float64]

IMPLIED = (
    ("passes", ["optimizer"]),
    ("widths", ["depth", "width"]),
    ("activations", ["depth", "activation"]),
    ("output", ["loss"]),
)
"""Keys that are not shown where the others say the same."""

LISTED = (("width", "widths"), ("activation", "activations"))
"""Keys with one value for all hidden layers, each with the key that lists the layers' values where these differ."""

ALIKE = ["dataset", "loss"]
"""What runs must share for their losses to be compared; other draws of a data set (DRAWS) are still the same data set."""

DRAWS = ("seed", "examples", "test_share")

FIXED = ("dataset", "depth", *LISTED[0], "activation", "loss", "optimizer", "step_size", "l2", "l1", "passes")
"""The keys that are named where all configurations share a value."""

MOST_NAMED = 8
"""How many seeds a line about failures names."""

QUANTILES = {"median": 0.5, "q10": 0.1, "q90": 0.9}


def varying(runs: pd.DataFrame) -> list[str]:
    """The keys and part parameters that tell the configurations of these runs apart."""
    keys = [c for c in runs.columns if c in KEYS or c.split(".")[0] in KEYS]
    once = runs.drop_duplicates("configuration")
    hidden = once[once["depth"] > 1] if "depth" in once else once
    listed = dict(pair for pair in LISTED if pair[0] in once and hidden[pair[0]].isna().any())
    found = [key for key in keys if key not in listed and once[key].nunique(dropna=False) > 1]
    parameters = [(key, [key.split(".")[0]]) for key in found if "." in key]
    lengths = [("steps", ["passes", *(key for key in keys if key.split(".")[0] == "optimizer")])]
    for key, others in (*lengths, *IMPLIED, *parameters):
        implied = key in found and key not in listed.values()
        if implied and once.groupby(others, dropna=False)[key].nunique(dropna=False).max() == 1:
            found.remove(key)
    return found


def names(runs: pd.DataFrame) -> pd.Series:
    """Each configuration in words, by its id: what tells it apart from the others; empty where there is one alone."""
    once, keys = runs.drop_duplicates("configuration").set_index("configuration"), varying(runs)
    return pd.Series([label(row, keys) for _, row in once.iterrows()], index=once.index, dtype=object)


def label(run: Any, keys: list[str]) -> str:
    """A run's configuration in words: the value of each of these keys that it has."""
    named = {"depth", "width", "offsets", "step_size", "l2", "l1", "penalize_offsets", "passes", "steps"}
    values = {key: run[key] for key in keys if pd.notna(run[key]) and run[key] != ""}
    return ", ".join(
        f"{key.replace('_', ' ')} {_number(v)}" if key in named else _said(key, v) for key, v in values.items()
    )


def data_and_loss(run: Any) -> str:
    """What data a run is trained on and with what loss, in words; a table is called by its file's name."""
    path = run.get("dataset.table.path") if run["dataset"] == "table" else None
    data = Path(path).name if isinstance(path, str) else run["dataset"]
    return f"{data}, loss {run['loss']}"


def _number(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool | np.bool_) else f"{value:.10g}"


def _said(key: str, value: object) -> str:
    return f"{key}={value}" if "." in key else str(value)


def shared(runs: pd.DataFrame) -> str:
    """What all configurations of these runs have in common, in words: settings, and how many runs there are of each."""
    once = runs.drop_duplicates("configuration")
    values = {key: once[key].iloc[0] for key in FIXED if key in once and once[key].nunique(dropna=False) == 1}
    if values.get("width") is not None:
        values.pop("widths", None)
    known = {key: value for key, value in values.items() if pd.notna(value) and value not in ("", 0)}
    said = [f"{key} {value if isinstance(value, str) else _number(value)}" for key, value in known.items()]
    counts = runs.groupby("configuration").size()
    return ", ".join(said + ([f"{counts.iloc[0]:,} runs each"] if counts.nunique() == 1 else []))


def measure(runs: pd.DataFrame) -> str:
    """The column that configurations are ranked by: the test loss, or J where there are no test examples.

    Where losses or data sets differ, losses cannot be compared: then the test error, or for regressions on one data set
    the root mean squared error, provided that every run has one. Where not, see `comparable`.
    """
    known, differ = runs[runs["J"].notna()], {key.split(".")[0] for key in _apart(runs)}
    for name, across in (("test_error", {"dataset", "loss"}), ("test_rmse", {"loss"})):
        if differ and differ <= across and name in known and len(known) and known[name].notna().all():
            return name
    return "test_loss" if runs["test_loss"].notna().any() else "J"


def comparable(runs: pd.DataFrame) -> list[pd.DataFrame]:
    """The runs in groups within which `measure` can be compared: all in one, or those of each data set and loss."""
    apart = _apart(runs)
    if not apart or measure(runs) in ("test_error", "test_rmse"):
        return [runs]
    return [group for _, group in runs.groupby(apart, sort=False, dropna=False)]


def _apart(runs: pd.DataFrame) -> list[str]:
    """The keys that vary and keep losses from being compared."""
    return [key for key in varying(runs) if key.split(".")[0] in ALIKE and key.split(".")[-1] not in DRAWS]


def configurations(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a configuration, the lowest median of `measure` first: its id, what varies, the runs, median and best.

    Equal median test errors are ranked by the median test loss, as its place among the configurations of the same loss and
    data set. Configurations that cannot be compared are ranked group by group, see `comparable`. Runs that diverged count in
    `runs` and `diverged` and nowhere else.
    """
    groups = runs.groupby("configuration", sort=False)
    table = runs.drop_duplicates("configuration").set_index("configuration")[varying(runs)].copy()
    table["runs"] = groups.size()
    table["diverged"] = runs["status"].eq("diverged").groupby(runs["configuration"]).sum()
    measures = [measure(runs), *(name for name in ("test_loss", "test_rmse", "test_error") if name in runs)]
    for name in dict.fromkeys(name for name in measures if runs[name].notna().any() or name == "J"):
        table[f"median_{name}"], table[f"best_{name}"] = groups[name].median(), groups[name].min()
    if measures[0] == "J":
        table["worst_J"] = groups["J"].max()
    return table.loc[_order(table, runs)].reset_index()


def _order(table: pd.DataFrame, runs: pd.DataFrame) -> pd.Index:
    """The configurations of a table in the order of their ranks."""
    ranks, apart = pd.DataFrame({"median": table[f"median_{measure(runs)}"]}), _apart(runs)
    if apart:
        alike = table.groupby(apart, sort=False, dropna=False)
        if len(comparable(runs)) > 1:
            ranks.insert(0, "group", alike.ngroup())
        elif "median_test_loss" in table:
            ranks["tie"] = alike["median_test_loss"].rank(pct=True)
    return ranks.sort_values(list(ranks.columns), kind="stable").index


def verdicts(runs: pd.DataFrame) -> str:
    """How many runs came to each kind of endpoint, in words, the most frequent first."""
    counts = runs["endpoint"].fillna("not judged").value_counts()
    return ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items())


def remedies(runs: pd.DataFrame) -> dict[str, str]:
    """What to do about the verdicts that these runs got, in words, by verdict; those of local minima need nothing."""
    found = {}
    for verdict in runs["endpoint"][~runs["endpoint"].isin(MINIMA)].value_counts().index:
        group = runs[runs["endpoint"] == verdict]
        penalized = bool(((group["l2"] > 0.0) | (group["l1"] > 0.0)).all())
        (loss, *others) = group["loss"].unique()
        found[str(verdict)] = remedy(str(verdict), penalized, "" if others else str(loss))
    largest = runs.loc[runs["endpoint"].isna(), "theta"].map(len).max()
    if largest <= MOST_JUDGED:
        found["not judged"] = "judge=true has nets of this size judged, without training them again; it may take long"
    elif largest > MOST_JUDGED:
        found["not judged"] = f"nets of more than {MOST_JUDGED:,} parameters cannot be judged"
    return found


def endpoints(runs: pd.DataFrame) -> list[tuple[str, str]]:
    """Every run and its endpoint, sorted; where it was not judged, its status, or nothing if it finished."""
    unjudged = runs["status"].where(runs["status"] != "finished", "")
    return sorted(zip(runs["run"], runs["endpoint"].fillna(unjudged), strict=True))


def failures(runs: pd.DataFrame) -> list[str]:
    """A line for each configuration with runs that did not take all their steps: which seeds, why, and at which step."""
    keys, lines = varying(runs), []
    for (_, status), group in runs[runs["status"] != "finished"].groupby(["configuration", "status"], sort=False):
        where = label(group.iloc[0], keys) or "the configuration"
        lines.append(f"{status}: {where}; {_seeds(group)}: {STATUS[str(status)]}")
    return lines


def _seeds(runs: pd.DataFrame) -> str:
    """Which seeds they are; of many, the first and how many more."""
    named = ", ".join(_seed(run) for _, run in runs.head(MOST_NAMED).iterrows())
    more = len(runs) - MOST_NAMED
    return f"seeds {named}{f' and {more:,} more' if more > 0 else ''}"


def _seed(run: pd.Series) -> str:
    return f"{run['seed']}" if pd.isna(run["diverged_at"]) else f"{run['seed']} (step {run['diverged_at']:.0f})"


def representatives(runs: pd.DataFrame) -> dict[str, pd.Series]:
    """The best, median and worst run of one configuration by final J, among those that have one; empty if none has.

    The median is a run, the lower middle one; ties go to the smaller seed.
    """
    ranked = _ranked(runs)
    if not len(ranked):
        return {}
    last = len(ranked) - 1
    places = {"best": ranked[0], "median": ranked[last // 2], "worst": ranked[last]}
    return {role: runs.iloc[place] for role, place in places.items()}


def _ranked(runs: pd.DataFrame) -> NDArray[np.intp]:
    """The places of the runs that have a final J, the lowest first; ties go to the smaller seed."""
    J = runs["J"].to_numpy(np.float64)
    known = np.flatnonzero(~np.isnan(J))
    ids, seeds = runs["run"].to_numpy(str)[known], runs["init_seed"].to_numpy()[known]
    return known[np.lexsort((ids, seeds, J[known]))]


def bands(runs: pd.DataFrame, curve: str) -> tuple[NDArray[np.int64], dict[str, Array]]:
    """One configuration's curve over its seeds: steps (points,), and median, q10, q90 and best, (points,) each.

    `best` is the curve of the run with the lowest final J. Runs drop out at the step at which J overflowed; where none is
    left, the values are NaN.
    """
    stacked = np.stack(list(runs[f"curve_{curve}"])).astype(float)
    values = dict(zip(QUANTILES, _quantiles(stacked), strict=True))
    ranked = _ranked(runs)
    values["best"] = stacked[ranked[0]] if len(ranked) else np.full(stacked.shape[1], np.nan)
    return np.asarray(runs["curve_steps"].iloc[0], dtype=np.int64), values


def _quantiles(stacked: Array) -> Array:
    """QUANTILES over rows (runs, points) of the numbers in each column, (quantiles, points); NaN where a column has none."""
    shares, whole = list(QUANTILES.values()), ~np.isnan(stacked).any(axis=0)
    found = np.full((len(shares), stacked.shape[1]), np.nan)
    found[:, whole] = np.quantile(stacked[:, whole], shares, axis=0)
    for point in np.flatnonzero(~whole & ~np.isnan(stacked).all(axis=0)):
        found[:, point] = np.nanquantile(stacked[:, point], shares)
    return found
