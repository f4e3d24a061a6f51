"""Do both writers leave the same store, as MLflow's public interface reads it?"""

import json
import re

import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType
from tracking.conftest import entries, run, synced

from nnexp.tracking import bulk, shown, store, writers

ONES_OWN = ("mlflow.parentRunId",)
"""Tags that name other MLflow runs."""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same sweep in two stores, by writer, and its record."""
    root = tmp_path_factory.mktemp("both") / "runs"
    outcome = run(root, tracking={"store": "none"}, dataset=["two_moons", "iris"], loss="squared", seeds=3)
    uris = {writer: f"sqlite:///{root}/{writer}.db" for writer in ("bulk", "client")}
    for writer, uri in uris.items():
        done, _ = synced(root, outcome.record, writer=writer, uri=uri)
        assert done
    return root, outcome, uris


def keys(client, experiment):
    """What each MLflow run of an experiment is known by, whatever its id."""
    found = client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL, max_results=1000)
    return {r.info.run_id: r.data.tags["key"] for r in found}, found


def read(uri, name):
    """Everything in an experiment, ids replaced by what stands for them."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(name)
    known, found = keys(client, experiment)
    runs = {known[r.info.run_id]: of_run(client, r, known) for r in found}
    models = client.search_logged_models([experiment.experiment_id], max_results=100)
    tags = {key: value for key, value in experiment.tags.items() if "createdAt" not in key}
    return {"runs": runs, "tags": tags, "models": sorted(of_model(m, known) for m in models)}


def of_run(client, run, known):
    """An MLflow run: fields, parameters, tags, every point of every metric, latest values, data sets, models, files."""
    info, data = run.info, run.data
    tags = {key: known[value] if key in ONES_OWN else value for key, value in data.tags.items()}
    history = {
        name: sorted((m.step, m.timestamp, m.value) for m in client.get_metric_history(info.run_id, name))
        for name in data.metrics
    }
    inputs = [(d.dataset.to_dictionary(), sorted((t.key, t.value) for t in d.tags)) for d in run.inputs.dataset_inputs]
    outputs = [(o.step, client.get_logged_model(o.model_id).name) for o in run.outputs.model_outputs]
    fields = (info.run_name, info.status, info.start_time, info.end_time, info.lifecycle_stage, info.user_id)
    latest = [(m.key, m.value, m.step, m.timestamp) for m in sorted(run.data._metric_objs, key=lambda m: m.key)]
    place = info.artifact_uri.replace(info.run_id, "RUN")
    return fields, data.params, tags, history, latest, inputs, outputs, sorted(files(client, info.run_id)), place


def of_model(model, known):
    """A model that was kept: what it is called, of which run, its state, parameters, and place."""
    place = model.artifact_location.replace(model.model_id, "MODEL")
    params = sorted(model.params.items())
    return (
        model.name,
        known[model.source_run_id],
        str(model.status),
        model.model_type,
        params,
        model.tags != {},
        place,
    )


def files(client, run_id, folder=None):
    """The paths of all files of an MLflow run."""
    for each in client.list_artifacts(run_id, folder):
        if each.is_dir:
            yield from files(client, run_id, each.path)
        else:
            yield each.path


def test_both_writers_leave_the_same_store(both):
    _, outcome, uris = both
    bulk_, client_ = (read(uri, outcome.record.name) for uri in uris.values())
    assert len(bulk_["runs"]) == 1 + 4 + 12
    assert len(bulk_["models"]) == 4
    assert bulk_["tags"] == client_["tags"]
    assert bulk_["models"] == client_["models"]
    assert bulk_["runs"].keys() == client_["runs"].keys()
    for key, theirs in client_["runs"].items():
        assert bulk_["runs"][key] == theirs


def test_the_comparison_sees_a_difference(both, tmp_path):
    """A point, a tag, a latest value less, and the stores differ."""
    import shutil
    import sqlite3

    _, outcome, uris = both
    whole = read(uris["bulk"], outcome.record.name)
    for i, sql in enumerate(
        (
            "delete from metrics where (run_uuid, key, step) = (select run_uuid, key, step from metrics limit 1)",
            "delete from tags where (run_uuid, key) = (select run_uuid, key from tags where key = 'role' limit 1)",
            "update latest_metrics set value = value + 1 where key = (select max(key) from latest_metrics)",
            "delete from input_tags",
            "update runs set end_time = end_time + 1 where rowid = 3",
        )
    ):
        copy = tmp_path / f"{i}.db"
        shutil.copy(uris["bulk"].removeprefix("sqlite:///"), copy)
        with sqlite3.connect(copy) as connection:
            connection.execute(sql)
        connection.close()
        assert read(f"sqlite:///{copy}", outcome.record.name) != whole, sql


def test_a_store_of_one_writer_is_whole_to_the_other(both):
    root, outcome, uris = both
    assert synced(root, outcome.record, writer="client", uri=uris["bulk"]) == (False, [])
    assert synced(root, outcome.record, writer="bulk", uri=uris["client"]) == (False, [])


@pytest.mark.parametrize("writer", ["bulk", "client"])
def test_entries_that_are_removed_are_deleted_as_mlflow_deletes(tmp_path, writer):
    outcome = run(tmp_path, seeds=2, activation="tanh")
    client, levels = entries(tmp_path, outcome)
    gone = levels["run"][0].info
    made, _ = writers.open_writer(client, store.default_uri(tmp_path), gone.experiment_id, writer)
    made.remove([gone.run_id])
    assert client.get_run(gone.run_id).info.lifecycle_stage == "deleted"
    assert gone.run_id not in {r.info.run_id for r in entries(tmp_path, outcome)[1]["run"]}
    client.restore_run(gone.run_id)
    assert gone.run_id in {r.info.run_id for r in entries(tmp_path, outcome)[1]["run"]}


@pytest.mark.parametrize("writer", ["bulk", "client"])
def test_tags_are_set_anew(tmp_path, writer):
    outcome = run(tmp_path, seeds=1, activation="tanh")
    client, levels = entries(tmp_path, outcome)
    info = levels["run"][0].info
    made, _ = writers.open_writer(client, store.default_uri(tmp_path), info.experiment_id, writer)
    made.tag({info.run_id: {"role": "none", "a new one": "x"}})
    tags = client.get_run(info.run_id).data.tags
    assert (tags["role"], tags["a new one"], tags["level"]) == ("none", "x", "run")


def test_ids_rise():
    rising = bulk._rising()
    ids = [next(rising) for _ in range(2000)]
    assert ids == sorted(set(ids))
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)


def test_the_quick_look_agrees_with_the_store(both):
    _, outcome, uris = both
    client = MlflowClient(uris["bulk"])
    found = client.search_runs(
        [client.get_experiment_by_name("shown").experiment_id], "tags.level = 'sweep'", max_results=5
    )
    tags = found[0].data.tags
    assert shown.is_whole(uris["bulk"], outcome.record.id, tags["whole"])
    assert not shown.is_whole(uris["bulk"], outcome.record.id, "another")
    assert not shown.is_whole("http://127.0.0.1:1", outcome.record.id, tags["whole"])
    assert shown.unfinished(uris["bulk"], tags["records"]) == []
    client.update_run(found[0].info.run_id, status="RUNNING")
    assert shown.unfinished(uris["bulk"], tags["records"]) == [outcome.record.id]
    client.update_run(found[0].info.run_id, status="FINISHED")


def test_views_are_kept_as_json(both):
    _, _, uris = both
    tags = MlflowClient(uris["bulk"]).get_experiment_by_name("shown").tags
    views = {key: json.loads(value) for key, value in tags.items() if key.startswith("mlflow.sharedViewState.")}
    assert {key.rsplit("-", 1)[1] for key in views} == {"configurations", "unsettled"}
    assert all(len(value) < 20_000 for value in tags.values())
    assert all({"name", "createdAt", "updatedAt", "state"} == set(view) for view in views.values())
