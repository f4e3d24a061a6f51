"""What does an SQLite store show already? Read without MLflow, whose import takes longer than finding that all is there."""

from __future__ import annotations

import contextlib
import sqlite3

from nnexp.tracking.store import SQLITE, file_of

WHOLE = """select count(*) from runs join tags as s using (run_uuid) join tags as c using (run_uuid)
    where status = 'FINISHED' and lifecycle_stage = 'active'
    and s.key = 'sweep' and s.value = ? and c.key = 'whole' and c.value = ?"""
UNFINISHED = """select distinct s.value from runs join tags as s using (run_uuid) join tags as f using (run_uuid)
    where status = 'RUNNING' and lifecycle_stage = 'active'
    and s.key = 'sweep' and f.key = 'records' and f.value = ?"""


def is_whole(uri: str, sweep: str, whole: str) -> bool:
    """Whether a store shows a sweep with this digest of all its entries; False where it is unsure."""
    return _asked(uri, WHOLE, (sweep, whole)) not in ([], [(0,)])


def unfinished(uri: str, records: str) -> list[str]:
    """The ids of sweeps of these records with entries that were begun and not finished, as a process does that is killed."""
    return [str(sweep) for (sweep,) in _asked(uri, UNFINISHED, (records,))]


def _asked(uri: str, query: str, values: tuple[str, ...]) -> list[tuple[object, ...]]:
    file = file_of(uri)
    if not SQLITE.match(uri) or not file.is_file():
        return []
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()
    except sqlite3.Error:
        return []
