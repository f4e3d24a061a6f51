"""Which runs minimize the same J, and which optima did they reach?

Runs that differ only in the way they were trained (WAYS) minimize the same objective, so they share one catalogue of optima;
other data, another shape, loss or penalty is another objective with a catalogue of its own. Only endpoints that the judge calls
minima count as optima. Shares are of all runs; intervals and what is unseen are over seeds, each with all its runs
(`nnexp.optima.distinct.rungs`). All J here are those at which the polish landed, since which optimum a run was on its way to
is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nnexp.configuration import WAYS, objective_id
from nnexp.errors import UserError
from nnexp.examples import one_look
from nnexp.frames import Recalled, recall
from nnexp.optima import seeds
from nnexp.optima.distinct import rungs
from nnexp.optima.distinct.catalogue import MINIMA, Catalogue, catalogue
from nnexp.optima.distinct.unseen import Estimate, optima


@dataclass(frozen=True)
class Minimized:
    """An objective, the runs that minimize it, and the optima that they reached.

    number: from 1, in the order of the sweep. id: of the objective. label: what tells it from the sweep's others.
    runs: the rows of the frame, with the columns of `nnexp.optima.distinct.rungs`. recalled: its first run.
    found: its catalogue.
    """

    number: int
    id: str
    label: str
    runs: pd.DataFrame
    recalled: Recalled
    found: Catalogue

    @property
    def name(self) -> str:
        """Its number and label, as tables and titles say it."""
        return f"{self.number}: {self.label}" if self.label else f"{self.number}"

    @property
    def words(self) -> str:
        """Its number and label, as sentences say it."""
        return f"objective {self.number}" + (f" ({self.label})" if self.label else "")

    @property
    def is_judged(self) -> bool:
        """Whether any of its runs was judged; where none was, nothing is known of its optima."""
        return bool(self.runs["endpoint"].notna().any())

    @property
    def shares(self) -> np.ndarray:
        """(seeds, optima), the share of each seed's runs, one a way of training, that end at each optimum."""
        return rungs.over_seeds(self.found.member, self.runs["init_seed"])

    @property
    def unseen(self) -> Estimate:
        """The probability that a run from one more seed ends in an optimum not seen yet."""
        return rungs.still_unseen(self.shares)

    @property
    def all_there_may_be(self) -> Estimate:
        """Chao's estimate of how many optima can be reached, from how many seeds reach each."""
        return optima(rungs.reached(self.shares), len(self.shares))

    def interval(self, place: int) -> tuple[float, float]:
        """The 95 % interval over seeds for the share of runs that reach an optimum."""
        return rungs.interval(self.found.optima[place].share, len(self.shares))


@one_look()
def objectives(runs: pd.DataFrame) -> list[Minimized]:
    """Every objective of these runs, in the order of the sweep, with its catalogue.

    Args:
        runs: rows of a frame with curves, judged.

    Raises:
        UserError: if no run has been judged, or the data or the code of its parts are not what they were.
    """
    if "endpoint" not in runs or runs["endpoint"].isna().all():
        raise UserError("none of these runs has been judged, so no optimum is known; run make judge SWEEP=... first")
    ids = identities(runs)
    keys = [key for key in seeds.varying(runs) if key.split(".")[0] not in WAYS]
    groups = runs.groupby(runs["configuration"].map(ids), sort=False)
    return [_minimized(n, str(key), group, keys) for n, (key, group) in enumerate(groups, start=1)]


def identities(runs: pd.DataFrame) -> pd.Series:
    """The id of the objective of each configuration."""
    first = runs.drop_duplicates("configuration").set_index("configuration")["settings"]
    return first.map(objective_id)


def _minimized(number: int, key: str, group: pd.DataFrame, keys: Sequence[str]) -> Minimized:
    first = recall(group.iloc[0])
    found = _catalogue(first, group)
    label = seeds.label(group.iloc[0], list(keys))
    return Minimized(number, key, label, rungs.with_rungs(group.assign(objective=number), found), first, found)


def _catalogue(first: Recalled, group: pd.DataFrame) -> Catalogue:
    """The optima of these runs; those that were not judged count as seeds spent."""
    size = first.objective.network.n_parameters
    theta = np.full((len(group), size), np.nan)
    for place, given in enumerate(group["polished_theta"]):
        if given is not None and np.size(given) == size:
            theta[place] = given
    return catalogue(
        first.objective,
        theta,
        group["polished_J"].to_numpy(dtype=float),
        first.configuration.l2,
        first.configuration.l1,
        minimum=group["endpoint"].isin(MINIMA).to_numpy(),
        zero_directions=group["zero_directions"].fillna(-1).to_numpy(dtype=np.int64),
        seeds=group["init_seed"].to_numpy(),
    )


def together(found: Sequence[Minimized]) -> pd.DataFrame:
    """All their runs in one frame."""
    return pd.concat([each.runs for each in found], ignore_index=True)


def close_look(found: Sequence[Minimized], most: int, largest: int) -> Minimized | None:
    """The objective whose optima are best known: with most of them reached twice, of nets with at most `largest` parameters.

    Only those with two optima or more are asked, and at most `most`; where every one has more, the one with the fewest. None
    where none has two.
    """
    several = [each for each in found if len(each.found.optima) > 1]
    small = [each for each in several if each.recalled.theta.size <= largest] or several
    few = [each for each in small if len(each.found.optima) <= most]
    if few:
        return max(few, key=lambda each: (_well_known(each), -len(each.found.optima)))
    return min(small, key=lambda each: len(each.found.optima), default=None)


def _well_known(each: Minimized) -> int:
    """How many of its strict optima were reached more than once."""
    return sum(optimum.runs > 1 and optimum.by == "parameters" for optimum in each.found.optima)
