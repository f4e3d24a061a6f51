"""Entries written through MLflow's public client, entry by entry: right for any store, and slow."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnexp.tracking import artifacts, models
from nnexp.tracking.data import CONTEXT
from nnexp.tracking.entries import Entry
from nnexp.tracking.writing import RUN_NAME, Shown

METRICS, PARAMS = 1000, 100
"""The most that MLflow takes in a request."""


class Client:
    """A writer by MLflow's client."""

    def __init__(self, client: Any, uri: str, experiment: str) -> None:
        self._client, self._uri, self._experiment = client, uri, experiment

    def shown(self, sweeps: Sequence[str]) -> dict[str, list[Shown]]:
        """The entries of these sweeps that the store has, by key."""
        found: dict[str, list[Shown]] = {}
        for sweep in sweeps:  # one after the other, since MLflow's filters have no OR, and no IN for tags
            for run in searched(self._client, [self._experiment], f"tags.sweep = '{sweep}'"):
                shown = Shown(run.info.run_id, run.info.status, run.data.tags)
                found.setdefault(run.data.tags.get("key", ""), []).append(shown)
        return found

    def write(self, entries: Sequence[Entry], above: Mapping[str, str]) -> dict[str, str]:
        """Write entries and finish them; gives their MLflow runs by key."""
        written = dict(above)
        for entry in entries:
            written[entry.key] = self._write(entry, written[str(entry.parent)])
        return {entry.key: written[entry.key] for entry in entries}

    def _write(self, entry: Entry, parent: str) -> str:
        run_id = create(self._client, self._experiment, entry, parent)
        log_parameters(self._client, run_id, entry)
        log_metrics(self._client, run_id, entry)
        if entry.net is not None:
            self._keep(entry, run_id)
        if entry.drawing is None:
            self._client.set_tag(run_id, "content", entry.content)
        self._client.set_terminated(run_id, end_time=entry.end)
        return run_id

    def _keep(self, entry: Entry, run_id: str) -> None:
        """Keep the entry's net as a model of its run."""
        from mlflow.entities import LoggedModelOutput

        assert entry.net is not None
        model = self._client.create_logged_model(self._experiment, models.NAME, run_id, params=dict(entry.params))
        artifacts.put(
            model.artifact_location, models.files(entry.net, run_id, model.model_id, at(entry.start)), self._uri
        )
        self._client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
        self._client.finalize_logged_model(model.model_id, "READY")

    def place(self, run_id: str) -> str:
        """The address of an entry's artifacts."""
        return str(self._client.get_run(run_id).info.artifact_uri)

    def tag(self, changed: Mapping[str, Mapping[str, str | None]]) -> None:
        """Set tags of entries, by their MLflow runs, or delete those that are None; the tag of its name renames an entry."""
        from mlflow.entities import RunTag

        for run_id, tags in changed.items():
            new = {key: value for key, value in tags.items() if value is not None and key != RUN_NAME}
            self._client.log_batch(run_id, tags=[RunTag(key, value) for key, value in new.items()])
            for key in tags.keys() - new.keys() - {RUN_NAME}:
                self._client.delete_tag(run_id, key)
            if tags.get(RUN_NAME):
                self._client.update_run(run_id, name=tags[RUN_NAME])

    def remove(self, run_ids: Sequence[str]) -> None:
        """Delete entries and the models that they keep, as a user would."""
        for run_id in run_ids:
            outputs = self._client.get_run(run_id).outputs
            self._client.delete_run(run_id)
            for model in outputs.model_outputs if outputs else ():
                self._client.delete_logged_model(model.model_id)

    def close(self) -> None:
        """Nothing is left to do."""


def create(client: Any, experiment: str, entry: Entry, parent: str | None) -> str:
    """Begin an entry's MLflow run."""
    tags = {**entry.tags, **({"mlflow.parentRunId": parent} if parent else {})}
    return str(client.create_run(experiment, entry.start, tags, run_name=entry.name[:250]).info.run_id)


def log_parameters(client: Any, run_id: str, entry: Entry) -> None:
    """Log an entry's parameters and its data set."""
    from mlflow.entities import Dataset, DatasetInput, InputTag, Param

    params = [Param(key, value) for key, value in entry.params.items()]
    for start in range(0, len(params), PARAMS):
        client.log_batch(run_id, params=params[start : start + PARAMS])
    if entry.data is not None:
        d = entry.data
        data = Dataset(d.name, d.digest, d.source_type, d.source, d.schema, d.profile)
        inputs = [DatasetInput(data, [InputTag("mlflow.data.context", CONTEXT)])]
        try:
            client.log_inputs(run_id, inputs)
        except Exception:  # another process kept the same data set just now; it is found the second time
            client.log_inputs(run_id, inputs)


def log_metrics(client: Any, run_id: str, entry: Entry, known: Mapping[str, float] | None = None) -> None:
    """Log an entry's curves and numbers, but those that end at the value that is known already."""
    from mlflow.entities import Metric

    points = [
        Metric(curve.name, value, entry.start, step)
        for curve in entry.curves
        if (known or {}).get(curve.name) != curve.values[-1]
        for value, step in zip(curve.values, curve.steps, strict=True)
    ]
    for start in range(0, len(points), METRICS):
        client.log_batch(run_id, metrics=points[start : start + METRICS])


def searched(client: Any, experiments: Sequence[str], where: str) -> Iterator[Any]:
    """Every run of these experiments for which this holds, page by page."""
    token = None
    while True:
        page = client.search_runs(list(experiments), where, max_results=1000, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def at(ms: int) -> str:
    """A time in ms since 1970 as MLflow writes it into models."""
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
