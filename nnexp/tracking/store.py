"""Where the MLflow store is, and how it is opened so that writing is quick and two first starts do not collide."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shlex
import sqlite3
import urllib.parse
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnexp.configuration import digest
from nnexp.errors import UserError
from nnexp.tracking.making import make

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "PGCONNECT_TIMEOUT": "20",
}
"""How long a server may take, unless the user says otherwise: one that never answers is given up after about a minute.

MLflow's own defaults hold on for a quarter of an hour, and PostgreSQL's for ever."""
for _variable, _value in PATIENCE.items():
    os.environ.setdefault(_variable, _value)
warnings.filterwarnings("ignore", module=r"(mlflow|alembic|sqlalchemy)\.")  # advice for who writes models by hand
warnings.filterwarnings("ignore", message="The ``noload`` loader strategy")  # of MLflow, laid at our door

LOCKED = 20.0
"""Seconds for which a store that another program has locked is waited for."""

MAKING = 7_216_036
"""The number of the lock that a PostgreSQL database is made under: any that all processes agree on."""

SQLITE = re.compile(r"sqlite(\+\w+)?:///")
SERVER = re.compile(r"https?:|databricks")


FILE, ARTIFACTS = "mlflow.db", "mlflow-artifacts"
"""The SQLite store in the folder of everything that is made, and the folder of its artifacts, one folder an experiment."""

FOLDER = re.compile(r"\w[\w.-]{0,99}", re.ASCII)
"""Names of experiments that can be names of folders as they are."""


def default_uri(root: Path) -> str:
    """The SQLite store under the folder of everything that is made."""
    return address(root.absolute() / FILE)


def address(file: Path) -> str:
    """The address of an SQLite store in this file.

    Where something is escaped the driver is named, since MLflow makes folders of addresses without one as they are spelled.
    """
    spelled = re.sub(r"%(?=[0-9a-fA-F]{2})", "%25", str(file)).replace("?", "%3F")
    return f"sqlite:///{file}" if spelled == str(file) else f"sqlite+pysqlite:///{spelled}"


def file_of(uri: str) -> Path:
    """The file that an SQLite store's address names."""
    return Path(urllib.parse.unquote(SQLITE.sub("", uri, count=1).split("?")[0]))


def open_store(uri: str) -> Any:
    """An MLflow client on the store, which is made where there is none yet."""
    import mlflow
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what they raise is said by us
    if not event.contains(Engine, "connect", _write_quickly):
        event.listen(Engine, "connect", _write_quickly)
    if SQLITE.match(uri):
        _make_or_try(file_of(uri))
    with _alone(uri):
        client = mlflow.MlflowClient(tracking_uri=uri)
        if uri.startswith("postgresql"):
            client.search_experiments(max_results=1)
    from nnexp.tracking import moved

    moved.mend(uri)
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
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        make(new)
    except BaseException:
        for rest in ("", "-journal", "-wal", "-shm"):
            new.with_name(f"{new.name}{rest}").unlink(missing_ok=True)
        raise
    for rest in ("-wal", "-shm"):  # of a store that was deleted without them, which would come to life again
        file.with_name(f"{file.name}{rest}").unlink(missing_ok=True)
    new.replace(file)
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    for known in list(SqlAlchemyStore._engine_map.values()):
        known.dispose()  # of a file that was there before, in this process


def _try(file: Path) -> None:
    """Look once at each table of an SQLite store, as it is about to be written.

    Raises:
        UserError: if it is the database of something else.
    """
    with contextlib.closing(sqlite3.connect(file, timeout=LOCKED)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in tables:
            connection.execute(f'SELECT * FROM "{name}" LIMIT 1').fetchall()
        connection.rollback()
    if tables and "alembic_version" not in tables:
        raise UserError(f"{file} is a database of something else than MLflow; give another place as tracking.uri")


def at_fault(uri: str, error: Exception) -> str:
    """What is wrong with the file of an SQLite store, and what to do about it; nothing where it is sound, or no such store."""
    file = file_of(uri)
    if not SQLITE.match(uri) or not file.is_file():
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
        connection.execute(f"PRAGMA busy_timeout={LOCKED * 1000:.0f}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")


def experiment(client: Any, uri: str, name: str, root: Path) -> str:
    """The id of the experiment of this name, made or brought back where it is needed.

    Its artifacts lie beside the records, but for a server's, which has a place of its own for them.
    """
    found = client.get_experiment_by_name(name)
    if found is None:
        folder = name if FOLDER.fullmatch(name) else digest(name)
        place = None if SERVER.match(uri) else (root.absolute() / ARTIFACTS / folder).as_uri()
        try:
            return client.create_experiment(name, artifact_location=place)
        except Exception:  # another process was quicker
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return found.experiment_id
