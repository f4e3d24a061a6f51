"""Is a sweep tracked where the config says, else where MLflow's environment variables say, and is it said where?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient
from tracking import servers
from tracking.conftest import entries, run, synced

import nnexp
from nnexp import config, pipeline
from nnexp.errors import UserError
from nnexp.tracking import place, store

ROOT = Path(nnexp.__file__).parents[1]
SMALL = ["dataset=xor", "width=2", "seeds=2", "steps=9", "judge=false", "name=small", "backend=serial"]
FEW = {"seeds": 2, "activation": ["tanh"], "judge": False}


def command(folder, *arguments, module="nnexp", **variables):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "DISPLAY": "", **variables}
    words = [sys.executable, "-m", module, *arguments]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=180, check=False)


def levels_in(uri, experiment):
    client = MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    runs = client.search_runs([found.experiment_id]) if found else []
    return sorted(entry.data.tags["level"] for entry in runs)


SHOWN = ["configuration", "run", "run", "sweep"]


def test_the_environment_says_where_unless_the_config_does(tmp_path):
    theirs, ours = (f"sqlite:///{tmp_path}/{name}.db" for name in ("theirs", "ours"))
    variables = {"MLFLOW_TRACKING_URI": theirs, "MLFLOW_EXPERIMENT_NAME": "my experiment"}
    done = command(tmp_path, *SMALL, **variables)
    assert done.returncode == 0, done.stderr
    assert f"tracked in {theirs}, experiment my experiment" in done.stdout.splitlines()
    assert levels_in(theirs, "my experiment") == SHOWN
    assert not (tmp_path / "runs" / "mlflow.db").exists()
    done = command(tmp_path, *SMALL, f"tracking.uri={ours}", "tracking.experiment=another", **variables)
    assert f"tracked in {ours}, experiment another" in done.stdout.splitlines()
    assert levels_in(ours, "another") == SHOWN
    assert levels_in(theirs, "another") == []
    done = command(tmp_path, *SMALL, MLFLOW_TRACKING_URI="", MLFLOW_EXPERIMENT_NAME="")
    assert f"tracked in {store.default_uri(tmp_path / 'runs')}, experiment small" in done.stdout.splitlines()
    assert levels_in(store.default_uri(tmp_path / "runs"), "small") == SHOWN


def test_sync_and_judge_follow_the_environment_too(tmp_path):
    uri = f"sqlite:///{tmp_path}/theirs.db"
    command(tmp_path, *SMALL)
    done = command(tmp_path, "sync", module="nnexp.tracking", MLFLOW_TRACKING_URI=uri)
    assert "brought up to date" in done.stdout
    assert levels_in(uri, "small") == SHOWN
    done = command(tmp_path, "sync", module="nnexp.tracking", MLFLOW_TRACKING_URI=uri)
    assert "was up to date" in done.stdout
    other = f"sqlite:///{tmp_path}/other.db"
    assert command(tmp_path, module="nnexp.judging", MLFLOW_TRACKING_URI=other).returncode == 0
    assert levels_in(other, "small") == SHOWN


def test_another_experiment_of_the_same_store_gets_the_sweep_too(tmp_path, monkeypatch):
    outcome = run(tmp_path, **FEW)
    uri = store.default_uri(tmp_path)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "../a/name that is no folder's")
    assert synced(tmp_path, outcome.record)[0]
    assert not synced(tmp_path, outcome.record)[0]
    assert levels_in(uri, "shown") == levels_in(uri, "../a/name that is no folder's") == SHOWN
    experiment = MlflowClient(uri).get_experiment_by_name("../a/name that is no folder's")
    assert Path(experiment.artifact_location.removeprefix("file://")).parent == tmp_path / "mlflow-artifacts"
    assert "mlflow.note.content" not in experiment.tags, "the note of an experiment of one's own is left alone"


def test_an_experiment_is_found_by_its_id_in_the_environments_store(tmp_path, monkeypatch):
    """As after `mlflow.set_experiment`, which sets the variable; in any other store the id names another experiment."""
    uri = f"sqlite:///{tmp_path}/theirs.db"
    known = store.open_store(uri).create_experiment("mine", artifact_location=(tmp_path / "artifacts").as_uri())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", known)
    run(tmp_path / "runs", **FEW)
    assert levels_in(uri, "mine") == SHOWN
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "77")
    with pytest.raises(
        UserError, match=r"MLFLOW_EXPERIMENT_ID=77 is not an experiment of .*unset MLFLOW_EXPERIMENT_ID"
    ):
        place.place_of(config.Tracking(), tmp_path, "shown")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    outcome = run(tmp_path / "runs", **FEW)
    assert outcome.tracked == place.Place(store.default_uri(tmp_path / "runs"), "shown")


@pytest.mark.parametrize(
    ("uri", "line"),
    [
        ("nonsense", "not tracked: MLFLOW_TRACKING_URI=nonsense is not the tracking URI of a server or a database"),
        ("htp://me:secret@host", "not tracked: MLFLOW_TRACKING_URI=htp://me:***@host is not the tracking URI"),
        ("http://me:secret@127.0.0.1:9", "not tracked: MLflow cannot be written ("),
        ("sqlite:////dev/null/x.db", "not tracked: MLflow cannot be written ("),
    ],
)
def test_an_address_that_is_wrong_is_one_line_and_records_are_whole(tmp_path, uri, line):
    done = command(tmp_path, *SMALL, MLFLOW_TRACKING_URI=uri, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    assert (done.returncode, done.stderr) == (0, "")
    (told,) = [each for each in done.stdout.splitlines() if each.startswith("not tracked")]
    assert told.startswith(line)
    assert "secret" not in done.stdout
    assert len(nnexp.load("small", runs_dir=tmp_path / "runs")) == 2
    assert "MLflow" not in done.stdout.split("next:")[1], "there is nothing to look at"
    refused = command(
        tmp_path, "sync", module="nnexp.tracking", MLFLOW_TRACKING_URI=uri, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"
    )
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "secret" not in refused.stderr


@pytest.mark.parametrize(("experiment", "line"), [("''", "tracking.experiment"), ("' x'", "tracking.experiment")])
def test_a_name_that_is_none_is_refused(tmp_path, experiment, line):
    done = command(tmp_path, *SMALL, f"tracking.experiment={experiment}")
    assert done.returncode == 2
    assert done.stderr.startswith(f"nnexp: {line}")
    assert done.stderr.count("\n") == 1


def test_where_a_server_tracks_its_own_address_is_said_and_no_ui_is_offered(tmp_path):
    (tmp_path / "server").mkdir()
    with servers.mlflow_on(f"sqlite:///{tmp_path}/server/served.db", tmp_path / "server") as address:
        done = command(tmp_path, *SMALL, MLFLOW_TRACKING_URI=address)
        assert f"tracked in {address}, experiment small" in done.stdout.splitlines()
        assert "MLflow" not in done.stdout.split("next:")[1]
        assert levels_in(address, "small") == SHOWN
        looked = command(tmp_path, module="nnexp.tracking", MLFLOW_TRACKING_URI=address)
    assert looked.returncode == 0, looked.stderr
    assert f"{address}/#/experiments/" in looked.stdout
    assert "Ctrl-C" not in looked.stdout


def test_the_ui_is_offered_where_a_store_was_written(tmp_path):
    done = command(tmp_path, *SMALL)
    assert "python -m nnexp.tracking" in done.stdout.split("next:")[1]
    done = command(tmp_path, *SMALL, "tracking=none")
    assert "tracked in" not in done.stdout
    assert "MLflow" not in done.stdout.split("next:")[1]


def test_passwords_are_said_nowhere(tmp_path):
    for text, said in (
        ("postgresql+psycopg://me:pa:ss@word@host/db", "postgresql+psycopg://me:***@host/db"),
        ("mysql://host/db?user=me&password=secret&x=1", "mysql://host/db?user=me&password=***&x=1"),
        ("http://host:5000", "http://host:5000"),
        ("sqlite:////a/b@c.db", "sqlite:////a/b@c.db"),
    ):
        assert place.without_password(text) == said
        assert str(place.Place(text, "x")) == f"{said}, experiment x"
    assert place.Place("https://me:secret@host/mlflow/", "x").server == "https://host/mlflow"
    uri = f"sqlite:///{tmp_path}/mlflow.db?password=secret"
    outcome = run(tmp_path, tracking={"store": "mlflow", "uri": uri}, **FEW)
    _, levels = entries(tmp_path, outcome)
    files = list((tmp_path / "mlflow-artifacts").rglob("config.yaml"))
    assert len(files) == len(levels["sweep"]) == 1
    assert "password=***" in files[0].read_text()
    assert "secret" not in files[0].read_text()


def test_a_failure_that_names_the_address_keeps_its_password(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    why, watcher = [], pipeline.Silence()
    watcher.not_tracked = why.append
    asked = {"dataset": "xor", "steps": 3, "runs_dir": str(tmp_path), "backend": {"where": "serial"}, **FEW}
    asked["tracking"] = {"store": "mlflow", "uri": "http://me:secret@127.0.0.1:9"}
    outcome = pipeline.run(config.check(asked), config=asked, watcher=watcher)
    assert outcome.tracked is None
    assert "secret" not in why[0]
