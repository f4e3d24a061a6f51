"""The artifacts of a project folder that was renamed, moved or copied: found again beside the SQLite store.

MLflow keeps absolute addresses of artifacts in its database. In the store beside the records, artifacts lie in
`mlflow-artifacts/` next to it, so the addresses can be made right from where the store is now.
"""

from __future__ import annotations

import contextlib
import platform
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from nnexp.configuration import digest
from nnexp.tracking import artifacts
from nnexp.tracking.store import ARTIFACTS, FILE, LOCKED, SQLITE, file_of

ADDRESSES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
"""The columns of MLflow's tables that have addresses of artifacts in them."""


def source(root: Path) -> str:
    """What the records in this folder are known by among the users of a store."""
    return digest([platform.node(), str(root.absolute())])


def is_moved(uri: str) -> bool:
    """Whether the store is one beside records and has addresses of artifacts in another folder than its own."""
    file = _own(uri)
    if file is None:
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            return any(True for _ in _moved(connection, file.parent))
    except sqlite3.Error:
        return False  # whoever writes to it meets the fault again, and says it


def mend(uri: str) -> None:
    """Have the addresses in a store beside records name the artifacts beside it, in one transaction."""
    file = _own(uri)
    if file is None or not is_moved(uri):
        return
    with contextlib.closing(sqlite3.connect(file, timeout=LOCKED, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for old, new in list(_moved(connection, file.parent)):
            _readdress(connection, old, new)
            before = artifacts.on_this_machine(old)
            if before is not None:
                values = (source(file.parent), source(before.parents[1]))
                connection.execute("UPDATE tags SET value = ? WHERE key = 'records' AND value = ?", values)
        connection.execute("COMMIT")


def _own(uri: str) -> Path | None:
    """The file of an SQLite store that lies beside records; None for any other store."""
    if not SQLITE.match(uri):
        return None
    file = file_of(uri).absolute()
    return file if file.name == FILE and file.is_file() and any((file.parent / "records").glob("*.parquet")) else None


def _moved(connection: sqlite3.Connection, root: Path) -> Iterator[tuple[str, str]]:
    """The addresses (old, new) of the folders of experiments that are beside the store now, and were elsewhere before."""
    for (old,) in connection.execute("SELECT artifact_location FROM experiments"):
        folder = artifacts.on_this_machine(old or "")
        if folder is None or folder.parent.name != ARTIFACTS:
            continue
        new = root / ARTIFACTS / folder.name
        before = folder.parents[1]
        if not _is_same(before, root) and (new.is_dir() or not before.is_dir()):
            yield old, new.as_uri()


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _readdress(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Replace an address, and those of everything below it, in all of MLflow's tables."""
    for table, columns in ADDRESSES.items():
        for column in columns:
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
            )
