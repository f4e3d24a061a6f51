"""What was asked: which keys were varied, over which values?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.report.page import Section, Table, Words
from analysis.tables import count, statuses
from nnexp.records import SweepRecord

MOST_VALUES = 12
FIXED = (
    *("depth", "width", "activation", "loss", "l2", "l1", "penalize_offsets", "optimizer", "optimizer.sgd.batch_size"),
    *("step_size", "schedule", "initializer", "stopping"),
)
"""Settings that are told where they do not vary."""


def section(record: SweepRecord, runs: pd.DataFrame, keys: Sequence[str]) -> Section:
    """The sweep in words and its axes in a table."""
    rows = [{"key": key.replace("_", " "), "values": _values(runs[key])} for key in keys]
    first = runs.iloc[0]
    same = f"Data: {first['dataset']}. " if "dataset" not in keys else ""
    fixed = f" The same for every run: {_same(runs, keys)}."
    missing = len(record.runs) - len(runs)
    lost = (
        f" {count(missing, 'run')} of those asked for {'is' if missing == 1 else 'are'} not on record yet."
        if missing
        else ""
    )
    words = f"{same}{statuses(runs)} Each configuration was trained from {_per_configuration(runs)}.{fixed}{lost}"
    parts: list[Words | Table] = [Words(words)]
    if rows:
        parts.append(Table(pd.DataFrame(rows), "What was varied; all else was the same for every run."))
    return Section("asked", "What was asked", parts)


def _same(runs: pd.DataFrame, keys: Sequence[str]) -> str:
    """The settings that matter most and are the same for every run; what goes with the optimizer is said for each."""
    known = {key: runs[key].dropna().unique() for key in FIXED if key in runs and key not in keys}
    said = [
        f"{key.rpartition('.')[2].replace('_', ' ')} {_value(one[0])}" for key, one in known.items() if len(one) == 1
    ]
    return ", ".join([*said, _long(runs)])


def _long(runs: pd.DataFrame) -> str:
    """How many passes through the data a run of each optimizer takes, or steps where it goes by them."""
    unit = "passes" if runs["passes"].notna().all() else "steps"
    lengths = {
        str(name): " or ".join(_value(value) for value in sorted(part[unit].dropna().unique()))
        for name, part in runs.groupby("optimizer", sort=True)
    }
    if len(set(lengths.values())) == 1:
        return f"{next(iter(lengths.values()))} {unit}"
    return f"{unit} " + " and ".join(f"{length} with {name}" for name, length in lengths.items())


def _value(value: object) -> str:
    """A setting as text."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, int | float | np.number) else str(value)


def _per_configuration(runs: pd.DataFrame) -> str:
    sizes = runs.groupby("configuration").size()
    low, high = int(sizes.min()), int(sizes.max())
    return count(low, "seed") if low == high else f"{low:,} to {high:,} seeds"


def _values(column: pd.Series) -> str:
    known = sorted(column.dropna().unique())
    shown = [f"{value:g}" if isinstance(value, float) else str(value) for value in known[:MOST_VALUES]]
    more = [f"and {len(known) - MOST_VALUES} more"] if len(known) > MOST_VALUES else []
    none = ["none (where it has no meaning)"] if column.isna().any() else []
    return ", ".join([*shown, *more, *none])
