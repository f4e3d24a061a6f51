"""How many seeds does each configuration still need, until the next seed hardly shows an optimum not seen before?

Takes the plan and what is on record of its runs, judged; gives the configurations that need more. Seeds are doubled, since the
bound that is looked at (`nnexp.optima.distinct.unseen`) means what it says only where it is looked at seldom.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nnexp.configuration import Configuration
from nnexp.examples import one_look
from nnexp.judging import judgements
from nnexp.optima.distinct.catalogue import MINIMA, Catalogue, catalogue
from nnexp.optima.distinct.unseen import enough, probability
from nnexp.plan import Plan
from nnexp.records import Records


@one_look()
def needed(store: Records, made: Plan, unseen: float, most: int) -> dict[str, int]:
    """How many seeds the configurations that need more are to have, by id.

    Args:
        store: where the runs are.
        made: the plan, all of whose runs are on record and judged.
        unseen: the probability below which what was not seen must be, by its upper confidence bound.
        most: the most seeds of a configuration.
    """
    rows = judged(store, [run.id for run in made.runs])
    found = {}
    for configuration in made.configurations:
        of_it = rows[rows["configuration"] == configuration.id]
        counts = optima(configuration, of_it).counts
        if len(of_it) < most and not enough(counts, len(of_it), unseen):
            found[configuration.id] = min(2 * len(of_it), most)
    return found


@one_look()
def said(store: Records, made: Plan, unseen: float) -> dict[str, str]:
    """A sentence for each configuration, by its id: whether the seeds spent have shown enough of its optima."""
    rows = judged(store, [run.id for run in made.runs])
    return {
        configuration.id: _line(configuration, rows[rows["configuration"] == configuration.id], unseen)
        for configuration in made.configurations
    }


def _line(configuration: Configuration, rows: pd.DataFrame, unseen: float) -> str:
    counts, seeds = optima(configuration, rows).counts, len(rows)
    if not len(counts):
        return f"none of {seeds:,} seeds ends at an optimum, so there is nothing to count"
    high = probability(counts, seeds).high
    found = f"{len(counts):,} {'optimum' if len(counts) == 1 else 'optima'} from {seeds:,} seeds"
    what = f"{found}; the next seed shows a new one with probability {high:.2g} at most"
    return f"{what}, below {unseen:g}" if high < unseen else f"{what}, not below {unseen:g}; try most_seeds={2 * seeds}"


def judged(store: Records, runs: Sequence[str]) -> pd.DataFrame:
    """Run, configuration, seed, verdict, and where the polish landed, of runs on record."""
    known = store.read(set(runs), ["run", "configuration", "init_seed"]).to_pandas()
    columns = ["run", "endpoint", "polished_J", "polished_theta"]
    return known.merge(judgements(store.root).read(set(runs), columns).to_pandas(), on="run", how="left")


def optima(configuration: Configuration, rows: pd.DataFrame) -> Catalogue:
    """The distinct optima that the seeds of a configuration reached, from what `judged` gives of them."""
    rows = rows[rows["endpoint"].notna()]
    network = configuration.network()
    theta = np.array([*rows["polished_theta"]], dtype=np.float64).reshape(len(rows), network.n_parameters)
    return catalogue(
        configuration.objective(),
        theta,
        rows["polished_J"].to_numpy(),
        configuration.l2,
        configuration.l1,
        minimum=rows["endpoint"].isin(MINIMA).to_numpy(),
        seeds=rows["init_seed"].to_numpy(),
    )
