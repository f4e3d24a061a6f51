"""Does MLflow show what is on record, each entry once and whole, whatever happened before?"""

import numpy as np
import pytest
from mlflow import MlflowClient

from nnexp import config, pipeline, records
from nnexp.frames import frame
from nnexp.optima import seeds
from nnexp.optima.endpoints.verdict import VERDICTS
from nnexp.tracking import metrics, points, store, sync


def run(root, **asked):
    asked = {
        "name": "shown",
        "question": "Is it all there?",
        "dataset": "two_moons",
        "width": 3,
        "steps": 40,
        "seeds": 4,
        "activation": ["tanh", "relu"],
        "runs_dir": str(root),
        "backend": {"where": "serial"},
        "tracking": {"store": "mlflow"},
        **asked,
    }
    failed = []
    watcher = pipeline.Silence()
    watcher.not_tracked = failed.append
    outcome = pipeline.run(config.check(asked), config=asked, watcher=watcher)
    assert not failed
    return outcome


def entries(root, outcome):
    client = MlflowClient(store.default_uri(root))
    experiment = client.get_experiment_by_name(outcome.record.name)
    found = client.search_runs([experiment.experiment_id], f"tags.sweep = '{outcome.record.id}'", max_results=1000)
    return client, {
        level: [r for r in found if r.data.tags["level"] == level] for level in ("sweep", "configuration", "run")
    }


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    root = tmp_path_factory.mktemp("with a space") / "runs"
    outcome = run(root, stopping={"early_stopping": {"patience": 1000}})
    return root, outcome, *entries(root, outcome)


def test_there_is_one_sweep_its_configurations_and_three_seeds_of_each(shown):
    _, outcome, _, levels = shown
    assert [len(levels[level]) for level in ("sweep", "configuration", "run")] == [1, 2, 6]
    parent = levels["sweep"][0].info.run_id
    children = [*levels["configuration"], *levels["run"]]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent}
    assert {run.info.status for runs in levels.values() for run in runs} == {"FINISHED"}
    assert {c.id for c in outcome.plan.configurations} == {
        r.data.tags["configuration"] for r in levels["configuration"]
    }


def test_curves_over_seeds_are_the_recorded_ones(shown):
    _, outcome, client, levels = shown
    runs = outcome.frame()
    for entry in levels["configuration"]:
        group = runs[runs["configuration"] == entry.data.tags["configuration"]]
        steps, expected = seeds.bands(group, "test_loss")
        for name, values in expected.items():
            logged = sorted(client.get_metric_history(entry.info.run_id, f"test loss/{name}"), key=lambda m: m.step)
            assert [m.step for m in logged] == list(steps)
            np.testing.assert_array_equal([m.value for m in logged], values)
        assert entry.data.metrics["test loss/median"] == group["test_loss"].median()
        assert entry.data.params["activation"] == group["activation"].iloc[0]


def test_exemplary_seeds_are_the_best_the_median_and_the_worst(shown):
    _, outcome, _, levels = shown
    runs = outcome.frame()
    for entry in levels["run"]:
        group = runs[runs["configuration"] == entry.data.tags["configuration"]]
        ranks = dict(zip(group.sort_values("J")["run"], range(4), strict=True))
        assert ranks[entry.data.tags["key"]] == {"best": 0, "median": 1, "worst": 3}[entry.data.tags["role"]]
        row = group[group["run"] == entry.data.tags["key"]].iloc[0]
        assert entry.data.metrics["objective/J"] == row["J"]
        assert int(entry.data.params["seed"]) == row["seed"]


def test_what_is_logged_is_what_the_dictionary_lists(shown):
    _, _, _, levels = shown
    logged = {name for runs in levels.values() for run in runs for name in run.data.metrics}
    assert logged == set(metrics.DICTIONARY)
    assert all(metrics.DICTIONARY.values())


def test_boundaries_are_shown_through_training(shown):
    _, outcome, client, levels = shown
    for entry in levels["configuration"]:
        images = [f.path for f in client.list_artifacts(entry.info.run_id, "images") if f.path.endswith(".png")]
        steps = {int(path.split("+step+")[1].split("+")[0]) for path in images}
        assert steps == set(outcome.frame()["snapshot_steps"].iloc[0])


def test_the_sweeps_page_says_what_was_asked_and_found(shown):
    _, _, client, levels = shown
    (sweep,) = levels["sweep"]
    note = sweep.data.tags["mlflow.note.content"]
    assert note.startswith("Is it all there?")
    assert "8 runs of 2 configurations" in note
    files = {f.path for folder in ("", "figures") for f in client.list_artifacts(sweep.info.run_id, folder or None)}
    assert {"config.yaml", "configurations.csv", "failures.txt", "figures/overview.png"} <= files


def test_a_second_sync_logs_nothing(shown):
    root, outcome, _, _ = shown
    store_of = records.Records(root)
    assert sync.sync(store_of, outcome.record, None, 3, lambda *_: None) is False


def test_verdicts_are_tags_by_which_endpoints_are_found(shown):
    _, outcome, client, levels = shown
    verdicts = outcome.frame(curves=False).set_index("run")["endpoint"]
    for entry in levels["run"]:
        assert entry.data.tags["endpoint"] == verdicts[entry.data.tags["key"]]
    of_one = verdicts[levels["run"][0].data.tags["key"]]
    where = f"tags.endpoint = '{of_one}' and tags.sweep = '{outcome.record.id}'"
    found = client.search_runs([levels["run"][0].info.experiment_id], where)
    assert {r.info.run_id for r in found} == {r.info.run_id for r in levels["run"] if r.data.tags["endpoint"] == of_one}
    runs = outcome.frame(curves=False)
    for entry in levels["configuration"]:
        own = runs[runs["configuration"] == entry.data.tags["configuration"]]["endpoint"]
        shares = {name: share for name, share in entry.data.metrics.items() if name.startswith("share of endpoints/")}
        assert shares == {f"share of endpoints/{name}": float((own == name).mean()) for name in VERDICTS}


def test_runs_that_are_judged_later_get_their_tags_then(tmp_path):
    outcome = run(tmp_path, judge=False, activation="tanh", seeds=2)
    assert all("endpoint" not in r.data.tags for r in entries(tmp_path, outcome)[1]["run"])
    again = run(tmp_path, judge=True, activation="tanh", seeds=2)
    assert again.trained == 0
    _, levels = entries(tmp_path, again)
    assert len(levels["run"]) == 2
    assert all("endpoint" in r.data.tags for r in levels["run"])


def test_what_is_taken_out_of_the_store_is_written_again(tmp_path):
    """Whatever else was written to the store since."""
    root = tmp_path / "runs"
    first = run(root, name="first")
    (root / "mlflow.db").unlink()
    run(root, name="second", seeds=2)
    sync.sync(records.Records(root), first.record, None, 3, lambda *_: None)
    _, levels = entries(root, first)
    assert [len(levels[level]) for level in ("sweep", "configuration", "run")] == [1, 2, 6]


def test_a_store_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    """Killed while it is being made, it leaves nothing that the next start would stumble over."""

    def killed(engine):
        with engine.begin() as connection:
            connection.exec_driver_sql("create table half_made (x)")
        raise KeyboardInterrupt

    monkeypatch.setattr("mlflow.store.db.utils._initialize_tables", killed)
    with pytest.raises(KeyboardInterrupt):
        store.open_store(store.default_uri(tmp_path))
    assert not (tmp_path / "mlflow.db").exists()
    monkeypatch.undo()
    assert store.open_store(store.default_uri(tmp_path)).search_experiments()


def test_an_interrupted_sync_is_finished_by_the_next_one(tmp_path, monkeypatch):
    root = tmp_path / "runs"
    outcome = run(root, tracking={"store": "none"})
    written, real = [], sync._Writer._write

    def stop_early(self, entry):
        if len(written) == 4:
            raise KeyboardInterrupt
        written.append(entry.key)
        real(self, entry)

    monkeypatch.setattr(sync._Writer, "_write", stop_early)
    with pytest.raises(KeyboardInterrupt):
        sync.sync(records.Records(root), outcome.record, None, 3, lambda *_: None)
    monkeypatch.undo()
    client, levels = entries(root, outcome)
    half = levels["run"][0]
    client.update_run(half.info.run_id, status="RUNNING")
    sync.sync(records.Records(root), outcome.record, None, 3, lambda *_: None)
    _, levels = entries(root, outcome)
    assert [len(levels[level]) for level in ("sweep", "configuration", "run")] == [1, 2, 6]
    assert {r.info.status for runs in levels.values() for r in runs} == {"FINISHED"}
    assert half.info.run_id not in {r.info.run_id for r in levels["run"]}


def test_a_sweep_that_grew_replaces_what_shows_too_little(tmp_path):
    root = tmp_path / "runs"
    outcome = run(root)
    store_of = records.Records(root)
    more = run(root, seeds=6, name="more", tracking={"store": "none"})
    grown = records.SweepRecord(**{**outcome.record.__dict__, "runs": more.record.runs})
    sync.sync(store_of, grown, None, 0, lambda *_: None)
    _, levels = entries(root, outcome)
    assert [len(levels[level]) for level in ("sweep", "configuration", "run")] == [1, 2, 0]
    medians = frame(store_of, grown.runs).groupby("configuration")["test_loss"].median()
    for entry in levels["configuration"]:
        assert entry.data.metrics["test loss/median"] == medians[entry.data.tags["configuration"]]


def test_rows_written_in_bulk_read_as_those_of_the_client(tmp_path):
    uri = store.default_uri(tmp_path)
    client = store.open_store(uri)
    logged = [("loss/train", 1.0 / (step + 3), step) for step in range(1500)] + [("share", 0.25, 7)]
    write = points.writer(client, uri)
    assert write.__qualname__.startswith("in_bulk"), "this MLflow's schema is not among the tested ones"
    read = []
    for each in (write, points.by_client(client)):
        run_id = client.create_run("0", start_time=1).info.run_id
        each(run_id, logged, 12345)
        each(run_id, logged, 12345)
        histories = {name: client.get_metric_history(run_id, name) for name in ("loss/train", "share")}
        history = {name: [(m.value, m.step, m.timestamp) for m in ms] for name, ms in histories.items()}
        read.append((history, client.get_run(run_id).data.metrics))
    assert read[0] == read[1]
    assert len(read[0][0]["loss/train"]) == 1500


def test_a_store_of_an_unknown_schema_is_written_by_the_client(tmp_path, monkeypatch):
    monkeypatch.setattr(points, "TESTED_REVISIONS", set())
    uri = store.default_uri(tmp_path)
    assert points.writer(store.open_store(uri), uri).__qualname__.startswith("by_client")


def test_a_store_that_cannot_be_written_does_not_fail_the_sweep(tmp_path):
    said = []
    watcher = pipeline.Silence()
    watcher.not_tracked = said.append
    (tmp_path / "mlflow.db").mkdir()
    asked = {"dataset": "xor", "steps": 3, "seeds": 2, "runs_dir": str(tmp_path), "backend": {"where": "serial"}}
    outcome = pipeline.run(config.check(asked), config=asked, watcher=watcher)
    assert len(outcome.frame()) == 2
    assert len(said) == 1
    assert "\n" not in said[0]
