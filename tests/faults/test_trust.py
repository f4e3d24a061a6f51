"""Is nothing loaded that could run as code, and does nothing listen beyond this machine?"""

import ast
import os
import pickle
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from tracking.conftest import run
from tracking.test_ui import free_port

import nnexp
from faults import around
from nnexp.errors import UserError
from nnexp.records import Records

FILES = sorted(file for room in ("nnexp", "analysis") for file in (around.ROOT / room).rglob("*.py"))
MODULES = {"pickle", "cloudpickle", "dill", "shelve", "marshal", "torch", "yaml"}
NAMES = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "read_pickle",
    "unsafe_load",
    "full_load",
    "allow_pickle",
    "load_model",
}
LOADS = {"joblib", "np", "numpy"}
"""Modules of which `load` may run what it reads."""

ALLOWED = {
    ("nnexp/backends/__init__.py", "pickle.PicklingError"),
    (
        "nnexp/backends/parcels.py",
        "cloudpickle.CloudPickler",
    ),  # of jobs, between the processes of one sweep, as joblib does
    ("nnexp/backends/parcels.py", "pickle.Unpickler"),
    ("nnexp/backends/parcels.py", "pickle.dumps"),
    ("nnexp/backends/parcels.py", "pickle.loads"),
    ("nnexp/fingerprints.py", "pickle.dumps"),  # of objects that are told apart by their bytes
    ("nnexp/source.py", "compile"),  # of the parts' own modules, to look at; it is never run
    ("nnexp/tracking/page.py", "yaml.safe_dump"),
    ("nnexp/__main__.py", "yaml.YAMLError"),
}
"""What is taken of such modules, and reads no file."""


def risky(file):
    """Every word of a file that stands for reading something that could run as code."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in MODULES or (node.value.id in LOADS and node.attr == "load"):
                yield f"{node.value.id}.{node.attr}"
            elif node.attr in NAMES and node.value.id != "re":
                yield node.attr
        elif isinstance(node, ast.Name) and node.id in NAMES:
            yield node.id
        elif isinstance(node, ast.keyword) and node.arg in NAMES:
            yield node.arg


def test_the_search_finds_what_it_searches_for(tmp_path):
    file = tmp_path / "bad.py"
    file.write_text("import pickle\nfrom dill import loads\npickle.load(f)\nnp.load(f, allow_pickle=True)\neval('1')\n")
    assert sorted(risky(file)) == ["allow_pickle", "dill.loads", "eval", "np.load", "pickle.load"]


def test_nothing_in_the_source_loads_what_could_run_as_code():
    found = {(file.relative_to(around.ROOT).as_posix(), word) for file in FILES for word in risky(file)}
    assert found <= ALLOWED, found - ALLOWED


class Bomb:
    """What makes a folder when it is unpickled."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return os.mkdir, (self.marker,)


def bombs(folder):
    """The folder that would be made, and a pickle and a YAML file that would make it."""
    marker = folder / "it went off"
    yaml = f"# @package _global_\nquestion: !!python/object/apply:os.mkdir ['{marker}']\n"
    return marker, pickle.dumps(Bomb(marker)), yaml.encode()


def test_the_bomb_goes_off_where_it_is_loaded(tmp_path):
    marker, pickled, _ = bombs(tmp_path)
    pickle.loads(pickled)
    assert marker.is_dir()


def test_a_pickle_in_the_place_of_any_file_that_is_read_is_refused(tmp_path):
    root = tmp_path / "runs"
    outcome = run(root, seeds=2, activation=["tanh"], steps=9, judge=True)
    marker, pickled, _ = bombs(tmp_path)
    files = [*root.glob("*/*.parquet"), *root.glob("sweeps/*.json"), root / "mlflow.db"]
    assert len(files) >= 4
    for file in files:
        file.write_bytes(pickled)
    shutil.rmtree(root / "mlflow-artifacts")
    with pytest.raises(UserError, match="is on record"):
        nnexp.load(runs_dir=root)
    assert Records(root).ids() == set()
    assert len(list(root.glob("*/*.damaged"))) >= 2
    again = nnexp.sweep(**outcome.record.config[-1] | {"tracking": {"store": "none"}})
    assert len(again) == 2
    assert not marker.exists()


def test_a_pickle_as_table_or_config_is_refused_in_a_line(tmp_path):
    marker, pickled, yaml = bombs(tmp_path)
    (tmp_path / "my.csv").write_bytes(pickled)
    (tmp_path / "conf" / "sweep").mkdir(parents=True)
    (tmp_path / "conf" / "sweep" / "mine.yaml").write_bytes(yaml)
    table = ["dataset=table", "dataset.table.path=my.csv", "dataset.table.target=y"]
    for words in (table, ["--config-dir", "conf", "sweep=mine"]):
        assert around.is_refused(around.run(tmp_path, *words))
    assert not marker.exists()
    assert not (tmp_path / "runs").exists()


LOOPBACK = {"0100007F", "0" * 24 + "01000000", "0000000000000000FFFF00000100007F"}
"""127.0.0.1, ::1 and ::ffff:127.0.0.1 as /proc says them."""


def listening(session):
    """The addresses on which processes of a session listen."""
    sockets = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, here, _, state, *_, inode = line.split()[:10]
            if state == "0A":
                sockets[f"socket:[{inode}]"] = here.split(":")[0]
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(process.name)) == session:
                found |= {sockets.get(os.readlink(each)) for each in (process / "fd").iterdir()}
        except OSError:
            continue  # it, or what it had open, is gone
    return found - {None}


def watched(started, until):
    """All addresses on which a process, and those it started, listened until it ended, or something held."""
    seen, deadline = set(), time.monotonic() + around.PATIENCE
    while started.poll() is None and not until() and time.monotonic() < deadline:
        seen |= listening(started.pid)
        time.sleep(0.02)
    return seen | listening(started.pid)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="this system does not say who listens")
def test_a_sweep_and_the_server_of_its_pages_listen_on_this_machine_alone(tmp_path):
    how = {"cwd": tmp_path, "env": around.environment(), "start_new_session": True, "stdout": subprocess.DEVNULL}
    with subprocess.Popen(around.command("nnexp", *around.ASKED), **how) as sweep:
        assert watched(sweep, lambda: False) <= LOOPBACK
    assert sweep.returncode == 0
    words = around.command("nnexp.tracking", "ui", "--port", str(free_port()))
    with subprocess.Popen(words, **how | {"stdout": subprocess.PIPE}) as served:
        os.set_blocking(served.stdout.fileno(), False)
        try:
            seen = watched(served, lambda: b"Ctrl-C" in (served.stdout.read() or b""))
        finally:
            served.terminate()
    assert seen
    assert seen <= LOOPBACK
