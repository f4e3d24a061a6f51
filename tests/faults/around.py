"""A small sweep in a process of its own, and what has to hold of it whatever goes wrong around it."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
from mlflow import MlflowClient
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

import nnexp
from nnexp.records import SCHEMA, Records

ROOT = Path(nnexp.__file__).parents[1]
NAME = "around"
ASKED = ["dataset=xor", "width=[2,3]", "steps=60", "seeds=3", "step_size=[0.3,1.0]", f"name={NAME}"]
RUNS, CONFIGURATIONS = 12, 4
LOOKS = (["nnexp.tracking", "sync"], ["analysis.compare", NAME], ["analysis.report", NAME])
"""What is done with a sweep on record: all of it has to end well too."""

DETERMINED = [name for name in SCHEMA.names if name != "seconds"]
PATIENCE = 300


def environment(changed=None):
    """This process's environment with changes; a variable that is None is taken out."""
    made = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **(changed or {})}
    return {key: value for key, value in made.items() if value is not None}


def command(module, *arguments, flags=()):
    return [sys.executable, *flags, "-m", module, *arguments]


def run(folder, *arguments, module="nnexp", changed=None, before=(), flags=(), **pipes):
    """The command carried through in a folder; what comes before it may change its surroundings."""
    said = {"capture_output": True, "text": True, "encoding": "utf-8", "errors": "replace", "stdin": subprocess.DEVNULL}
    words = [*before, *command(module, *arguments, flags=flags)]
    return subprocess.run(
        words, cwd=folder, env=environment(changed), timeout=PATIENCE, check=False, **{**said, **pipes}
    )


def sweep(folder, *more, **surroundings):
    """The small sweep, in a folder."""
    return run(folder, *ASKED, *more, **surroundings)


def bits(root):
    """A digest of each run on record, its training time left out; fails where a run is there twice or a file is damaged."""
    store, found = Records(root), {}
    for file in sorted(store.folder.glob("*.parquet")):
        for row in pq.read_table(file).select(DETERMINED).to_pylist():
            assert row["run"] not in found, "a run is on record twice"
            found[row["run"]] = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()
    assert store.ids() == set(found)
    assert not store.set_aside, "a damaged file lay in the records"
    return found


def is_whole(root):
    """Whether all of an undisturbed sweep is on record here, bit for bit, with nothing half-written beside."""
    return bits(root).items() >= undisturbed().items() and not left_over(root)


def left_over(root):
    """Files that were begun and not finished."""
    return [path for path in Path(root).rglob(".*") if path.is_file() and not path.name.endswith(".lock")]


_undisturbed = {}


def undisturbed():
    """What an undisturbed sweep leaves, made by the library in this process once."""
    if not _undisturbed:
        with tempfile.TemporaryDirectory() as folder:
            done = sweep(folder, "tracking=none", "backend=serial", "judge=false")
            assert done.returncode == 0, done.stderr
            _undisturbed.update(bits(Path(folder) / "runs"))
        assert len(_undisturbed) == RUNS
    return _undisturbed


def is_shown(root):
    """Whether the store beside the records has each entry of the small sweep exactly once, finished; a copy of it is asked."""
    with tempfile.TemporaryDirectory() as folder:
        for file in Path(root).glob("mlflow.db*"):
            shutil.copy(file, folder)
        if not (Path(folder) / "mlflow.db").is_file():
            return False
        try:
            return has_all(f"sqlite:///{folder}/mlflow.db")
        finally:
            for engine in list(SqlAlchemyStore._engine_map.values()):
                engine.dispose()


def has_all(uri):
    """Whether a store has each entry of the small sweep exactly once, finished."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(NAME)
    found = client.search_runs([experiment.experiment_id], max_results=1000) if experiment else []
    keys = [entry.data.tags.get("key") for entry in found]
    finished = all(entry.info.status == "FINISHED" for entry in found)
    return finished and len(set(keys)) == len(keys) == 1 + CONFIGURATIONS + RUNS


def is_one_line(text, *words):
    """Whether something is said in a single line that has these words."""
    return text.count("\n") == 1 and text.endswith("\n") and all(word in text for word in words)


def is_refused(done, *words):
    """Whether a command was refused with exit code 2 in one line that has these words, without a traceback."""
    return done.returncode == 2 and is_one_line(done.stderr, "nnexp: ", *words)


def line_of(done, start):
    """The line of what a command said that starts so."""
    return next((line for line in done.stdout.splitlines() if line.startswith(start)), "")
