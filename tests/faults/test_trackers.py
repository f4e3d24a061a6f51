"""Does a sweep end on whole records when MLflow is anything but well, and is it shown later? `make faults` does more."""

import sqlite3
import threading

import pytest
from tracking.conftest import counts, entries, run, synced

from faults import proxy, trackers
from nnexp import config, pipeline
from nnexp.tracking import store

SMALL = {"seeds": 2, "activation": ["tanh"], "judge": False}


def said(root, **asked):
    """A small sweep, and why it is not tracked."""
    asked = {"dataset": "xor", "width": 2, "steps": 9, "name": "shown", "runs_dir": str(root), **SMALL, **asked}
    asked["backend"] = {"where": "serial"}
    why, watcher = [], pipeline.Silence()
    watcher.not_tracked = why.append
    return pipeline.run(config.check(asked), config=asked, watcher=watcher), why


def test_a_locked_store_is_waited_for_and_then_given_up(tmp_path, monkeypatch):
    first = run(tmp_path, **SMALL)
    holder = sqlite3.connect(tmp_path / "mlflow.db", check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(store, "LOCKED", 0.3)
    second, (why,) = said(tmp_path)
    assert "database is locked" in why
    with pytest.raises(Exception, match="database is locked"):
        synced(tmp_path, second.record)
    monkeypatch.setattr(store, "LOCKED", 20.0)
    released = threading.Timer(0.5, holder.rollback)
    released.start()
    assert synced(tmp_path, second.record)[0]
    released.join()
    holder.close()
    assert counts(entries(tmp_path, first)[1]) == counts(entries(tmp_path, second)[1]) == [1, 1, 2]


@pytest.mark.parametrize("does", ["fail", "babble", "drop", "hang"])
def test_a_server_out_of_order_is_given_up(tmp_path, monkeypatch, does):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with proxy.proxy(does) as server:
        outcome, (why,) = said(tmp_path, tracking={"store": "mlflow", "uri": server.uri})
    assert why.startswith("MLflow cannot be written (")
    assert len(outcome.frame()) == 2


def test_a_server_that_never_answers_is_given_up_after_about_a_minute():
    patience = {name: int(value) for name, value in store.PATIENCE.items()}
    tries = patience["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] + 1
    breaks = patience["MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR"] * 2 ** (tries - 1) + tries
    assert tries * patience["MLFLOW_HTTP_REQUEST_TIMEOUT"] + breaks <= 75


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with trackers.server(tmp_path_factory.mktemp("served") / "by mlflow") as port:
        yield port


@pytest.mark.parametrize(("does", "after"), [("drop", 20), ("lose", 5), ("lose", 21)])
def test_a_server_that_fails_in_the_middle_is_caught_up_with(served, tmp_path, monkeypatch, does, after):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    with proxy.proxy(does, served, after=after) as server:
        outcome, why = said(tmp_path, name=f"{does}_{after}", tracking={"store": "mlflow", "uri": server.uri})
        assert bool(why) == (does == "drop")
        server.does = "pass"
        assert synced(tmp_path, outcome.record, uri=server.uri)[0] == (does == "drop")
        assert not synced(tmp_path, outcome.record, uri=server.uri)[0]
    uri = f"http://127.0.0.1:{served}"
    found = entries(tmp_path, outcome, uri)[1]
    assert counts(found) == [1, 1, 2]
    assert {entry.info.status for level in found.values() for entry in level} == {"FINISHED"}
