"""A new store is the one that MLflow's own migrations leave."""

import sqlite3

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, String, create_engine, text

from nnexp.tracking import making, store


@pytest.fixture
def migrated(tmp_path):
    made = tmp_path / "migrated.db"
    making.migrated(made)
    return made


def test_a_new_store_is_what_mlflows_migrations_leave(tmp_path, migrated):
    """But for where SQLite keeps the rows of the long one, by which nothing is found or refused that was not."""
    made = tmp_path / "made.db"
    making.make(made)
    found = making.text(made)
    assert found.count(") WITHOUT ROWID;") == 1
    assert _lines(found.replace(") WITHOUT ROWID;", ");")) == _lines(making.text(migrated))
    for question in ("page_size", "journal_mode", "encoding", "user_version"):
        assert _pragma(made, question) == _pragma(migrated, question), question


def test_the_text_is_of_the_revision_that_it_says(tmp_path, migrated):
    with sqlite3.connect(migrated) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(making.REVISION,)]
    assert _lines(making.TABLES.read_text(encoding="utf-8")) == _lines(making.text(migrated)), (
        "python -m nnexp.tracking.making"
    )


def test_migrations_to_come_can_alter_its_tables(tmp_path):
    """As those of MLflow do: by a copy, which has every row, and by a column more."""
    made = tmp_path / "made.db"
    making.make(made)
    with sqlite3.connect(made) as connection:
        connection.execute("INSERT INTO metrics (key, value, timestamp, run_uuid) VALUES ('final/J', 0.5, 1, 'one')")
        connection.execute("INSERT INTO params (key, value, run_uuid) VALUES ('width', '8', 'one')")
        for question in ("quick_check", "integrity_check"):
            assert connection.execute(f"PRAGMA {question}").fetchall() == [("ok",)]
    with create_engine(store.address(made)).begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        for table in (making.LONG, "params"):
            with operations.batch_alter_table(table, recreate="always") as batch:
                batch.alter_column("key", type_=String(500))
            operations.add_column(table, Column("more", String(10)))
        assert connection.execute(text("SELECT key, value, more FROM params")).all() == [("width", "8", None)]
        assert connection.execute(text("SELECT key, value, step, more FROM metrics")).all() == [
            ("final/J", 0.5, 0, None)
        ]


def test_of_another_revision_migrations_make_the_store(tmp_path, migrated, monkeypatch):
    monkeypatch.setattr(making, "REVISION", "another")
    monkeypatch.setattr(making, "TABLES", tmp_path / "none")
    made = tmp_path / "made.db"
    making.make(made)
    assert _lines(making.text(made)) == _lines(making.text(migrated))


def _lines(text):
    """What the text says; migrations name constraints and indexes in any order."""
    return sorted(line.strip().rstrip(",") for line in text.splitlines())


def _pragma(file, question):
    with sqlite3.connect(file) as connection:
        return connection.execute(f"PRAGMA {question}").fetchone()
