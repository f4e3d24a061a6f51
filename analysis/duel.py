"""GD beside SGD from the same initial weights: a table of pairs, its summary, and who ends lower in a sentence."""

from __future__ import annotations

import pandas as pd

from nnexp.figures.losses import ALIKE
from nnexp.figures.pairing import finished

PLAIN = ("settings_gd", "settings_sgd")


def table(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row a pair (see `nnexp.figures.pairing`), with J_sgd / J_gd, without the settings' long text."""
    return pairs.drop(columns=list(PLAIN)).assign(ratio=pairs["J_sgd"] / pairs["J_gd"])


def summary(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row a data set, loss and step size: pairs, those with both J, in how many SGD ends lower, J_sgd / J_gd."""
    every = table(pairs)
    groups = every.assign(lower=every["ratio"] < 1.0).groupby([*ALIKE, "step_size"], sort=False)
    found = groups.agg(pairs=("ratio", "size"), both_end=("ratio", "count"), sgd_lower=("lower", "sum"))
    ratio = groups["ratio"]
    for name, share in (("q10_ratio", 0.1), ("median_ratio", 0.5), ("q90_ratio", 0.9)):
        found[name] = ratio.quantile(share, interpolation="lower")
    for name in ("gd", "sgd"):
        found[f"evaluations_{name}"] = groups[f"gradient_evaluations_{name}"].median()
    return found.reset_index()


def verdict(pairs: pd.DataFrame) -> str:
    """Whether SGD ends lower than GD from the same start, in how many pairs, and at what cost, in a sentence."""
    both = finished(pairs)
    if both.empty:
        return (
            "GD and SGD cannot be compared: there is no pair of runs that differ only in that and both have a final J."
        )
    lower = int((both["J_sgd"] < both["J_gd"]).sum())
    cost = {name: both[f"gradient_evaluations_{name}"].median() for name in ("gd", "sgd")}
    lost = len(pairs) - len(both)
    more = f"; {lost} more pairs have a run that diverged" if lost else ""
    return (
        f"From the same initial weights and with the same step size, SGD ends lower than GD in {lower:,} of {len(both):,} "
        f"pairs, on {cost['sgd']:,.0f} gradient evaluations a run against {cost['gd']:,.0f}{more}."
    )
