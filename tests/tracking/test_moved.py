"""Are artifacts found again where a project folder was renamed, moved or copied, and are other stores left alone?"""

import os
import shutil
import subprocess
import threading
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from tracking.conftest import counts, entries, run, synced
from tracking.test_ui import command

import nnexp
from nnexp.tracking import artifacts, moved, store

ASKED = {"dataset": "xor", "activation": "tanh", "seeds": 2}


@pytest.fixture
def before(tmp_path):
    """A sweep in a folder of its own, which nothing has open."""
    outcome = run(tmp_path / "a" / "runs", **ASKED)
    let_go()
    return outcome


def let_go():
    """Wait for what makes a store ready in a thread, and close every database, as at the end of a process."""
    for thread in threading.enumerate():
        if "(_prepare)" in thread.name:
            thread.join()
    for engine in [*SqlAlchemyStore._engine_map.values(), *RegistryStore._engine_map.values()]:
        engine.dispose()


def read_from(root):
    """Have MLflow's own functions read the store beside these records, and nothing else."""
    mlflow.set_tracking_uri(store.default_uri(root))
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # by which sweeps would be tracked there


def works_in(root, outcome):
    """Every artifact of the store lies below this folder and is read, and the model says what the net says."""
    read_from(root)
    client, levels = entries(root, outcome)
    assert counts(levels) == [1, 1, 2]
    for entry in [each for those in levels.values() for each in those]:
        assert artifacts.on_this_machine(entry.info.artifact_uri).is_relative_to(root)
    (configuration,), (sweep,) = levels["configuration"], levels["sweep"]
    pictures = [f.path for f in client.list_artifacts(configuration.info.run_id, "images")]
    assert pictures
    assert Path(client.download_artifacts(configuration.info.run_id, pictures[0])).stat().st_size > 0
    assert "figures/overview.png" in {f.path for f in client.list_artifacts(sweep.info.run_id, "figures")}
    runs = nnexp.load(outcome.record.id, runs_dir=root)
    recalled = nnexp.recall(runs.loc[runs["J"].idxmin()])
    net = mlflow.pyfunc.load_model(f"runs:/{configuration.info.run_id}/net")
    rows = recalled.rows("train")
    pd.testing.assert_frame_equal(net.predict(rows.drop(columns="label")), recalled.net.table(rows))
    where = f"source_run_id = '{configuration.info.run_id}'"
    (model,) = client.search_logged_models([configuration.info.experiment_id], where)
    assert artifacts.on_this_machine(model.artifact_location).is_relative_to(root)


def test_a_folder_that_was_renamed_has_its_artifacts(before, tmp_path):
    (tmp_path / "a").rename(tmp_path / "b")
    first, second = (command("sync", folder=tmp_path / "b") for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert "brought up to date" in first.stdout
    assert "was up to date" in second.stdout
    works_in(tmp_path / "b" / "runs", before)
    assert not (tmp_path / "a").exists()


def test_the_same_sweep_again_finds_them_too_and_the_next_one_writes_beside_them(before, tmp_path):
    (tmp_path / "a").rename(tmp_path / "new place")
    root = tmp_path / "new place" / "runs"
    assert run(root, **ASKED).trained == 0
    works_in(root, before)
    let_go()
    (tmp_path / "new place").rename(tmp_path / "c")
    more = run(tmp_path / "c" / "runs", **{**ASKED, "activation": "relu"})
    works_in(tmp_path / "c" / "runs", more)
    works_in(tmp_path / "c" / "runs", before)
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "new place").exists()


def test_a_copy_uses_its_own_artifacts_and_the_first_one_keeps_its_own(before, tmp_path):
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for name, said in (("b", "brought up to date"), ("a", "was up to date")):
        assert said in command("sync", folder=tmp_path / name).stdout
        works_in(tmp_path / name / "runs", before)
    shutil.rmtree(tmp_path / "a")
    works_in(tmp_path / "b" / "runs", before)


def test_what_was_interrupted_before_the_move_is_finished_after_it(before, tmp_path):
    client, levels = entries(tmp_path / "a" / "runs", before)
    client.update_run(levels["sweep"][0].info.run_id, status="RUNNING")
    let_go()
    (tmp_path / "a").rename(tmp_path / "b")
    run(tmp_path / "b" / "runs", **{**ASKED, "name": "another"})
    assert entries(tmp_path / "b" / "runs", before)[1]["sweep"][0].info.status == "FINISHED"


def test_a_registered_model_is_found_too(before, tmp_path):
    root = tmp_path / "a" / "runs"
    read_from(root)
    (configuration,) = entries(root, before)[1]["configuration"]
    mlflow.register_model(f"runs:/{configuration.info.run_id}/net", "mine")
    let_go()
    (tmp_path / "a").rename(tmp_path / "b")
    root = tmp_path / "b" / "runs"
    assert synced(root, before.record)[0]
    read_from(root)
    assert mlflow.pyfunc.load_model("models:/mine/1").metadata.run_id == configuration.info.run_id


def test_a_store_without_artifacts_beside_it_and_one_of_another_place_are_left_alone(before, tmp_path):
    file = tmp_path / "a" / "runs" / "mlflow.db"
    elsewhere = tmp_path / "elsewhere" / "mlflow.db"
    elsewhere.parent.mkdir()
    (elsewhere.parent / "mlflow-artifacts" / "shown").mkdir(parents=True)
    shutil.copy(file, elsewhere)
    records = tmp_path / "b" / "runs" / "mlflow.db"
    shutil.copytree(file.parent / "records", records.parent / "records")
    shutil.copy(file, records)
    for copy in (elsewhere, records):
        assert not moved.is_moved(store.address(copy))
        store.open_store(store.address(copy))
        location = MlflowClient(store.address(copy)).get_experiment_by_name("shown").artifact_location
        assert location == (file.parent / "mlflow-artifacts" / "shown").as_uri()


def test_the_same_folder_by_another_name_is_not_moved(before, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert not moved.is_moved(store.default_uri(tmp_path / "link" / "runs"))
    assert not synced(tmp_path / "link" / "runs", before.record)[0]


def test_a_name_that_begins_like_another_is_told_apart(tmp_path):
    root = tmp_path / "a" / "runs"
    for name in ("net", "net.2", "net_2"):
        run(root, **{**ASKED, "name": name, "judge": False})
    let_go()
    subprocess.run(["mv", str(tmp_path / "a"), str(tmp_path / "b 50% é")], check=True)
    root = tmp_path / "b 50% é" / "runs"
    client = store.open_store(store.default_uri(root))
    for experiment in client.search_experiments(filter_string="name LIKE 'net%'"):
        assert artifacts.on_this_machine(experiment.artifact_location) == root / "mlflow-artifacts" / experiment.name
        for entry in client.search_runs([experiment.experiment_id]):
            folder = artifacts.on_this_machine(entry.info.artifact_uri)
            assert folder == root / "mlflow-artifacts" / experiment.name / entry.info.run_id / "artifacts"
