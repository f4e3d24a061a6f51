"""Does a sweep replace those of its name that it has all runs of, and no other?"""

import pytest
from mlflow import MlflowClient
from tracking.conftest import LEVELS, counts, run, synced

from nnexp import showing
from nnexp.records import Records
from nnexp.tracking import server, store, views

ASKED = {"dataset": "xor", "activation": ["tanh"], "width": 2, "steps": 9, "name": "again", "judge": False}
WRITERS = ["bulk", "client"]


def every(root, experiment="again"):
    """The client, and all entries of an experiment by level, of whatever sweep."""
    client = MlflowClient(store.default_uri(root))
    known = client.get_experiment_by_name(experiment).experiment_id
    found = client.search_runs([known], max_results=1000)
    return client, {level: [r for r in found if r.data.tags["level"] == level] for level in LEVELS}


def swept(root, writer="auto", **asked):
    return run(root, **{**ASKED, "tracking": {"store": "mlflow", "writer": writer}, **asked})


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("judge", [False, True])
def test_more_seeds_take_the_place_of_fewer(tmp_path, writer, judge):
    first = swept(tmp_path, writer, seeds=2, judge=judge)
    before = {r.info.run_id for r in every(tmp_path)[1]["run"]}
    second = swept(tmp_path, writer, seeds=4, judge=judge)
    client, levels = every(tmp_path)
    assert counts(levels) == [1, 1, 4]
    assert {r.data.tags["sweep"] for runs in levels.values() for r in runs} == {second.record.id}
    assert len({r.data.tags["key"] for r in levels["run"]}) == 4
    roles = [r.data.tags.get("role") for r in levels["run"]]
    assert sorted(filter(None, roles)) == ["best", "median", "worst"]
    for entry in levels["run"]:
        assert entry.info.run_name.startswith(f"seed {entry.data.params['seed']} ({entry.data.tags.get('role')})") == (
            "role" in entry.data.tags
        )
        assert entry.data.tags["mlflow.parentRunId"] == levels["configuration"][0].info.run_id
    (model,) = client.search_logged_models([levels["sweep"][0].info.experiment_id])
    assert model.source_run_id == levels["configuration"][0].info.run_id
    assert levels["sweep"][0].data.metrics["sweep/runs"] == 4
    assert before < {r.info.run_id for r in levels["run"]}, "runs that are shown already are not shown anew"
    tags = client.get_experiment(levels["sweep"][0].info.experiment_id).tags
    assert not [tag for tag in tags if tag.startswith(f"{views.TAG}{first.record.id}")]
    assert not synced(tmp_path, second.record, writer=writer)[0]
    assert counts(every(tmp_path)[1]) == [1, 1, 4]


@pytest.mark.parametrize("writer", WRITERS)
def test_fewer_seeds_again_and_sync_leave_the_larger_one(tmp_path, writer):
    swept(tmp_path, writer, seeds=4)
    fewer = swept(tmp_path, writer, seeds=2)
    assert counts(every(tmp_path)[1]) == [1, 1, 4]
    showing.show(None, tmp_path)
    assert counts(every(tmp_path)[1]) == [1, 1, 4]
    assert not any(showing.show(None, tmp_path).values())
    assert Records(tmp_path).sweep().id == fewer.record.id
    assert "The again sweep: note, tables, figures" in server.links(tmp_path, "http://127.0.0.1:5000")


def test_a_store_that_is_written_anew_has_the_larger_one_alone(tmp_path):
    swept(tmp_path, seeds=2)
    swept(tmp_path, seeds=4)
    (tmp_path / "mlflow.db").unlink()
    showing.show(None, tmp_path)
    assert counts(every(tmp_path)[1]) == [1, 1, 4]


def test_further_values_of_an_axis_replace_too(tmp_path):
    swept(tmp_path, seeds=2)
    swept(tmp_path, seeds=2, width=[2, 3])
    swept(tmp_path, seeds=3, width=[2, 3], activation=["tanh", "relu"])
    assert counts(every(tmp_path)[1]) == [1, 4, 12]


def test_sweeps_of_a_name_with_runs_of_their_own_are_all_there(tmp_path):
    swept(tmp_path, seeds=[0, 1])
    swept(tmp_path, seeds=[1, 2])
    swept(tmp_path, seeds=2, step_size=0.7)
    _, levels = every(tmp_path)
    assert counts(levels) == [3, 3, 6]
    assert len({r.data.tags["sweep"] for r in levels["run"]}) == 3


def test_sweeps_of_other_names_other_places_and_untracked_ones_are_left_alone(tmp_path):
    root = tmp_path / "runs"
    first = swept(root, seeds=2)
    swept(root, seeds=4, name="more")
    swept(root, seeds=5, tracking={"store": "none"})
    swept(root, seeds=6, tracking={"store": "mlflow", "uri": f"sqlite:///{tmp_path}/other.db"})
    swept(root, seeds=7, tracking={"store": "mlflow", "experiment": "elsewhere"})
    swept(root, seeds=3, tracking={"store": "mlflow", "runs": False})
    showing.show(None, root)
    _, levels = every(root)
    assert counts(levels) == [2, 2, 2], "the one of three seeds does not show its runs, so it replaces none that does"
    assert {r.data.tags["sweep"] for r in levels["run"]} == {first.record.id}
    assert counts(every(root, "more")[1]) == [1, 1, 4]
    assert counts(every(root, "elsewhere")[1]) == [1, 1, 7]


def test_a_smaller_one_that_was_interrupted_is_replaced(tmp_path):
    first = swept(tmp_path, seeds=2)
    client, levels = every(tmp_path)
    client.update_run(levels["sweep"][0].info.run_id, status="RUNNING")
    swept(tmp_path, seeds=3)
    assert counts(every(tmp_path)[1]) == [1, 1, 3]
    client.restore_run(levels["sweep"][0].info.run_id)
    client.update_run(levels["sweep"][0].info.run_id, status="RUNNING")
    assert first.record.id == levels["sweep"][0].data.tags["sweep"]
    swept(tmp_path, seeds=1, name="another")
    assert counts(every(tmp_path)[1]) == [1, 1, 3]


@pytest.mark.parametrize("writer", WRITERS)
def test_what_older_versions_showed_twice_is_shown_once(tmp_path, writer, monkeypatch):
    monkeypatch.setattr("nnexp.tracking.replaced._namesakes", lambda *_: [])
    swept(tmp_path, seeds=2)
    more = swept(tmp_path, seeds=4)
    assert counts(every(tmp_path)[1]) == [2, 2, 6]
    monkeypatch.undo()
    assert synced(tmp_path, more.record, writer=writer)[0]
    assert counts(every(tmp_path)[1]) == [1, 1, 4]
