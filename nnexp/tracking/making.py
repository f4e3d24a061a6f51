"""A new SQLite store of MLflow's: the tables that its own migrations leave, made from their text in a hundredth of the time.

`python -m nnexp.tracking.making` writes that text anew, for a new version of MLflow; a test holds it against the migrations.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import tempfile
from pathlib import Path

TABLES = Path(__file__).with_name("tables.sql")
REVISION = "dc11669786a5"
"""The schema revision of MLflow's store (3.17) that the text is of. Of any other, migrations make the store."""

PAGE = 16384
"""Bytes of a page of an SQLite store: larger than usual, which makes long tables a tenth quicker to write."""

LONG = "metrics"
"""The table that a sweep adds hundreds of thousands of rows to; all its columns are in its primary key."""


def make(new: Path) -> None:
    """Make an SQLite store in a new file."""
    from mlflow.store.db.utils import _get_latest_schema_revision

    if _get_latest_schema_revision() != REVISION:
        migrated(new)
        return
    with contextlib.closing(_opened(new)) as connection:
        connection.executescript(keyed(TABLES.read_text(encoding="utf-8")))


def keyed(tables: str) -> str:
    """The same tables, but for where SQLite keeps the rows of the long one: in its key alone, and not beside it once more.

    Of no other: SQLite's own check (3.40) takes columns outside such a key for empty ones.
    """
    return re.sub(rf'(CREATE TABLE "{LONG}" \(.*?\n\));', r"\1 WITHOUT ROWID;", tables, flags=re.DOTALL)


def migrated(new: Path) -> None:
    """Make an SQLite store in a new file by MLflow's own migrations."""
    from mlflow.store.db.utils import _initialize_tables, create_sqlalchemy_engine

    from nnexp.tracking.store import address

    with contextlib.closing(_opened(new)) as connection:
        connection.execute("VACUUM")  # by which the size of pages is kept
    engine = create_sqlalchemy_engine(address(new))
    try:
        _initialize_tables(engine)
    finally:
        engine.dispose()
    with contextlib.closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # everything into the one file


def text(store: Path) -> str:
    """All that an SQLite store has in it, as text that makes it anew."""
    with contextlib.closing(sqlite3.connect(store)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def _opened(new: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(new)
    connection.execute(f"PRAGMA page_size={PAGE}")
    return connection


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        migrated(Path(folder) / "new.db")
        TABLES.write_text(text(Path(folder) / "new.db"), encoding="utf-8")
