"""Where the MLflow store is, and how it is opened so that writing is quick and two first starts do not collide."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")


def default_uri(root: Path) -> str:
    """The SQLite store under the folder of everything that is made."""
    return f"sqlite:///{root.absolute() / 'mlflow.db'}"


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the tracker's lock: one process at a time makes the store or writes a sweep to it."""
    root.mkdir(parents=True, exist_ok=True)
    with open(root / ".tracking.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def open_store(uri: str) -> Any:
    """An MLflow client on the store, which is made where there is none yet."""
    _try_file(uri)
    import mlflow
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if not event.contains(Engine, "connect", _write_quickly):
        event.listen(Engine, "connect", _write_quickly)
    return mlflow.MlflowClient(tracking_uri=uri)


def _try_file(uri: str) -> None:
    """Fail at once where an SQLite file cannot be written; MLflow itself would try for more than a minute."""
    if uri.startswith("sqlite:///"):
        with contextlib.closing(sqlite3.connect(uri.removeprefix("sqlite:///"), timeout=20)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()


def _write_quickly(connection: Any, _: Any) -> None:
    """SQLite with a write-ahead log: a reader never waits for a writer, and a commit does not wait for the disk."""
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")


def experiment(client: Any, name: str, root: Path) -> str:
    """The id of the experiment of this name, made or brought back where it is needed."""
    found = client.get_experiment_by_name(name)
    if found is None:
        return client.create_experiment(name, artifact_location=(root.absolute() / "mlflow-artifacts" / name).as_uri())
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return found.experiment_id
