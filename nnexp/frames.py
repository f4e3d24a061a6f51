"""Records as pandas frames: one row a run, the configuration's keys spelled out as columns, the judge's findings behind."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnexp import judging
from nnexp.configuration import Configuration, current, recorded
from nnexp.errors import UserError
from nnexp.examples import one_look
from nnexp.net.objective import Penalized
from nnexp.portable import Net
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
    wanted = store.sweep(sweep).runs
    runs = frame(store, wanted, curves)
    for said in [*map(str, store.set_aside), *_left_out(store, wanted, runs)]:
        warnings.warn(said, stacklevel=2)
    return runs


def _left_out(store: Records, wanted: Sequence[str], runs: pd.DataFrame) -> list[str]:
    """A line on the wanted runs that are missing because their records are outdated, if any."""
    count = len(store.left_out.intersection(wanted).difference(runs["run"]))
    what = f"{count:,} of the {len(wanted):,} runs in {store.root} are left out: an earlier version recorded them as finished"
    return [f"{what}, but they diverged; run the sweep again to record them as diverged"] if count else []


def one(run: str, runs_dir: str | Path | None = None) -> pd.Series:
    """The row of a run on record, with its lists, by its id or by as much of its beginning as no other run's id has.

    Raises:
        UserError: if there is no such run, or there are several.
    """
    store = Records(runs_dir)
    if not isinstance(run, str) or not run:
        raise UserError(f"run={run!r} is no id; give the id of a run or its beginning")
    found = sorted(each for each in store.ids() if each.startswith(run))
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
    run: str = ""

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

    @functools.cached_property
    def net(self) -> Net:
        """The trained net with all that becomes of rows of the table before and after it; `to_json` gives it as text."""
        return Net.of({"run": self.run, "theta": self.theta}, self.configuration)

    def predict(self, rows: Any) -> Any:
        """What is predicted for rows of the table, (rows,): labels as the table spells them, or numbers in the target's unit.

        Args:
            rows: a frame with the table's columns in any order, an array (rows, columns) in theirs, or the path of a file
                that is written as the table is; values as they are in the table, not standardized.

        Raises:
            UserError: if a column or a value is missing, or a value cannot be used.
        """
        return self.net.predict(self._rows_of(rows))

    def predict_proba(self, rows: Any) -> pd.DataFrame:
        """The probability of each class for rows of the table, a column per class; `rows` and errors as `predict`."""
        return self.net.predict_proba(self._rows_of(rows))

    def guess(self, rows: Any) -> Array:
        """What the outputs say of rows of the table, (rows, outputs); `rows` and errors as `predict`."""
        return self.net.guess(self._rows_of(rows))

    def _rows_of(self, rows: Any) -> Any:
        read = getattr(self.configuration.dataset, "read", None)
        return read(rows) if read is not None and isinstance(rows, str | os.PathLike) else rows

    def rows(self, part: str = "test") -> pd.DataFrame:
        """The rows of the training or the test part as they are in the table, the target with them.

        The index says which rows of the table they are, counted from 0.

        Raises:
            UserError: if `part` is neither train nor test.
        """
        if part not in ("train", "test"):
            raise UserError(f"part={part!r} is not known; say train or test")
        data, table = self.configuration.data, self.configuration.dataset.table()
        if table is not None:
            return table.iloc[data.train if part == "train" else data.test]
        X, Y = (data.X_train, data.Y_train) if part == "train" else (data.X_test, data.Y_test)
        frame = pd.DataFrame(X.T, columns=data.encoding.names)
        if data.target.labels:
            classes = Y.argmax(axis=0) if len(Y) > 1 else Y[0].astype(np.int64)
            return frame.assign(
                **{data.target.names[0]: np.array(data.target.labels, dtype=object)[classes]}
            ).infer_objects()
        return frame.assign(**dict(zip(data.target.names, Y, strict=True)))

    def weights(self) -> list[tuple[Array, Array]]:
        """W (m, n) and W0 (n,) of each layer."""
        return self.objective.network.weights(self.theta)


@one_look()
def recall(row: Mapping[str, Any] | pd.Series) -> Recalled:
    """The run that a row of a frame records.

    Raises:
        UserError: if its data, the code of its parts or the program's arithmetic are not what they were when it was trained.
    """
    if not isinstance(row, pd.Series | Mapping) or not set(NEEDED) <= set(row.keys()):
        raise UserError(f"this is no row of a run: {row!r}; give one of a frame, as in nnexp.load(...).iloc[0]")
    configuration = current(row["configuration"], row["settings"], row["run"])
    theta = np.asarray(row["theta"], dtype=np.float64)
    return Recalled(configuration, configuration.objective(), theta, row["status"], row["run"])
