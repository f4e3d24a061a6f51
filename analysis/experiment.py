"""How is an experiment run whose outcome is known beforehand, and what does it say?

An experiment is a named sweep in a folder of `conf/sweep/`, composed as on the command line and read back from the records.
Truths and the rows of the lecture turn its endpoints into findings: what was claimed, what is expected, what was found, and
whether they agree.
"""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import nnexp
from nnexp.__main__ import asked_for
from nnexp.frames import Recalled
from nnexp.optima.distinct.catalogue import Catalogue, catalogue
from nnexp.optima.endpoints.verdict import Judged, judge

Array = NDArray[np.float64]

MINIMA = ("minimum", "flat minimum")


@dataclass(frozen=True)
class Finding:
    """One line of the table: the claim, what is expected, what was found, and whether that is it."""

    claim: str
    expected: str
    found: str
    passed: bool


@dataclass(frozen=True)
class Endpoints:
    """Where the seeds of one configuration ended.

    runs: the records with their judgements, one row a seed; recalled: the first of them, for its objective and configuration.
    """

    runs: pd.DataFrame
    recalled: Recalled

    def guess(self, X: Array) -> Array:
        """The outputs of the first run's net, (outputs, points), for inputs X (inputs, points) as `data.X_train` has them."""
        inputs = self.recalled.configuration.features.transform(X)
        return self.recalled.objective.guess(self.recalled.theta[None], inputs)[0]

    @property
    def stopped(self) -> Array:
        """Where training stopped, (runs, parameters)."""
        return np.stack(list(self.runs["theta"]))

    @property
    def polished(self) -> Array:
        """Where the polish landed, (runs, parameters)."""
        return np.stack(list(self.runs["polished_theta"]))

    @property
    def J(self) -> Array:
        """J there, (runs,)."""
        return self.runs["polished_J"].to_numpy()

    @property
    def verdicts(self) -> Counter[str]:
        """How many runs got each verdict."""
        return Counter(self.runs["endpoint"])

    @functools.cached_property
    def optima(self) -> Catalogue:
        """The distinct optima, of the runs that are judged to be at one."""
        c, at_one = self.recalled.configuration, self.runs["endpoint"].isin(MINIMA).to_numpy()
        return catalogue(self.recalled.objective, self.polished, self.J, c.l2, c.l1, minimum=at_one)

    def weights(self, run: int) -> list[tuple[Array, Array]]:
        """W (m, n) and W0 (n,) of each layer, where the polish of this run landed."""
        return self.recalled.objective.network.weights(self.polished[run])


def judged(recalled: Recalled, theta: Array) -> Judged:
    """The verdict on points theta (points, parameters) that were put in their places by hand."""
    c, n = recalled.configuration, len(theta)
    return judge(recalled.objective, theta, np.full(n, c.l2), np.full(n, c.l1), ["finished"] * n)


def said(verdicts: Counter[str]) -> str:
    """How many got each verdict, in words."""
    return ", ".join(f"{count:,} `{verdict}`" for verdict, count in verdicts.most_common())


@dataclass(frozen=True)
class Experiment:
    """How the experiments are run.

    folder: that of their sweeps, in `conf/sweep/`.
    runs_dir: the folder of everything that is made.
    seeds: how many seeds a sweep that has many gets; None for as many as its file says.
    overrides: what else is said on the command line.
    """

    folder: str
    runs_dir: Path
    seeds: int | None = None
    overrides: tuple[str, ...] = ("tracking=none",)

    def run(self, sweep: str) -> list[Endpoints]:
        """The endpoints of a sweep, given by its file's name, a configuration each, in the order of the plan.

        Raises:
            UserError: if the sweep is refused.
        """
        asked = asked_for(f"sweep={self.folder}/{sweep}", *self.overrides) | {"runs_dir": str(self.runs_dir.absolute())}
        if self.seeds is not None and isinstance(asked["seeds"], int) and asked["seeds"] > 1:
            asked["seeds"] = self.seeds
        runs = nnexp.sweep(**asked)
        groups = runs.groupby("configuration", sort=False)
        return [Endpoints(group.reset_index(drop=True), nnexp.recall(group.iloc[0])) for _, group in groups]
