"""Which runs are GD and SGD from the same start?

Two runs are a pair if their configurations differ only in the optimizer, and in the steps that follow from it, and their
initial weights come from the same seed. Where a sweep has several lengths, those of equal passes are compared, else those
of equal steps.
"""

from __future__ import annotations

import json

import pandas as pd

FOLLOWS = ("optimizer", "steps", "curve_points", "snapshots")
"""Settings in which a pair may differ."""

OUTCOME = ("run", "configuration", "settings", "status", "passes", "steps", "gradient_evaluations", "J", "test_loss")


def pairs(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a pair: `init_seed`, what both share of `dataset`, `loss`, `step_size`, and OUTCOME of each as `_gd`, `_sgd`.

    Without GD or without SGD among the runs it is empty.
    """
    common = runs.drop_duplicates("configuration").set_index("configuration")["settings"].map(_common)
    keyed = runs[[*OUTCOME, "optimizer", "init_seed"]].assign(common=runs["configuration"].map(common))
    gd, sgd = (
        keyed[keyed["optimizer"] == name].drop(columns="optimizer").rename(columns={c: f"{c}_{name}" for c in OUTCOME})
        for name in ("gd", "sgd")
    )
    found = gd.merge(sgd, on=["common", "init_seed"], sort=False)
    found = found[_nearest(found)].drop(columns="common").reset_index(drop=True)
    shared = runs.drop_duplicates("configuration").set_index("configuration")[["dataset", "loss", "step_size"]]
    return found.join(shared, on="configuration_gd")


def _common(settings: str) -> str:
    kept = {key: value for key, value in json.loads(settings).items() if key not in FOLLOWS}
    return json.dumps(kept, sort_keys=True)


def _nearest(found: pd.DataFrame) -> pd.Series:
    """Of several GD runs for one SGD run, those that are as long as it."""
    likeness = 2 * found["passes_gd"].eq(found["passes_sgd"]) + found["steps_gd"].eq(found["steps_sgd"])
    return likeness.eq(likeness.groupby(found["run_sgd"]).transform("max"))


def finished(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs of which both runs have a final J."""
    return pairs[pairs["J_gd"].notna() & pairs["J_sgd"].notna()]
