"""Is a sweep that is shown while it is judged shown as one that is shown afterwards, and by nobody twice?"""

import shutil

import pytest
from tracking.conftest import counts, entries, run, synced

from nnexp import backends, judging, records, showing
from nnexp.config import Backend, Tracking
from nnexp.tracking import alongside, artifacts, bringing, sync, views

ASKED = {"seeds": 9, "steps": 30, "width": 2, "l2": 0.01}
CHANGING = {"mlflow.parentRunId", "mlflow.log-model.history"}


@pytest.fixture
def few(monkeypatch):
    """Cases of four endpoints, so that a configuration takes several, entries five at a time, and a store that is ready."""
    real = showing.Stage.prepare

    def ready(self):
        real(self)
        self._ready.join()

    monkeypatch.setattr(showing.Stage, "prepare", ready)
    monkeypatch.setattr(judging, "RUNS_AT_ONCE", 4)
    monkeypatch.setattr(alongside, "AT_ONCE", 5)


def facts(client, run):
    """What an entry shows, but for ids and times."""
    data = run.data
    tags = {key: value for key, value in data.tags.items() if key not in CHANGING}
    curves = {key: [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, key)] for key in data.metrics}
    files = sorted(file.path.split("+timestamp")[0] for file in client.list_artifacts(run.info.run_id))
    place = artifacts.on_this_machine(run.info.artifact_uri)
    tables = {file.name: file.read_bytes() for file in place.glob("tables/*")}
    return run.info.status, data.params, tags, curves, files, tables


def shown(root, outcome):
    client, levels = entries(root, outcome)
    experiment = client.get_experiment_by_name(outcome.record.name)
    assert len([tag for tag in experiment.tags if tag.startswith(views.TAG)]) == 2
    return {run.data.tags["key"]: facts(client, run) for runs in levels.values() for run in runs}, counts(levels)


def test_it_shows_what_is_shown_afterwards(tmp_path, few, monkeypatch):
    def afterwards(*_, **__):
        raise AssertionError("it was to be shown alongside")

    with monkeypatch.context() as patched:
        patched.setattr(sync, "sync", afterwards)
        outcome = run(tmp_path, **ASKED)
    found, levels = shown(tmp_path, outcome)
    assert levels == [1, 2, 18]
    (tmp_path / "mlflow.db").unlink()
    shutil.rmtree(tmp_path / "mlflow-artifacts")
    assert synced(tmp_path, outcome.record)[0]
    again, _ = shown(tmp_path, outcome)
    assert found == again
    assert len(found["sweep"][-1]) == 4
    assert not synced(tmp_path, outcome.record)[0]


def test_configurations_are_there_while_others_are_judged(tmp_path, few, monkeypatch):
    seen, real = [], alongside.Alongside.settled

    def watched(self, runs, found):
        real(self, runs, found)
        seen.append(self._bringing._done)

    monkeypatch.setattr(alongside.Alongside, "settled", watched)
    run(tmp_path, **ASKED)
    assert seen[0] == 1
    assert 11 in seen[:-1], "the first configuration and its nine runs, before the last case"
    assert seen == sorted(seen)


def test_whatever_goes_wrong_meanwhile_is_made_good_at_the_end(tmp_path, few, monkeypatch):
    real, calls = bringing.Bringing._write, []

    def once(self):
        calls.append(1)
        if len(calls) == 2:
            raise OSError("the store is gone for a moment")
        real(self)

    monkeypatch.setattr(bringing.Bringing, "_write", once)
    outcome = run(tmp_path, **ASKED)
    assert len(calls) > 2
    _, levels = entries(tmp_path, outcome)
    assert counts(levels) == [1, 2, 18]
    assert {run.info.status for runs in levels.values() for run in runs} == {"FINISHED"}


def test_it_keeps_away_while_another_process_writes(tmp_path):
    outcome = run(tmp_path, tracking={"store": "none"}, **ASKED)
    store_of = records.Records(tmp_path)
    beside = alongside.Alongside(store_of, outcome.record, Tracking())
    with store_of.alone("tracking", lambda: None):
        beside.settled(outcome.record.runs, None)
    assert not beside.finish(lambda done, of: None, lambda line: None)
    assert not (tmp_path / "mlflow.db").exists()
    with store_of.alone("tracking", lambda: pytest.fail("it holds the lock")):
        pass


def test_a_store_behind_a_server_is_left_to_the_end(tmp_path):
    """Its entries take so long that judgements would wait."""
    outcome = run(tmp_path, tracking={"store": "none"}, **ASKED)
    beside = alongside.Alongside(records.Records(tmp_path), outcome.record, Tracking(writer="client"))
    beside.settled(outcome.record.runs, None)
    assert beside._bringing is None
    assert counts(entries(tmp_path, outcome)[1]) == [0, 0, 0]


def test_runs_that_another_job_adds_are_not_passed_over(tmp_path, few):
    outcome = run(tmp_path, tracking={"store": "none"}, **ASKED)
    held = records.Records(tmp_path)
    part = records.SweepRecord(**{**outcome.record.__dict__, "runs": outcome.record.runs[:9]})
    beside = alongside.Alongside(held, part, Tracking())
    beside.settled(part.runs, None)
    beside._record = outcome.record
    assert not beside.finish(lambda done, of: None, lambda line: None)
    each = lambda do, jobs: backends.each(do, jobs, Backend(where="serial"))  # noqa: E731
    assert sync.sync(held, outcome.record, Tracking(), each=each)
    assert counts(entries(tmp_path, outcome)[1]) == [1, 2, 18]
