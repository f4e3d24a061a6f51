"""How do metric points get into the store: through MLflow's client, or straight into the tables of a store on this machine?

MLflow takes a point apart into several queries, which makes a thousand points cost more than the training they describe.
Where the store is an SQLite file with a schema that this was tested with, the same rows are written in one transaction;
anywhere else the client writes them. What is read back is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnexp.tracking.metrics import Point

TESTED_REVISIONS = {"dc11669786a5"}
"""Schema revisions of MLflow's store (3.17) whose tables are known to be as expected here."""

BATCH = 1000

Write = Callable[[str, Sequence[Point], int], None]
"""Writes points of a run: (run id, points, time stamp in ms)."""


def writer(client: Any, uri: str) -> Write:
    """The quickest way to write points to this store that is known to be right."""
    if uri.startswith("sqlite:///"):
        from mlflow.store.db.utils import _get_schema_version, create_sqlalchemy_engine

        engine = create_sqlalchemy_engine(uri)
        if _get_schema_version(engine) in TESTED_REVISIONS:
            return in_bulk(engine)
    return by_client(client)


def by_client(client: Any) -> Write:
    """Write through MLflow's public interface."""
    from mlflow.entities import Metric

    def write(run_id: str, points: Sequence[Point], at: int) -> None:
        every = [Metric(name, value, at, step) for name, value, step in points]
        for start in range(0, len(every), BATCH):
            client.log_batch(run_id, metrics=every[start : start + BATCH])

    return write


def in_bulk(engine: Any) -> Write:
    """Write rows into MLflow's own tables, all points of a run in one transaction."""
    from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric
    from sqlalchemy import insert

    def write(run_id: str, points: Sequence[Point], at: int) -> None:
        rows = [_row(run_id, *point, at) for point in points]
        newest: dict[str, dict[str, Any]] = {}
        for row in rows:
            if row["key"] not in newest or row["step"] >= newest[row["key"]]["step"]:
                newest[row["key"]] = row
        if rows:
            with engine.begin() as connection:
                connection.execute(insert(SqlMetric.__table__).prefix_with("OR IGNORE"), rows)
                connection.execute(insert(SqlLatestMetric.__table__).prefix_with("OR REPLACE"), list(newest.values()))

    return write


def _row(run_id: str, name: str, value: float, step: int, at: int) -> dict[str, Any]:
    return {"key": name, "value": value, "timestamp": at, "step": step, "is_nan": False, "run_uuid": run_id}
