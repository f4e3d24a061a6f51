"""Is a sweep shown whole, and each entry once, by the start after one that was killed, failed, or showed less?"""

import sqlite3

import pytest
from tracking.conftest import counts, entries, run, synced

from nnexp import config, pipeline, records
from nnexp.frames import frame
from nnexp.optima.endpoints.verdict import VERDICTS
from nnexp.tracking import bringing, store


def test_a_second_sync_logs_nothing(shown):
    assert synced(shown.root, shown.outcome.record) == (False, [])


def test_runs_that_are_judged_later_get_their_tags_then(tmp_path):
    outcome = run(tmp_path, judge=False, activation="tanh", seeds=2)
    _, levels = entries(tmp_path, outcome)
    assert {r.data.tags["endpoint"] for r in levels["run"]} == {"not judged"}
    assert levels["configuration"][0].data.metrics["share of seeds/not judged"] == 1.0
    again = run(tmp_path, judge=True, activation="tanh", seeds=2)
    assert again.trained == 0
    _, levels = entries(tmp_path, again)
    assert counts(levels) == [1, 1, 2]
    assert {r.data.tags["endpoint"] for r in levels["run"]} <= set(VERDICTS)


def test_the_level_of_runs_can_be_left_out_and_comes_later(tmp_path):
    outcome = run(tmp_path, tracking={"store": "mlflow", "runs": False})
    assert counts(entries(tmp_path, outcome)[1]) == [1, 2, 0]
    assert synced(tmp_path, outcome.record)[0]
    assert counts(entries(tmp_path, outcome)[1]) == [1, 2, 8]


def test_what_is_taken_out_of_the_store_is_written_again(tmp_path):
    """Whatever else was written to the store since."""
    root = tmp_path / "runs"
    first = run(root, name="first")
    (root / "mlflow.db").unlink()
    run(root, name="second", seeds=2)
    synced(root, first.record)
    assert counts(entries(root, first)[1]) == [1, 2, 8]


def test_a_store_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    """Killed while it is being made, it leaves nothing that the next start would stumble over."""

    def killed(new):
        with sqlite3.connect(new) as connection:
            connection.execute("create table half_made (x)")
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "make", killed)
    with pytest.raises(KeyboardInterrupt):
        store.open_store(store.default_uri(tmp_path))
    assert not (tmp_path / "mlflow.db").exists()
    monkeypatch.undo()
    assert store.open_store(store.default_uri(tmp_path)).search_experiments()


@pytest.mark.parametrize("writer", ["bulk", "client"])
def test_an_interrupted_sync_is_finished_by_the_next_one(tmp_path, monkeypatch, writer):
    root = tmp_path / "runs"
    outcome = run(root, tracking={"store": "none"})
    monkeypatch.setattr(bringing, "AT_ONCE", 2)
    written, real = [], bringing.Bringing._write

    def stop_early(self):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(len(self._pending))
        real(self)

    monkeypatch.setattr(bringing.Bringing, "_write", stop_early)
    with pytest.raises(KeyboardInterrupt):
        synced(root, outcome.record, writer=writer)
    monkeypatch.setattr(bringing.Bringing, "_write", real)
    client, levels = entries(root, outcome)
    assert counts(levels) == [1, 1, 3]
    half = levels["run"][0]
    client.update_run(half.info.run_id, status="RUNNING")
    synced(root, outcome.record, writer=writer)
    _, levels = entries(root, outcome)
    assert counts(levels) == [1, 2, 8]
    assert {r.info.status for runs in levels.values() for r in runs} == {"FINISHED"}
    assert half.info.run_id not in {r.info.run_id for r in levels["run"]}


def test_an_entry_whose_pictures_were_not_kept_is_replaced(tmp_path, monkeypatch):
    outcome = run(tmp_path, tracking={"store": "none"})

    def full(uri, files):
        raise OSError("no space left")

    monkeypatch.setattr("nnexp.tracking.artifacts.write", full)
    with pytest.raises(OSError, match="no space"):
        synced(tmp_path, outcome.record)
    monkeypatch.undo()
    synced(tmp_path, outcome.record)
    client, levels = entries(tmp_path, outcome)
    assert counts(levels) == [1, 2, 8]
    assert all(client.list_artifacts(r.info.run_id, "images") for r in levels["configuration"])


def test_a_sweep_whose_files_were_not_kept_gets_them_by_the_next_start(tmp_path, monkeypatch):
    outcome = run(tmp_path, tracking={"store": "none"}, seeds=1, activation="tanh")

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("nnexp.tracking.page.files", killed)
    with pytest.raises(KeyboardInterrupt):
        synced(tmp_path, outcome.record)
    monkeypatch.undo()
    assert synced(tmp_path, outcome.record)[0]
    client, levels = entries(tmp_path, outcome)
    assert counts(levels) == [1, 1, 1]
    assert "config.yaml" in {f.path for f in client.list_artifacts(levels["sweep"][0].info.run_id)}


def test_a_sweep_of_which_nothing_is_on_record_is_not_shown(tmp_path):
    outcome = run(tmp_path, tracking={"store": "none"}, seeds=1, activation="tanh")
    for file in (tmp_path / "records").glob("*.parquet"):
        file.unlink()
    assert synced(tmp_path, outcome.record) == (False, [])
    assert not (tmp_path / "mlflow.db").exists()


def test_what_another_sweep_left_unfinished_is_finished(tmp_path):
    first = run(tmp_path, name="first", seeds=2)
    client, levels = entries(tmp_path, first)
    client.update_run(levels["sweep"][0].info.run_id, status="RUNNING")
    run(tmp_path, name="second", seeds=2, activation="tanh")
    _, levels = entries(tmp_path, first)
    assert counts(levels) == [1, 2, 4]
    assert levels["sweep"][0].info.status == "FINISHED"


def test_a_sweep_that_is_on_record_no_more_does_not_stay_running(tmp_path):
    first = run(tmp_path, name="first", seeds=2)
    client, levels = entries(tmp_path, first)
    client.update_run(levels["sweep"][0].info.run_id, status="RUNNING")
    for file in (tmp_path / "sweeps").glob("*.json"):
        file.unlink()
    run(tmp_path, name="second", seeds=2, activation="tanh")
    assert entries(tmp_path, first)[1]["sweep"][0].info.status == "KILLED"


def test_a_sweep_that_grew_replaces_what_shows_too_little(tmp_path):
    root = tmp_path / "runs"
    outcome = run(root)
    store_of = records.Records(root)
    more = run(root, seeds=6, name="more", tracking={"store": "none"})
    grown = records.SweepRecord(**{**outcome.record.__dict__, "runs": more.record.runs})
    before = {r.info.run_id for r in entries(root, outcome)[1]["run"]}
    synced(root, grown)
    _, levels = entries(root, outcome)
    assert counts(levels) == [1, 2, 12]
    assert before < {r.info.run_id for r in levels["run"]}, "runs that are shown already are not shown anew"
    parents = {r.data.tags["configuration"]: r.info.run_id for r in levels["configuration"]}
    assert all(r.data.tags["mlflow.parentRunId"] == parents[r.data.tags["configuration"]] for r in levels["run"])
    medians = frame(store_of, grown.runs).groupby("configuration")["test_loss"].median()
    for entry in levels["configuration"]:
        assert entry.data.metrics["test loss/median"] == medians[entry.data.tags["configuration"]]


def test_the_report_is_shown_once_it_is_there(tmp_path):
    outcome = run(tmp_path, seeds=2)
    folder = tmp_path / "analysis" / "shown"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<p>of another sweep</p>")
    assert not synced(tmp_path, outcome.record)[0]
    (folder / "report.html").write_text(f"<p>sweep {outcome.record.id}</p>")
    assert synced(tmp_path, outcome.record)[0]
    client, levels = entries(tmp_path, outcome)
    assert counts(levels) == [1, 2, 4]
    assert "report.html" in {f.path for f in client.list_artifacts(levels["sweep"][0].info.run_id)}
    assert not synced(tmp_path, outcome.record)[0]


@pytest.mark.parametrize("uri", [None, "http://127.0.0.1:9"])
def test_a_store_that_cannot_be_written_does_not_fail_the_sweep(tmp_path, monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    said = []
    watcher = pipeline.Silence()
    watcher.not_tracked = said.append
    (tmp_path / "mlflow.db").mkdir()
    asked = {"dataset": "xor", "steps": 3, "seeds": 2, "runs_dir": str(tmp_path), "backend": {"where": "serial"}}
    asked["tracking"] = {"store": "mlflow", "uri": uri}
    outcome = pipeline.run(config.check(asked), config=asked, watcher=watcher)
    assert len(outcome.frame()) == 2
    assert len(said) == 1
    assert "\n" not in said[0]
    (tmp_path / "mlflow.db").rmdir()
    assert synced(tmp_path, outcome.record)[0], "make sync writes what is missing"
    assert counts(entries(tmp_path, outcome)[1]) == [1, 1, 2]


def test_numbers_that_a_killed_start_had_logged_are_not_logged_twice(tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(bringing.page, "files", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, seeds=2)
    monkeypatch.undo()
    client, levels = entries(tmp_path, run(tmp_path, seeds=2))
    (own,) = levels["sweep"]
    assert {name: len(client.get_metric_history(own.info.run_id, name)) for name in own.data.metrics} == dict.fromkeys(
        own.data.metrics, 1
    )
    assert own.data.metrics["sweep/runs"] == 4
