"""Do Hydra's launchers run the jobs of a multirun as one sweep, each run on record once?"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import nnexp
from nnexp.records import Records

LAUNCHERS = {
    "joblib": ["hydra.launcher.n_jobs=2"],
    "submitit_local": ["hydra.launcher.timeout_min=10"],
}


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_multirun_is_one_sweep_and_each_run_is_on_record_once(launcher, tmp_path):
    words = ["depth=1,2", "dataset=xor", "seeds=2", "steps=9", "tracking=none", "backend=serial", "judge=false"]
    command = [sys.executable, "-m", "nnexp", "-m", f"hydra/launcher={launcher}", *LAUNCHERS[launcher], *words]
    environment = {**os.environ, "PYTHONPATH": str(Path(nnexp.__file__).parents[1])}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    store = Records(tmp_path / "runs")
    (sweep,) = store.every_sweep()
    kept = Counter(run for file in store.folder.glob("*.parquet") for run in pq.read_table(file)["run"].to_pylist())
    assert kept == Counter(sweep.runs)
    assert len(sweep.runs) == 4
    assert len(sweep.config) == 2
