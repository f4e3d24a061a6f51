"""Sweeps in processes of their own, forked from one that has everything imported, and what they must leave behind."""

import atexit
import contextlib
import multiprocessing
import os
import signal
import sqlite3
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from mlflow import MlflowClient

from nnexp import config, pipeline
from nnexp.errors import UserError
from nnexp.files import HALF_WRITTEN
from nnexp.frames import frame
from nnexp.records import Records
from nnexp.tracking import store, sync

WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(["faults.children"])

ASKED = {
    "name": "disturbed",
    "dataset": "xor",
    "width": [2, 3],
    "optimizer": "sgd",
    "seeds": 16,
    "steps": 4000,
    "step_size": 0.05,
    "backend": {"where": "processes", "workers": 2},
    "tracking": {"store": "mlflow"},
}
UNDETERMINED = ["seconds"]
ACTIVE = "select count(*) from {table} join runs using (run_uuid) where lifecycle_stage = 'active'"
assert sync  # imported so that every child has it already


def asked(root, **changed):
    """A small sweep into this folder, as plain data."""
    return {**ASKED, "runs_dir": str(root), **changed}


class Stages(pipeline.Silence):
    """A watcher that keeps in a file how far a sweep is, and what it was told."""

    def __init__(self, file):
        self._file = file
        self._at("starting")

    def _at(self, stage):
        self._file.write_text(stage)

    def planned(self, plan, missing):
        self._missing = missing
        self._at("training" if missing else "judging")

    def trained(self, runs):
        self._missing -= runs
        if not self._missing:
            self._at("judging")

    def judged(self, done, of):
        if done == of:
            self._at("tracking")

    def tracked(self, done, of):
        self._at("tracking")

    def not_tracked(self, why):
        print(f"not tracked: {why}", file=sys.stderr)

    def set_aside(self, files):
        for file in files:
            print(file, file=sys.stderr)


def carry(wanted, stage):
    """Carry a sweep through, in a process group of its own; ends as the command line would, and as an interpreter does."""
    os.setsid()
    with open(stage.with_suffix(".stderr"), "w") as said:
        os.dup2(said.fileno(), 2)
    stage.write_text("starting")
    code = 0
    try:
        pipeline.run(config.check(wanted), config=wanted, watcher=Stages(stage))
        stage.write_text("ended")
    except UserError as error:
        print(f"nnexp: {error}", file=sys.stderr)
        code = 2
    except Exception:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    os._exit(code)


@dataclass
class Sweep:
    """A sweep under way in a process of its own."""

    process: multiprocessing.Process
    stage_file: Path

    @property
    def pid(self):
        return self.process.pid

    @property
    def stage(self):
        return self.stage_file.read_text()

    @property
    def said(self):
        return self.stage_file.with_suffix(".stderr").read_text()

    def end(self, seconds=120):
        """Wait until it has ended; gives its exit code."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"the sweep stands still while {self.stage}"
        return self.process.exitcode


def start(root, **changed):
    """Start a sweep into this folder; it has begun when this comes back."""
    stage = Path(f"{root}.{time.monotonic_ns()}.stage")
    stage.parent.mkdir(parents=True, exist_ok=True)
    stage.write_text("")
    process = WARM.Process(target=carry, args=(asked(root, **changed), stage))
    process.start()
    sweep = Sweep(process, stage)
    while not sweep.stage and process.exitcode is None:
        time.sleep(0.001)
    return sweep


def workers(pid):
    """The processes that train for a sweep's."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"loky.backend.popen" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return found


def kill(pid, group=False):
    """SIGKILL a process, or its whole group; whether it was there."""
    try:
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def seconds_until_gone(group, most=30.0):
    """How long some process of a group is still there."""
    begun = time.monotonic()
    while time.monotonic() < begun + most:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return time.monotonic() - begun
        time.sleep(0.02)
    raise AssertionError("processes outlive the sweep that was killed")


@dataclass(frozen=True)
class Left:
    """What a finished sweep has left: runs and verdicts to the bit, and how much MLflow shows."""

    runs: pd.DataFrame
    shown: dict


def left(root, name="disturbed"):
    """What a sweep has left in this folder; fails where it is not whole, or anything is there twice."""
    kept = Records(root)
    record = kept.sweep(name)
    for folder in ("records", "judgements"):
        rows = rows_of(root / folder)
        assert sorted(rows) == sorted(record.runs), f"{folder} does not hold each run once"
    names = [file.name for file in root.rglob("*")]
    assert not [name for name in names if HALF_WRITTEN.fullmatch(name)], "half-written files are left"
    assert not [name for name in names if name.endswith(".damaged")], "files were set aside"
    runs = frame(kept, sorted(record.runs)).drop(columns=UNDETERMINED)
    assert not kept.set_aside, f"{kept.set_aside[0]}"
    return Left(runs, shown(root, record))


def rows_of(folder):
    """The runs of all rows of all Parquet files in a folder."""
    return [run for file in folder.glob("*.parquet") for run in pq.read_table(file)["run"].to_pylist()]


def shown(root, record, uri=None, alone=True):
    """How much MLflow shows of a sweep, by level and by table; fails where anything is shown twice, or is not finished.

    `alone` is whether nothing else is in the store, so that rows of its tables can be counted.
    """
    uri = uri or store.default_uri(root)
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(record.name)
    assert experiment is not None, "MLflow does not show the sweep"
    found = client.search_runs([experiment.experiment_id], f"tags.sweep = '{record.id}'", max_results=10_000)
    assert {run.info.status for run in found} == {"FINISHED"}, "MLflow shows entries that are not finished"
    keys = [run.data.tags["key"] for run in found]
    assert len(keys) == len(set(keys)), "MLflow shows an entry twice"
    levels = [run.data.tags["level"] for run in found]
    counts = {level: levels.count(level) for level in ("sweep", "configuration", "run")}
    assert counts["run"] == len(record.runs), "MLflow does not show each run"
    if not alone:
        return counts
    with contextlib.closing(sqlite3.connect(store.file_of(uri))) as database:
        for table in ("metrics", "latest_metrics", "params"):
            ((counts[table],),) = database.execute(ACTIVE.format(table=table))
        statuses = database.execute("select status from runs where lifecycle_stage = 'active'").fetchall()
    assert statuses == [("FINISHED",)] * len(found), "MLflow's tables hold other entries"
    return counts


def same(one, other):
    """Fail unless two sweeps left the same bits and the same in MLflow."""
    pd.testing.assert_frame_equal(one.runs, other.runs, check_exact=True)
    assert one.shown == other.shown, f"MLflow shows {one.shown} and not {other.shown}"
