"""Is all the same with PostgreSQL: behind MLflow's server, and written to directly, by two sweeps at once?

Debian's postgresql, started by the test on this machine alone; skipped where there is none.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient
from tracking import servers
from tracking.conftest import counts, entries, run, synced
from tracking.test_writers import read

import nnexp

pytestmark = pytest.mark.skipif(not servers.POSTGRESQL, reason="no PostgreSQL here: apt-get install postgresql")
pytest.importorskip("psycopg", reason="no psycopg here")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(nnexp.__file__).parents[1])}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """What makes an empty database and says its address."""
    with servers.postgresql(tmp_path_factory.mktemp("postgresql")) as made:
        yield made


@pytest.fixture(scope="module")
def behind_a_server(database, tmp_path_factory):
    """The address of MLflow's server on PostgreSQL."""
    with servers.mlflow_on(database("behind"), tmp_path_factory.mktemp("server")) as address:
        yield address


def in_a_process(root, uri, name, seeds):
    arguments = [
        f"name={name}",
        "dataset=xor",
        "steps=20",
        f"seeds={seeds}",
        "activation=[tanh,relu]",
        f"runs_dir={root}",
    ]
    command = [sys.executable, "-m", "nnexp", *arguments, f"tracking.uri='{uri}'", "backend=serial"]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finished(process):
    with process:
        said, _ = process.communicate(timeout=300)
    return process.returncode, said


def shown(uri, name):
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(name)
    return client.search_runs([experiment.experiment_id], max_results=1000)


def test_two_sweeps_at_once_write_to_one_server(behind_a_server, tmp_path):
    """Of one name, so that they share an experiment that neither finds when it starts."""
    processes = [in_a_process(tmp_path / str(seeds), behind_a_server, "at_once", seeds) for seeds in (3, 5)]
    for code, said in [finished(process) for process in processes]:
        assert code == 0, said
        assert "not tracked" not in said
        assert "http is no database that this process could write to itself" in said
    found = shown(behind_a_server, "at_once")
    assert len(found) == (1 + 2 + 6) + (1 + 2 + 10)
    assert {r.info.status for r in found} == {"FINISHED"}
    assert len({(r.data.tags["sweep"], r.data.tags["key"]) for r in found}) == len(found)


def test_behind_a_server_it_is_what_a_file_shows(behind_a_server, tmp_path):
    outcome = run(tmp_path, tracking={"store": "none"}, name="same", seeds=2)
    done, (line,) = synced(tmp_path, outcome.record, uri=behind_a_server)
    assert done
    assert "http is no database" in line
    assert synced(tmp_path, outcome.record)[0]
    theirs, ours = read(behind_a_server, "same"), read(f"sqlite:///{tmp_path}/mlflow.db", "same")
    for key, entry in ours["runs"].items():
        *same, _place = entry
        assert theirs["runs"][key][:-1] == tuple(same), key
    assert theirs["tags"] == ours["tags"]
    assert synced(tmp_path, outcome.record, uri=behind_a_server) == (False, [])


def test_both_writers_leave_the_same_database(database, tmp_path):
    outcome = run(tmp_path, tracking={"store": "none"}, seeds=2)
    uris = {writer: database(writer) for writer in ("bulk", "client")}
    for writer, uri in uris.items():
        assert synced(tmp_path, outcome.record, writer=writer, uri=uri)[0]
        assert counts(entries(tmp_path, outcome, uri)[1]) == [1, 2, 4]
    assert read(uris["bulk"], "shown") == read(uris["client"], "shown")


def test_two_sweeps_at_once_write_to_one_new_database(database, tmp_path):
    uri = database("new")
    processes = [in_a_process(tmp_path / str(seeds), uri, f"of_{seeds}", seeds) for seeds in (3, 5)]
    for code, said in [finished(process) for process in processes]:
        assert code == 0, said
        assert "not tracked" not in said
        assert "entry by entry" not in said, "rows are written in bulk"
    assert [len(shown(uri, name)) for name in ("of_3", "of_5")] == [9, 13]
