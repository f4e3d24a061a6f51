"""Do whole sweeps run on clusters from the command line, and does Ctrl-C stop them with what is done kept?"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from programs import alive

import nnexp
from nnexp.records import SCHEMA, Records

SMALL = ["dataset=iris", "loss=softmax_nll", "optimizer=[gd,sgd]", "width=3", "seeds=3", "steps=30", "tracking=none"]
LONG = [
    "dataset=xor",
    "width=[2,3,4,5,6,7]",
    "activation=[elu,gelu]",
    "seeds=9",
    "steps=600000",
    "judge=false",
    "tracking=none",
]


@pytest.fixture(params=["dask", "ray"])
def running(request):
    """The words that ask for a running cluster, of each kind in turn."""
    if request.param == "dask":
        return ["backend=dask", f"backend.dask.scheduler={request.getfixturevalue('dask_address')}"]
    return ["backend=ray", f"backend.ray.address={request.getfixturevalue('ray_address')}"]


def start(folder, *words):
    environment = {**os.environ, "PYTHONPATH": str(Path(nnexp.__file__).parents[1]), "COLUMNS": "120"}
    command = [sys.executable, "-m", "nnexp", *words]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def rows(folder):
    store = Records(folder / "runs")
    return [
        run
        for file in store.folder.glob("*.parquet")
        for run in pq.read_table(file, columns=["run"])["run"].to_pylist()
    ]


def test_a_sweep_on_a_running_cluster_leaves_the_same_records(running, tmp_path):
    """Trained and judged there; that the cluster runs on, the other tests see."""
    for name, words in (("here", ["backend=serial"]), ("there", running)):
        process = start(tmp_path, *SMALL, f"runs_dir={name}", *words)
        assert process.communicate()[1] == ""
        assert process.returncode == 0
    tables = [Records(tmp_path / name).read().sort_by("run") for name in ("here", "there")]
    assert tables[0].num_rows == 6
    for column in set(SCHEMA.names) - {"seconds"}:
        for here, there in zip(*[table[column].to_pandas() for table in tables], strict=True):
            np.testing.assert_array_equal(here, there)


def test_ctrl_c_stops_it_with_what_is_done_kept(running, tmp_path):
    process = start(tmp_path, *LONG, *running)
    folder, deadline = tmp_path / "runs" / "records", time.monotonic() + 600
    while not list(folder.glob("*.parquet")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert "what is done is on record" in said
    kept = rows(tmp_path)
    assert 0 < len(kept) == len(set(kept)) < 6 * 2 * 9


@pytest.mark.parametrize("where", ["dask", "ray"])
def test_a_cluster_of_its_own_ends_with_its_sweep(where, tmp_path):
    """Twice in one process, since a multirun's jobs follow one another."""
    process = start(tmp_path, "-m", "depth=1,2", *SMALL, "judge=false", f"backend={where}", "backend.workers=2")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, ""), out
    assert len(rows(tmp_path)) == 12
    deadline = time.monotonic() + 20
    while alive(process.pid):
        assert time.monotonic() < deadline, "workers outlive their sweep"
        time.sleep(0.1)
