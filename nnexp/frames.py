"""Records as pandas frames: one row a run, the configuration's keys spelled out as columns, the judge's findings behind."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnexp import judging
from nnexp.configuration import Configuration, recorded
from nnexp.errors import UserError
from nnexp.net.objective import Penalized
from nnexp.records import HISTORY, SCHEMA, Records

Array = NDArray[np.float64]
NEEDED = ("run", "configuration", "settings", "theta", "status")


def frame(store: Records, wanted: Sequence[str] | None = None, curves: bool = True) -> pd.DataFrame:
    """The records of these runs, in this order (all, unasked): ids, keys, seeds, outcome, theta; with `curves` how they went.

    The columns of `nnexp.judging.SCHEMA` follow; they are empty for runs that have not been judged.
    """
    columns = [name for name in SCHEMA.names if curves or name not in HISTORY]
    rows = store.read(None if wanted is None else set(wanted), columns).to_pandas()
    if wanted is not None:
        found = set(rows["run"])
        rows = rows.set_index("run").loc[[run for run in wanted if run in found]].reset_index()
    first = rows.drop_duplicates("configuration").set_index("configuration")["settings"]
    shown = [recorded(str(configuration), text).shown() for configuration, text in first.items()]
    keys = pd.DataFrame(shown, index=first.index, dtype=object)
    keys = keys.infer_objects().reindex(rows["configuration"]).reset_index(drop=True)
    if len(first):
        keys.insert(list(keys.columns).index("steps") + 1, "passes", rows["passes"])
    seeds = rows["init_seed"].rename("seed")
    rest = rows.drop(columns=["run", "configuration", "passes"])
    judged = _judged(store, rows["run"])
    return pd.concat([rows[["run", "configuration"]], keys, seeds, rest, judged], axis=1)


def _judged(store: Records, runs: pd.Series) -> pd.DataFrame:
    """What the judge found, a row for each of these runs."""
    found = judging.judgements(store.root, store.set_aside).read(set(runs)).to_pandas()
    return found.set_index("run").reindex(runs).reset_index(drop=True)


def load(sweep: str | None = None, runs_dir: str | Path | None = None, curves: bool = False) -> pd.DataFrame:
    """The runs on record of the newest sweep of this name (or with this id), as a frame; the newest of all, unasked.

    Curves and snapshots are most of what is on record, and are left out unless asked for. Without `runs_dir` it is `runs`
    here, or that of the nearest parent folder that holds records.

    Raises:
        UserError: if there is no such sweep.
    """
    store = Records(runs_dir)
    runs = frame(store, store.sweep(sweep).runs, curves)
    for file in store.set_aside:
        warnings.warn(str(file), stacklevel=2)
    return runs


def one(run: str, runs_dir: str | Path | None = None) -> pd.Series:
    """The row of a run on record, with its lists, by its id or by as much of its beginning as no other run's id has.

    Raises:
        UserError: if there is no such run, or there are several.
    """
    store = Records(runs_dir)
    if not isinstance(run, str):
        raise UserError(f"run={run!r} is no id; give the id of a run or its beginning")
    found = sorted(each for each in store.ids() if run and each.startswith(run))
    if not found:
        what = f"no run {run} is on record in {store.root}"
        raise UserError(f"{what}; nnexp.load(...)['run'] has the ids of a sweep's runs")
    if len(found) > 1:
        what = f"{len(found):,} runs on record in {store.root} have ids that begin with {run}"
        raise UserError(f"{what}; give more of it, as in {found[0]}")
    return frame(store, found).iloc[0]


@dataclass(frozen=True)
class Recalled:
    """A run taken from its record: what was minimised, and where training ended.

    theta is (parameters,), layer after layer, each layer's [W^T | W0] row by row; `value`, `gradient` and
    `hessian` take such a theta, or many as (runs, parameters), and give J, a number or (runs,), and its derivatives.
    """

    configuration: Configuration
    objective: Penalized
    theta: Array
    status: str = "finished"

    def value(self, theta: Array | None = None) -> Any:
        """J of the run's configuration at theta, where training ended unless given."""
        theta = self.theta if theta is None else np.asarray(theta, dtype=np.float64)
        J = self.objective.value(np.atleast_2d(theta), self.configuration.l2, self.configuration.l1)
        return J if theta.ndim == 2 else float(J[0])

    def gradient(self, theta: Array | None = None) -> Array:
        """dJ/dtheta at theta, where training ended unless given."""
        theta = self.theta if theta is None else np.asarray(theta, dtype=np.float64)
        c = self.configuration
        return self.objective.gradient(np.atleast_2d(theta), c.l2, c.l1).reshape(theta.shape)

    def hessian(self, theta: Array | None = None) -> Array:
        """d2J/dtheta dtheta at theta, (parameters, parameters), or of each of many, where training ended unless given."""
        theta = self.theta if theta is None else np.asarray(theta, dtype=np.float64)
        return self.objective.hessian(np.atleast_2d(theta), self.configuration.l2).reshape(*theta.shape, -1)

    def guess(self, X: Array) -> Array:
        """What the trained net says, (outputs, examples), for data points X (d, examples)."""
        inputs = self.configuration.features.transform(np.asarray(X, dtype=np.float64))
        return self.objective.guess(self.theta[None, :], inputs)[0]

    def weights(self) -> list[tuple[Array, Array]]:
        """W (m, n) and W0 (n,) of each layer."""
        return self.objective.network.weights(self.theta)


def recall(row: Mapping[str, Any] | pd.Series) -> Recalled:
    """The run that a row of a frame records.

    Raises:
        UserError: if its data, or the program's arithmetic, are not what they were when it was trained.
    """
    if not isinstance(row, pd.Series | Mapping) or not set(NEEDED) <= set(row.keys()):
        raise UserError(f"this is no row of a run: {row!r}; give one of a frame, as in nnexp.load(...).iloc[0]")
    configuration = recorded(row["configuration"], row["settings"])
    if configuration.current_id() != row["configuration"]:
        what = f"run {row['run']} cannot be had again: dataset={configuration.dataset.name} or the trainer has changed since"
        raise UserError(f"{what}; run the sweep again")
    return Recalled(configuration, configuration.objective(), np.asarray(row["theta"], dtype=np.float64), row["status"])
