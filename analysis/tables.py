"""The numbers of a sweep as tables, and what they come to in a sentence.

Every quantile is a run's own J, the lower of two where it falls between them, for no run has the J between two optima.
"""

from __future__ import annotations

import pandas as pd

from nnexp.figures.losses import ALIKE
from nnexp.optima import seeds

QUANTILES = {"q10_J": 0.1, "median_J": 0.5, "q90_J": 0.9}
MARGIN = 0.01
"""By what share J must differ to be told apart from what a few more steps would have brought."""


def distribution(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a configuration: what varies, how many runs and how many diverged, and the final J over its seeds.

    Sorted by data set and loss, within which J can be compared, then by median J; the configuration's id comes last.
    """
    keys = list(dict.fromkeys([*ALIKE, *seeds.varying(runs)]))
    groups = runs.groupby("configuration", sort=False)
    table = groups[keys].first()
    table["runs"] = groups.size()
    table["diverged"] = groups["status"].agg(lambda status: int(status.eq("diverged").sum()))
    table["best_J"] = groups["J"].min()
    for name, share in QUANTILES.items():
        table[name] = groups["J"].quantile(share, interpolation="lower")
    table["worst_J"] = groups["J"].max()
    slim = runs[["configuration", "run", "J", "init_seed"]].groupby("configuration", sort=False)
    for role in ("best", "worst"):
        table[f"{role}_seed"] = [_seed(group, role) for _, group in slim]
    for name in ("test_loss", "test_error"):
        table[f"median_{name}"] = groups[name].quantile(0.5, interpolation="lower")
    table = table.sort_values([*ALIKE, "median_J"], kind="stable").reset_index()
    return table[[*table.columns[1:], "configuration"]]


def _seed(group: pd.DataFrame, role: str) -> int | None:
    shown = seeds.representatives(group)
    return int(shown[role]["init_seed"]) if shown else None


def spread(table: pd.DataFrame) -> str:
    """How far apart seeds end, in a sentence, from the table that `distribution` gives."""
    known = table[table["median_J"].notna() & (table["runs"] - table["diverged"] > 1)]
    if known.empty:
        return "No configuration has two seeds with a final J, so there is no spread over seeds to speak of."
    apart = known["best_J"] < (1.0 - MARGIN) * known["median_J"]
    of = f"{apart.sum()} of {count(len(known), 'configuration')}"
    words = f"In {of} the best seed's J lies more than {MARGIN:.0%} below the median's"
    alike = known["worst_J"] <= (1.0 + MARGIN) * known["best_J"]
    lost = int(table["diverged"].sum())
    return f"{words}; in {alike.sum()} all seeds end within {MARGIN:.0%} of one another. {count(lost, 'run')} diverged."


def statuses(runs: pd.DataFrame) -> str:
    """How many runs there are and how they ended, in a sentence."""
    counts = runs["status"].value_counts()
    ended = ", ".join(f"{n:,} {str(status).replace('_', ' ')}" for status, n in counts.items())
    return f"{count(len(runs), 'run')} of {count(runs['configuration'].nunique(), 'configuration')}: {ended}."


def count(n: int, what: str) -> str:
    """So many of a thing, in words."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
