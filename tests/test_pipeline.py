"""Is every planned run on record exactly once, whatever happens on the way?"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import nnexp
from nnexp import config, pipeline
from nnexp.errors import UserError
from nnexp.records import SCHEMA, Records

SMALL = {"dataset": "xor", "width": 2, "steps": 20, "backend": {"where": "serial"}}
DETERMINED = [name for name in SCHEMA.names if name != "seconds"]


def run(tmp_path, **asked):
    asked = {**SMALL, "runs_dir": str(tmp_path / "runs"), "tracking": {"store": "none"}, **asked}
    return pipeline.run(config.check(asked), config=asked)


def test_a_sweep_gives_one_row_a_run(tmp_path):
    runs = nnexp.sweep(**SMALL, activation=["tanh", "relu"], seeds=3, runs_dir=str(tmp_path))
    assert list(zip(runs["activation"], runs["seed"], strict=True)) == [
        (a, s) for a in ("tanh", "relu") for s in range(3)
    ]
    assert runs["run"].is_unique
    assert (runs["status"] == "finished").all()


def test_a_run_on_record_is_not_trained_again(tmp_path):
    assert run(tmp_path, seeds=4).trained == 4
    assert run(tmp_path, seeds=4).trained == 0
    again = run(tmp_path, seeds=6, step_size=[0.3, 0.7])
    assert (again.trained, len(again.plan.runs)) == (8, 12)


def test_nothing_is_written_where_the_sweep_cannot_be_run(tmp_path):
    with pytest.raises(UserError):
        run(tmp_path, dataset="diabetes", loss="nll")
    with pytest.raises(UserError):
        run(tmp_path, features={"steps": {"w": [[1.0, 2.0, 3.0]], "w0": [0.0]}})
    assert list(tmp_path.iterdir()) == []


def test_records_are_the_same_bits_on_every_backend(tmp_path):
    asked = {"optimizer": ["gd", "sgd"], "width": [2, 3], "seeds": 5}
    one = run(tmp_path / "a", **asked, backend={"where": "serial"})
    two = run(tmp_path / "b", **asked, backend={"where": "processes", "workers": 2})
    ids = [r.id for r in one.plan.runs]
    for name in DETERMINED:
        left = dict(zip(ids, one.frame()[name], strict=True)) if name in one.frame() else {}
        right = dict(zip(ids, two.frame()[name], strict=True)) if name in two.frame() else {}
        assert left.keys() == right.keys()
        for key in left:
            np.testing.assert_array_equal(left[key], right[key], err_msg=f"{name} of run {key}")


def test_damaged_records_are_trained_again(tmp_path):
    run(tmp_path, seeds=4)
    (file,) = (tmp_path / "runs" / "records").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    assert run(tmp_path, seeds=4).trained == 4
    assert file.with_suffix(".damaged").is_file()


KILLED = """
import nnexp
if __name__ == "__main__":
    nnexp.sweep(dataset="xor", width=[2, 3, 4, 5, 6, 7], activation=["tanh", "relu"], seeds=3, optimizer=["gd", "sgd"],
                steps=20000, runs_dir="runs", backend={"where": "processes", "workers": 2})
"""


def test_a_sweep_killed_in_the_middle_is_finished_by_the_next_start(tmp_path):
    """Killed at several moments, workers ending by themselves; no run is lost, doubled or half-written."""
    script = tmp_path / "sweep.py"
    script.write_text(KILLED)
    environment = {**os.environ, "PYTHONPATH": str(Path(nnexp.__file__).parents[1])}
    seen = []
    for _ in range(3):
        started = subprocess.Popen([sys.executable, str(script)], cwd=tmp_path, env=environment, start_new_session=True)
        _until_more(tmp_path / "runs" / "records", started)
        started.kill()
        started.wait()
        _until_gone(started.pid)
        seen.append(len(Records(tmp_path / "runs").ids()))
    assert 0 < seen[0] <= seen[1] <= seen[2]
    subprocess.run([sys.executable, str(script)], cwd=tmp_path, env=environment, check=True)
    store = Records(tmp_path / "runs")
    rows = [run for file in store.folder.glob("*.parquet") for run in pq.read_table(file)["run"].to_pylist()]
    assert sorted(rows) == sorted(store.sweep("unnamed").runs)
    assert len(rows) == len(set(rows)) == 6 * 2 * 2 * 3
    assert not store.set_aside


def _until_more(folder, process):
    """Wait until there is one more record file, or the process has ended."""
    before, deadline = len(list(folder.glob("*.parquet"))), time.monotonic() + 60
    while len(list(folder.glob("*.parquet"))) == before and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _until_gone(group):
    """Wait until no process of the group is left."""
    deadline = time.monotonic() + 20
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < deadline, "workers outlive the sweep that was killed"
        time.sleep(0.1)


def test_jobs_under_one_name_are_one_sweep(tmp_path):
    asked = {**SMALL, "runs_dir": str(tmp_path), "seeds": 2}
    for depth in (1, 2):
        job = {**asked, "depth": depth, "tracking": {"store": "none"}}
        last = pipeline.run(config.check(job), config=job, under="multirun of today")
    assert len(last.record.runs) == 4
    assert len(last.record.config) == 2
