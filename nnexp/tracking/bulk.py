"""Entries written straight into the tables of MLflow's database, hundreds in one transaction.

The rows are those that MLflow's client would leave: the tables are MLflow's own definitions, and a test holds both stores
against each other, read through the public interface. An entry is there whole and finished, or not at all. Ids rise
with time, so that rows are added at the ends of the indexes.
"""

from __future__ import annotations

import itertools
import secrets
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy.exc import IntegrityError

from nnexp.tracking import artifacts, models
from nnexp.tracking.client import at
from nnexp.tracking.data import CONTEXT, DataSet
from nnexp.tracking.entries import Entry
from nnexp.tracking.making import REVISION
from nnexp.tracking.writing import RUN_NAME, Shown

TESTED_REVISIONS = {REVISION}
"""Schema revisions of MLflow's store whose tables are known to be as expected here."""

DATABASES = {"sqlite": ("PRAGMA analysis_limit=1000", "ANALYZE"), "postgresql": ("ANALYZE",)}
"""What has each count its rows; a thousand rows of an index do."""
WRITING = ("PRAGMA cache_size=-65536", "PRAGMA wal_autocheckpoint=4096")
"""64 MiB of SQLite's pages, enough for the ends of all indexes that are written to, before they go into the file itself."""

PARAMETERS_AT_ONCE = 500
Rows = dict[str, list[tuple[Any, ...]]]


def engine(uri: str) -> tuple[Any, str]:
    """SQLAlchemy's engine on the store's database, or None, and why there is none."""
    kind = uri.split(":", 1)[0].split("+", 1)[0]
    if kind not in DATABASES:
        return None, f"{kind} is no database that this process could write to itself"
    from mlflow.store.db.utils import _get_schema_version, create_sqlalchemy_engine

    made = create_sqlalchemy_engine(uri)
    revision = _get_schema_version(made)
    if revision not in TESTED_REVISIONS:
        return None, f"its schema {revision} is none that bulk writing was tested with"
    return made, ""


class Bulk:
    """A writer of rows.

    Args:
        engine: SQLAlchemy's, on MLflow's database.
        client: MLflow's, on the same.
        uri: where the store is.
        experiment: the id of the experiment.
    """

    def __init__(self, engine: Any, client: Any, uri: str, experiment: str) -> None:
        self._engine, self._uri, self._experiment = engine, uri, int(experiment)
        self._location = client.get_experiment(experiment).artifact_location.rstrip("/")
        self._ids = _rising()

    def shown(self, sweeps: Sequence[str]) -> dict[str, list[Shown]]:
        """The entries of these sweeps that the store has, by key."""
        from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag
        from sqlalchemy import select

        of_it: Any = select(SqlTag.run_uuid).where(SqlTag.key == "sweep", SqlTag.value.in_(sweeps))
        runs: Any = select(SqlRun.run_uuid, SqlRun.status).where(
            SqlRun.experiment_id == self._experiment, SqlRun.lifecycle_stage == "active", SqlRun.run_uuid.in_(of_it)
        )
        facts: Any = select(SqlTag.run_uuid, SqlTag.key, SqlTag.value).where(SqlTag.run_uuid.in_(of_it))
        tags: dict[str, dict[str, str]] = defaultdict(dict)
        with self._engine.connect() as connection:
            for run_id, key, value in connection.execute(facts):
                tags[run_id][key] = value
            found: dict[str, list[Shown]] = defaultdict(list)
            for run_id, status in connection.execute(runs):
                found[tags[run_id].get("key", "")].append(Shown(run_id, status, tags[run_id]))
        return dict(found)

    def write(self, entries: Sequence[Entry], above: Mapping[str, str]) -> dict[str, str]:
        """Write entries, finished, in one transaction; gives their MLflow runs by key."""
        rows: Rows = defaultdict(list)
        written = {entry.key: next(self._ids) for entry in entries}
        for entry in entries:
            parent = above.get(str(entry.parent)) or written[str(entry.parent)]
            self._add(rows, entry, written[entry.key], parent)
        try:
            self._insert(rows, entries, written)
        except IntegrityError:  # another process kept the same data set just now; it is found the second time
            self._insert(rows, entries, written)
        return written

    def _insert(self, rows: Rows, entries: Sequence[Entry], written: Mapping[str, str]) -> None:
        """Insert the rows of entries, and those that connect them with their data sets, in one transaction."""
        with self._engine.begin() as connection:
            connected: Rows = defaultdict(list)
            self._connect_data(connection, connected, entries, written)
            _insert(connection, {table: [*rows[table], *connected[table]] for table in COLUMNS})

    def _connect_data(self, connection: Any, rows: Rows, entries: Sequence[Entry], written: Mapping[str, str]) -> None:
        """Add the rows that make data sets inputs of their runs."""
        data = _data_sets(connection, self._experiment, [entry.data for entry in entries], rows)
        for entry in entries:
            if entry.data is not None:
                edge, known = next(self._ids), data[entry.data.name, entry.data.digest]
                rows["inputs"].append((edge, "DATASET", known, "RUN", written[entry.key], 0))
                rows["input_tags"].append((edge, "mlflow.data.context", CONTEXT))

    def _add(self, rows: Rows, entry: Entry, run_id: str, parent: str) -> None:
        """Add an entry's rows."""
        name, uri, user, start = entry.name[:250], self.place(run_id), entry.tags["mlflow.user"], entry.start
        rows["runs"].append(
            (run_id, name, "UNKNOWN", "", "", user, "FINISHED", start, entry.end, "", "active", uri, self._experiment)
        )
        tags = {**entry.tags, "mlflow.parentRunId": parent, RUN_NAME: name}
        if entry.drawing is None:
            tags["content"] = entry.content
        rows["tags"].extend(zip(tags, tags.values(), repeat(run_id), strict=False))
        rows["params"].extend(zip(entry.params, entry.params.values(), repeat(run_id), strict=False))
        metrics, latest = rows["metrics"], rows["latest_metrics"]
        for name, steps, values in entry.curves:
            metrics.extend(zip(repeat(name), values, repeat(start), repeat(run_id), steps, repeat(False)))
            latest.append((name, values[-1], start, steps[-1], False, run_id))
        if entry.net is not None:
            self._keep(rows, entry, run_id)

    def _keep(self, rows: Rows, entry: Entry, run_id: str) -> None:
        """Add the rows of the entry's net as a model of its run, and write its files."""
        assert entry.net is not None
        model_id = f"m-{uuid.uuid4().hex}"
        location, now = f"{self._location}/models/{model_id}/artifacts", int(time.time() * 1000)
        artifacts.put(location, models.files(entry.net, run_id, model_id, at(entry.start)), self._uri)
        ready = 2
        row = (model_id, self._experiment, models.NAME, location, now, now, ready, "active", None, run_id)
        rows["logged_models"].append(row)
        rows["logged_model_params"].extend((model_id, self._experiment, *item) for item in entry.params.items())
        rows["inputs"].append((next(self._ids), "RUN_OUTPUT", run_id, "MODEL_OUTPUT", model_id, 0))

    def place(self, run_id: str) -> str:
        """The address of an entry's artifacts."""
        return f"{self._location}/{run_id}/artifacts"

    def tag(self, changed: Mapping[str, Mapping[str, str | None]]) -> None:
        """Set tags of entries, or delete those that are None, in one transaction; the tag of its name renames an entry."""
        from mlflow.store.tracking.dbmodels.models import SqlRun
        from sqlalchemy import update

        old = [(run_id, key) for run_id, tags in changed.items() for key in tags]
        new = [(k, value, run_id) for run_id, tags in changed.items() for k, value in tags.items() if value is not None]
        if old:
            with self._engine.begin() as connection:
                connection.exec_driver_sql(_deletion("tags", ("run_uuid", "key"), connection.dialect), old)
                _insert(connection, {"tags": new})
                for key, name, run_id in new:
                    if key == RUN_NAME:
                        connection.execute(update(SqlRun).where(SqlRun.run_uuid == run_id).values(name=name))

    def remove(self, run_ids: Sequence[str]) -> None:
        """Delete entries and the models that they keep as MLflow does: they are marked, and `mlflow gc` takes them away."""
        from mlflow.store.tracking.dbmodels.models import SqlLoggedModel, SqlRun
        from sqlalchemy import update

        if not run_ids:
            return
        now = int(time.time() * 1000)
        with self._engine.begin() as connection:
            for start in range(0, len(run_ids), PARAMETERS_AT_ONCE):
                some = run_ids[start : start + PARAMETERS_AT_ONCE]
                gone = update(SqlRun).where(SqlRun.run_uuid.in_(some))
                connection.execute(gone.values(lifecycle_stage="deleted", deleted_time=now))
                models_of = update(SqlLoggedModel).where(SqlLoggedModel.source_run_id.in_(some))
                connection.execute(models_of.values(lifecycle_stage="deleted", last_updated_timestamp_ms=now))

    def close(self) -> None:
        """Count the tables' rows for the planner of queries, without which the UI takes seconds for a chart."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for said in DATABASES[connection.dialect.name]:
                connection.exec_driver_sql(said)
        self._engine.dispose()


COLUMNS = {
    "datasets": "dataset_uuid experiment_id name digest dataset_source_type dataset_source dataset_schema dataset_profile",
    "runs": "run_uuid name source_type source_name entry_point_name user_id status start_time end_time source_version "
    "lifecycle_stage artifact_uri experiment_id",
    "tags": "key value run_uuid",
    "params": "key value run_uuid",
    "metrics": "key value timestamp run_uuid step is_nan",
    "latest_metrics": "key value timestamp step is_nan run_uuid",
    "logged_models": "model_id experiment_id name artifact_location creation_timestamp_ms last_updated_timestamp_ms status "
    "lifecycle_stage model_type source_run_id",
    "logged_model_params": "model_id experiment_id param_key param_value",
    "inputs": "input_uuid source_type source_id destination_type destination_id step",
    "input_tags": "input_uuid name value",
}
"""The columns of each table that are written, in the order in which tables are."""


def _insert(connection: Any, rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    """Insert rows by the database's own driver, which takes tuples many times faster than SQLAlchemy takes mappings."""
    if connection.dialect.name == "sqlite":
        for said in WRITING:
            connection.exec_driver_sql(said)
    for table in COLUMNS:
        if rows.get(table):
            connection.exec_driver_sql(_statement(table, connection.dialect), rows[table])


def _statement(table: str, dialect: Any) -> str:
    """The text that inserts a row of a table of MLflow's."""
    from mlflow.store.db.base_sql_model import Base

    known, quote = Base.metadata.tables[table].columns, dialect.identifier_preparer.quote
    names = [known[name].name for name in COLUMNS[table].split()]
    into = f"{quote(table)} ({', '.join(map(quote, names))})"
    return f"INSERT INTO {into} VALUES ({', '.join([_mark(dialect)] * len(names))})"


def _deletion(table: str, names: Sequence[str], dialect: Any) -> str:
    """The text that deletes the rows of a table in which these columns have given values."""
    quote = dialect.identifier_preparer.quote
    return f"DELETE FROM {quote(table)} WHERE {' AND '.join(f'{quote(name)} = {_mark(dialect)}' for name in names)}"


def _mark(dialect: Any) -> str:
    return "?" if dialect.paramstyle == "qmark" else "%s"


def _data_sets(
    connection: Any, experiment: int, wanted: Sequence[DataSet | None], rows: Rows
) -> dict[tuple[str, str], str]:
    """The ids of these data sets by name and digest, those that the store does not have yet as new rows."""
    from mlflow.store.tracking.dbmodels.models import SqlDataset
    from sqlalchemy import select

    has: Any = select(SqlDataset.name, SqlDataset.digest, SqlDataset.dataset_uuid).where(
        SqlDataset.experiment_id == experiment
    )
    found = {(name, digest): known for name, digest, known in connection.execute(has)}
    for data in dict.fromkeys(data for data in wanted if data is not None):
        if (data.name, data.digest) not in found:
            found[data.name, data.digest] = uuid.uuid4().hex
            fields = (data.name, data.digest, data.source_type, data.source, data.schema, data.profile)
            rows["datasets"].append((found[data.name, data.digest], experiment, *fields))
    return found


def _rising() -> Iterator[str]:
    """Ids of 32 hexadecimal digits, each greater than those before it, in this process and, by the clock, in others."""
    for place in itertools.count():
        yield f"{time.time_ns() // 10**6:012x}{place % 16**8:08x}{secrets.token_hex(6)}"
