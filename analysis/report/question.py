"""What was asked: which keys were varied, over which values?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.report.page import Section, Table, Words
from analysis.tables import count, statuses
from nnexp.records import SweepRecord

MOST_VALUES = 12


def section(record: SweepRecord, runs: pd.DataFrame, keys: Sequence[str]) -> Section:
    """The sweep in words and its axes in a table."""
    rows = [{"key": key.replace("_", " "), "values": _values(runs[key])} for key in keys]
    first = runs.iloc[0]
    same = f"Data: {first['dataset']}. " if "dataset" not in keys else ""
    missing = len(record.runs) - len(runs)
    lost = f" {missing:,} runs that were asked for are not on record yet." if missing else ""
    words = f"{same}{statuses(runs)} Each configuration was trained from {_per_configuration(runs)}.{lost}"
    parts: list[Words | Table] = [Words(words)]
    if rows:
        parts.append(Table(pd.DataFrame(rows), "What was varied; all else was the same for every run."))
    return Section("asked", "What was asked", parts)


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
