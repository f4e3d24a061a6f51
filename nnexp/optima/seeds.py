"""What did the random seeds of each configuration come to?

Takes a frame with one row a run (see `nnexp.frames`), gives tables, representatives and bands of curves. A mean over seeds
is never given: seeds end in several optima, and no run has the mean of their losses.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnexp.configuration import KEYS
from nnexp.records import STATUS

Array = NDArray[np.float64]

IMPLIED = (
    ("passes", ["optimizer"]),
    ("widths", ["depth", "width"]),
    ("activations", ["depth", "activation"]),
    ("output", ["loss"]),
)
"""Keys that are not shown where the others say the same."""

MOST_NAMED = 8
"""How many seeds a line about failures names."""

QUANTILES = {"median": 0.5, "q10": 0.1, "q90": 0.9}


def varying(runs: pd.DataFrame) -> list[str]:
    """The keys and part parameters that tell the configurations of these runs apart."""
    keys = [c for c in runs.columns if c in KEYS or c.split(".")[0] in KEYS]
    once = runs.drop_duplicates("configuration")
    found = [key for key in keys if once[key].nunique(dropna=False) > 1]
    parameters = [(key, [key.split(".")[0]]) for key in found if "." in key]
    lengths = [("steps", ["passes", *(key for key in keys if key.split(".")[0] == "optimizer")])]
    for key, others in (*lengths, *IMPLIED, *parameters):
        if key in found and once.groupby(others, dropna=False)[key].nunique(dropna=False).max() == 1:
            found.remove(key)
    return found


def label(run: Any, keys: list[str]) -> str:
    """A run's configuration in words: the value of each of these keys that it has."""
    named = {"depth", "width", "offsets", "step_size", "l2", "l1", "penalize_offsets", "passes", "steps"}
    values = {key: run[key] for key in keys if pd.notna(run[key])}
    return ", ".join(
        f"{key.replace('_', ' ')} {_number(v)}" if key in named else _said(key, v) for key, v in values.items()
    )


def _number(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool | np.bool_) else f"{value:.10g}"


def _said(key: str, value: object) -> str:
    return f"{key}={value}" if "." in key else str(value)


def configurations(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a configuration, the best median test loss first: its id, what varies, and what its seeds came to.

    Where there are no test examples, J stands for the test loss. Runs that diverged count in `runs` and `diverged` and
    nowhere else.
    """
    keys = varying(runs)
    groups = runs.groupby("configuration", sort=False)
    table = pd.DataFrame(index=pd.Index(list(groups.groups), name="configuration"))
    first = runs.drop_duplicates("configuration").set_index("configuration")
    for key in keys:
        table[key] = first[key]
    table["runs"] = groups.size()
    table["diverged"] = runs["status"].eq("diverged").groupby(runs["configuration"]).sum()
    measures = [name for name in ("test_loss", "test_error") if runs[name].notna().any()] or ["J"]
    for name in measures:
        table[f"median_{name}"], table[f"best_{name}"] = groups[name].median(), groups[name].min()
    if measures == ["J"]:
        table["worst_J"] = groups["J"].max()
    return table.sort_values(f"median_{measures[0]}", kind="stable").reset_index()


def verdicts(runs: pd.DataFrame) -> str:
    """How many runs came to each kind of endpoint, in words, the most frequent first."""
    counts = runs["endpoint"].fillna("not judged").value_counts()
    return ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items())


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
