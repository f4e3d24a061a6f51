"""Where the MLflow store is, and how it is opened so that writing is quick and two first starts do not collide."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")


SQLITE = "sqlite:///"


def default_uri(root: Path) -> str:
    """The SQLite store under the folder of everything that is made."""
    return f"{SQLITE}{root.absolute() / 'mlflow.db'}"


def open_store(uri: str) -> Any:
    """An MLflow client on the store, which is made where there is none yet."""
    import mlflow
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if not event.contains(Engine, "connect", _write_quickly):
        event.listen(Engine, "connect", _write_quickly)
    if uri.startswith(SQLITE):
        _make_or_try(Path(uri.removeprefix(SQLITE)))
    return mlflow.MlflowClient(tracking_uri=uri)


def _make_or_try(file: Path) -> None:
    """Make an SQLite store that is not there, whole or not at all; fail at once where one cannot be written.

    MLflow itself would leave half a store behind when killed, and try for more than a minute to open one it cannot.
    """
    if file.exists():
        with contextlib.closing(sqlite3.connect(file, timeout=20)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
        return
    from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    engine = create_sqlalchemy_engine(f"{SQLITE}{new}")
    _initialize_tables(engine)
    engine.dispose()
    with contextlib.closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # everything into the one file
    new.replace(file)
    for known in list(SqlAlchemyStore._engine_map.values()):
        known.dispose()  # of a file that was there before, in this process


def is_shown(uri: str, sweep: str, content: str) -> bool:
    """Whether an SQLite store already shows a sweep with this content, read without MLflow; False where it is unsure."""
    file = Path(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE) or not file.is_file():
        return False
    query = """select count(*) from runs join tags as s using (run_uuid) join tags as c using (run_uuid)
        where status = 'FINISHED' and lifecycle_stage = 'active'
        and s.key = 'sweep' and s.value = ? and c.key = 'content' and c.value = ?"""
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return bool(connection.execute(query, (sweep, content)).fetchone()[0])
    except sqlite3.Error:
        return False


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
