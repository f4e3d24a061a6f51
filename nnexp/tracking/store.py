"""Where the MLflow store is, and how it is opened so that writing is quick and two first starts do not collide."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shlex
import sqlite3
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnexp.errors import UserError

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
warnings.filterwarnings("ignore", category=UserWarning, module=r"mlflow\.")  # advice for who writes models by hand


PAGE = 16384
"""Bytes of a page of an SQLite store: larger than usual, which makes long tables a tenth quicker to write."""

MAKING = 7_216_036
"""The number of the lock that a PostgreSQL database is made under: any that all processes agree on."""

SQLITE = "sqlite:///"
SERVER = re.compile(r"https?:|databricks")


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
    with _alone(uri):
        client = mlflow.MlflowClient(tracking_uri=uri)
        if uri.startswith("postgresql"):
            client.search_experiments(max_results=1)
    return client


@contextlib.contextmanager
def _alone(uri: str) -> Iterator[None]:
    """Let MLflow make its tables in a PostgreSQL database one process at a time: two at once would break them."""
    if not uri.startswith("postgresql"):
        yield
        return
    from sqlalchemy import create_engine, text

    engine = create_engine(uri)
    try:
        with engine.connect() as connection:  # whose end frees the lock, whatever happens
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MAKING})
            yield
    finally:
        engine.dispose()


def _make_or_try(file: Path) -> None:
    """Make an SQLite store that is not there, whole or not at all; fail at once where one cannot be written.

    MLflow itself would leave half a store behind when killed, and try for more than a minute to open one it cannot.
    """
    if file.exists():
        _try(file)
        return
    from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    with contextlib.closing(sqlite3.connect(new)) as connection:
        connection.execute(f"PRAGMA page_size={PAGE}")
        connection.execute("VACUUM")  # by which the size is kept
    engine = create_sqlalchemy_engine(f"{SQLITE}{new}")
    _initialize_tables(engine)
    engine.dispose()
    with contextlib.closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # everything into the one file
    for rest in ("-wal", "-shm"):  # of a store that was deleted without them, which would come to life again
        file.with_name(f"{file.name}{rest}").unlink(missing_ok=True)
    new.replace(file)
    for known in list(SqlAlchemyStore._engine_map.values()):
        known.dispose()  # of a file that was there before, in this process


def _try(file: Path) -> None:
    """Look once at each table of an SQLite store, as it is about to be written.

    Raises:
        UserError: if it is the database of something else.
    """
    with contextlib.closing(sqlite3.connect(file, timeout=20)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in tables:
            connection.execute(f'SELECT * FROM "{name}" LIMIT 1').fetchall()
        connection.rollback()
    if tables and "alembic_version" not in tables:
        raise UserError(f"{file} is a database of something else than MLflow; give another place as tracking.uri")


def at_fault(uri: str, error: Exception) -> str:
    """What is wrong with the file of an SQLite store, and what to do about it; nothing where it is sound, or no such store."""
    file = Path(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE) or not file.is_file():
        return ""
    if "out-of-date database schema" in str(error):
        upgrade = f"python -m mlflow db upgrade {shlex.quote(uri)}"
        return f"{file} is of another version of MLflow: {upgrade} alters it, or move it away, and a new one is written"
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.OperationalError:
        return ""  # it cannot be opened, which says nothing of what is in it
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        found = str(error)
    said = " ".join(found.split())[:80]
    return f"{file} is damaged ({said}): move it away, and a new one is written" if found != "ok" else ""


def _write_quickly(connection: Any, _: Any) -> None:
    """SQLite with a write-ahead log: a reader never waits for a writer, and a commit does not wait for the disk."""
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")


def experiment(client: Any, uri: str, name: str, root: Path) -> str:
    """The id of the experiment of this name, made or brought back where it is needed.

    Its artifacts lie beside the records, but for a server's, which has a place of its own for them.
    """
    found = client.get_experiment_by_name(name)
    if found is None:
        place = None if SERVER.match(uri) else (root.absolute() / "mlflow-artifacts" / name).as_uri()
        try:
            return client.create_experiment(name, artifact_location=place)
        except Exception:  # another process was quicker
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return found.experiment_id
