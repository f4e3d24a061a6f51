"""Does SGD end elsewhere than GD, each at its best, from the same initial weights and on the same objective?

Each arm's step size is tuned on some seeds and judged on the others. Of the seeds that both arms have, in ascending order, the
first quarter tunes: of an arm's configurations the one with the lowest median J there is taken (a run that diverged counts as
infinite). Where an arm has a single configuration there is nothing to tune. Pairs are runs of the other seeds, from
the same initial weights. Costs are gradient evaluations, one for each example that a step sees.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.objectives import Minimized
from nnexp.optima import duel
from nnexp.optima.distinct import rungs

ARMS = ("gd", "sgd")
TUNING = 0.25
LEAST = 5
"""Pairs below which no test can find anything at the 5 % level, so that none is asked."""

ALIKE = 1e-6
"""The share by which J may differ at one and the same optimum, where two polishes landed."""

OUTCOME = (
    *("run", "init_seed", "J", "test_loss", "polished_J", "optimum", "endpoint", "gradient_evaluations"),
    *("another_basin", "status"),
)


@dataclass(frozen=True)
class Duel:
    """One objective's duel.

    tried: (arm), how many configurations; step_size: (arm), the one taken; passes: (arm), through the data.
    at_rim: the arms whose step size is the largest or the smallest of three or more tried: a better one may lie beyond.
    tuned_on: the seeds that chose. pairs: a row a start of the other seeds, OUTCOME of each arm as `_gd`, `_sgd`.
    J, test_loss: where training stopped, SGD against GD. lowest: who reaches the lowest known optimum.
    """

    of: Minimized
    tried: dict[str, int]
    step_size: dict[str, float]
    passes: dict[str, float]
    at_rim: list[str]
    tuned_on: list[int]
    pairs: pd.DataFrame
    J: duel.Ranked
    test_loss: duel.Ranked
    lowest: duel.Reached

    @property
    def diverged(self) -> int:
        """Pairs in which a run diverged; they are in no test of J."""
        return len(self.pairs) - len(_ended(self.pairs, "J"))

    @property
    def elsewhere(self) -> int:
        """Pairs that end at two different optima."""
        at = self.pairs[(self.pairs["optimum_gd"] != rungs.NONE) & (self.pairs["optimum_sgd"] != rungs.NONE)]
        return int((at["optimum_gd"] != at["optimum_sgd"]).sum())

    @property
    def settled(self) -> int:
        """Pairs of which both runs end at an optimum."""
        return int(((self.pairs["optimum_gd"] != rungs.NONE) & (self.pairs["optimum_sgd"] != rungs.NONE)).sum())

    def transitions(self) -> pd.DataFrame:
        """Where GD ends (rows) against where SGD ends (columns) from the same start, optima by number."""
        used = sorted(
            set(self.pairs["optimum_gd"]) | set(self.pairs["optimum_sgd"]), key=lambda k: (k == rungs.NONE, k)
        )
        first, second = ([rungs.name(k) for k in self.pairs[f"optimum_{arm}"]] for arm in ARMS)
        return duel.transitions(first, second, [rungs.name(k) for k in used])


def duels(found: Sequence[Minimized]) -> list[Duel]:
    """The duel of each objective that GD and SGD minimized from LEAST common starts at least."""
    made = [_duel(each, group) for each in found for _, group in each.runs.groupby(_starts(each.runs), sort=False)]
    return [each for each in made if each is not None]


def _starts(runs: pd.DataFrame) -> pd.Series:
    """How each run's initial weights were drawn."""
    drawn = {text: json.dumps(json.loads(text)["initializer"]) for text in runs["settings"].unique()}
    return runs["settings"].map(drawn)


def _duel(of: Minimized, runs: pd.DataFrame) -> Duel | None:
    arms = {arm: _once(runs[runs["optimizer"] == arm]) for arm in ARMS}
    common = sorted(set(arms["gd"]["init_seed"]) & set(arms["sgd"]["init_seed"]))
    tried = {arm: int(each["configuration"].nunique()) for arm, each in arms.items()}
    tuning = common[: int(len(common) * TUNING)] if max(tried.values(), default=0) > 1 else []
    if len(common) - len(tuning) < LEAST:
        return None
    chosen = {arm: each[each["configuration"] == _best(each, tuning)] for arm, each in arms.items()}
    rest = {arm: each[~each["init_seed"].isin(tuning)] for arm, each in chosen.items()}
    pairs = _pairs(rest)
    both, tested = _ended(pairs, "J"), _ended(pairs, "test_loss")
    return Duel(
        of,
        tried,
        {arm: float(each["step_size"].iloc[0]) for arm, each in chosen.items()},
        {arm: float(each["passes"].iloc[0]) for arm, each in chosen.items()},
        [arm for arm in ARMS if _at_rim(arms[arm]["step_size"], chosen[arm]["step_size"])],
        tuning,
        pairs,
        duel.signed_rank(both["J_gd"], both["J_sgd"], ALIKE),
        duel.signed_rank(tested["test_loss_gd"], tested["test_loss_sgd"], ALIKE),
        duel.reached(pairs["optimum_gd"] == 0, pairs["optimum_sgd"] == 0),
    )


def _once(runs: pd.DataFrame) -> pd.DataFrame:
    """One run a configuration and start: where orders are crossed with starts, the first order."""
    return runs.sort_values(["order_seed", "run"], kind="stable").drop_duplicates(["configuration", "init_seed"])


def _best(runs: pd.DataFrame, tuning: Sequence[int]) -> str:
    """The configuration with the lowest median J on these seeds; among equals the smallest step."""
    on = runs[runs["init_seed"].isin(tuning)] if len(tuning) else runs
    median = (
        on.assign(J=on["J"].fillna(np.inf)).groupby("configuration").agg(J=("J", "median"), step=("step_size", "first"))
    )
    return str(median.sort_values(["J", "step"], kind="stable").index[0])


def _at_rim(tried: pd.Series, taken: pd.Series) -> bool:
    return tried.nunique() > 2 and taken.iloc[0] in (tried.min(), tried.max())


def _pairs(rest: dict[str, pd.DataFrame]) -> pd.DataFrame:
    first, second = (
        rest[arm][list(OUTCOME)].rename(columns={c: f"{c}_{arm}" for c in OUTCOME if c != "init_seed"}) for arm in ARMS
    )
    return first.merge(second, on="init_seed").sort_values("init_seed", kind="stable").reset_index(drop=True)


def _ended(pairs: pd.DataFrame, what: str) -> pd.DataFrame:
    """The pairs of which both runs have this number."""
    return pairs[pairs[f"{what}_gd"].notna() & pairs[f"{what}_sgd"].notna()]


def table(every: Sequence[Duel]) -> pd.DataFrame:
    """One row a duel: what was tried, taken and paid, the typical ratio of J with its interval, and p after Holm.

    Where a J or a test loss may be 0 there is no ratio.
    """
    adjusted = duel.holm([each.J.p for each in every])
    return pd.DataFrame([_row(each, float(p)) for each, p in zip(every, adjusted, strict=True)])


def _row(each: Duel, p: float) -> dict[str, object]:
    ratio = (each.J.effect, each.J.low, each.J.high) if each.J.is_ratio else (np.nan,) * 3
    return (
        {"objective": each.of.name, "pairs": len(each.pairs), "diverged": each.diverged}
        | {f"step_size_{arm}": each.step_size[arm] for arm in ARMS}
        | {f"evaluations_{arm}": each.pairs[f"gradient_evaluations_{arm}"].median() for arm in ARMS}
        | {"sgd_lower": each.J.lower, "gd_lower": each.J.higher}
        | dict(zip(("ratio_J", "ratio_low", "ratio_high"), ratio, strict=True))
        | {"p_holm": p, "ratio_test_loss": each.test_loss.effect if each.test_loss.is_ratio else np.nan}
        | {"settled": each.settled if each.of.is_judged else None}
        | (_ends(each) if each.settled else {})
    )


def _ends(each: Duel) -> dict[str, object]:
    """Who ends where, which only pairs at optima tell."""
    lowest = each.lowest
    return {
        "elsewhere": each.elsewhere,
        "lowest_only_gd": lowest.only_first,
        "lowest_only_sgd": lowest.only_second,
        "lowest_difference": lowest.difference,
        "lowest_p": lowest.p,
    }
