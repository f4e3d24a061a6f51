"""Bring MLflow up to date with the records of one sweep.

Every entry carries a key and a digest of what it shows. An entry that is finished and shows the same is left alone; one that
was interrupted, or shows less than is on record by now, is replaced. So a sweep that was killed anywhere is whole after
the next start, and nothing is logged twice.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nnexp.configuration import Configuration, digest
from nnexp.figures.pixels import images
from nnexp.frames import frame, recall
from nnexp.optima import seeds
from nnexp.records import Records, SweepRecord
from nnexp.tracking import metrics, page, points, store

VERSION = 2
"""Of what is logged; a new one replaces what older ones logged."""

BOUNDARY = "decision boundary - best - median - worst seed"


@dataclass(frozen=True)
class Entry:
    """What one MLflow run is to show: `fill` logs it, given its id."""

    key: str
    content: str
    name: str
    level: str
    shown: dict[str, Any]
    tags: dict[str, str]
    seconds: float
    fill: Callable[[str], None]


def sync(
    records: Records, record: SweepRecord, uri: str | None, exemplary: int, told: Callable[[int, int], None]
) -> bool:
    """Log what is missing of a sweep; says whether there was anything to do. `told` hears (entries done, of all).

    Args:
        records: where the runs are.
        record: the sweep.
        uri: the MLflow tracking URI, or None for the store beside the records.
        exemplary: how many seeds of a configuration get an entry of their own, 0 to 3.
        told: is told how it gets on.
    """
    uri = uri or store.default_uri(records.root)
    runs = frame(records, record.runs, curves=False)
    content = digest([VERSION, exemplary, _shown(runs)])
    if store.is_shown(uri, record.id, content):
        return False
    with records.alone("tracking", lambda: None):
        if store.is_shown(uri, record.id, content):
            return False
        client = store.open_store(uri)
        experiment = store.experiment(client, record.name, records.root)
        writing = _Writer(client, points.writer(client, uri), experiment, record)
        writing.bring(frame(records, record.runs), exemplary, content, told)
    return True


def _shown(runs: pd.DataFrame) -> list[list[str]]:
    """What the runs are known by, and their verdicts."""
    return sorted(runs[["run", "endpoint"]].fillna("").to_numpy().tolist())


class _Writer:
    """Writes one sweep's entries into one experiment."""

    def __init__(self, client: Any, write_points: points.Write, experiment: str, record: SweepRecord) -> None:
        self._client, self._write_points, self._experiment, self._record = client, write_points, experiment, record
        self._at = int(datetime.datetime.fromisoformat(record.created).timestamp() * 1000)
        self._parent = ""

    def bring(self, runs: pd.DataFrame, exemplary: int, content: str, told: Callable[[int, int], None]) -> None:
        """Bring every entry up to date, the sweep's own last, so that a finished sweep is a whole one."""
        found = self._found()
        self._parent = found.pop("sweep")[0] if "sweep" in found else self._create("sweep", self._record.name, "sweep")
        self._client.update_run(self._parent, status="RUNNING")
        entries = list(self._entries(runs, exemplary))
        for done, entry in enumerate(entries, start=1):
            run_id, status, shown = found.pop(entry.key, ("", "", ""))
            if (status, shown) != ("FINISHED", entry.content):
                if run_id:
                    self._client.delete_run(run_id)
                self._write(entry)
            told(done, len(entries))
        for run_id, _, _ in found.values():
            self._client.delete_run(run_id)
        self._fill_sweep(runs)
        self._client.set_tag(self._parent, "content", content)
        self._client.set_terminated(self._parent, end_time=self._at + int(1000 * runs["seconds"].sum()))

    def _found(self) -> dict[str, tuple[str, str, str]]:
        """Entries of this sweep by key: run id, status, digest."""
        found, token = {}, None
        while True:
            page_of = self._client.search_runs(
                [self._experiment], f"tags.sweep = '{self._record.id}'", max_results=1000, page_token=token
            )
            for run in page_of:
                tags = run.data.tags
                found[tags["key"]] = (run.info.run_id, run.info.status, tags.get("content", ""))
            token = page_of.token
            if not token:
                return found

    def _entries(self, runs: pd.DataFrame, exemplary: int) -> Iterator[Entry]:
        keys = seeds.varying(runs)
        for configuration, group in runs.groupby("configuration", sort=False):
            chosen = seeds.representatives(group)
            made = recall(group.iloc[0]).configuration
            name = seeds.label(group.iloc[0], keys) or self._record.name
            content = digest([VERSION, name, _shown(group)])
            yield self._of_configuration(str(configuration), content, name, group, made, chosen)
            shown: dict[str, str] = {}
            for role, run in list(chosen.items())[:exemplary]:
                shown.setdefault(run["run"], role)
            for run_id, role in shown.items():
                run = group[group["run"] == run_id].iloc[0]
                yield self._of_run(str(configuration), f"seed {run['seed']} ({role}): {name}", role, run, made)

    def _of_configuration(
        self, key: str, content: str, name: str, group: pd.DataFrame, made: Configuration, chosen: dict[str, pd.Series]
    ) -> Entry:
        def fill(run_id: str) -> None:
            self._write_points(run_id, list(metrics.of_configuration(group)), self._at)
            for step, image in boundaries(made, chosen):
                self._client.log_image(run_id, image, key=BOUNDARY, step=step, timestamp=self._at)

        seconds = float(group["seconds"].sum())
        shown = made.shown() | {"passes": group["passes"].iloc[0]}
        return Entry(key, content, name, "configuration", shown, {"configuration": key}, seconds, fill)

    def _of_run(self, configuration: str, name: str, role: str, run: pd.Series, made: Configuration) -> Entry:
        def fill(run_id: str) -> None:
            self._write_points(run_id, list(metrics.of_run(run)), self._at)

        shown = made.shown() | {"passes": run["passes"], "seed": run["seed"]}
        tags = {"configuration": configuration, "role": role, "status": run["status"], "reason": run["reason"]}
        if pd.notna(run["endpoint"]):
            tags["endpoint"] = run["endpoint"]
        content = digest([VERSION, name, run["run"], tags])
        return Entry(run["run"], content, name, "run", shown, tags, float(run["seconds"]), fill)

    def _create(self, key: str, name: str, level: str) -> str:
        tags = {"key": key, "level": level, "sweep": self._record.id, "mlflow.source.name": "nnexp"}
        if self._parent:
            tags["mlflow.parentRunId"] = self._parent
        return self._client.create_run(self._experiment, self._at, tags, run_name=name[:250]).info.run_id

    def _write(self, entry: Entry) -> None:
        from mlflow.entities import Param, RunTag

        run_id = self._create(entry.key, entry.name, entry.level)
        params = [Param(key, str(value)) for key, value in entry.shown.items() if value is not None]
        tags = [RunTag(key, value) for key, value in {**entry.tags, "content": entry.content}.items()]
        self._client.log_batch(run_id, params=params, tags=tags)
        entry.fill(run_id)
        self._client.set_terminated(run_id, end_time=self._at + int(1000 * entry.seconds))

    def _fill_sweep(self, runs: pd.DataFrame) -> None:
        if self._client.get_run(self._parent).data.metrics.get("sweep/runs") != len(runs):
            self._write_points(self._parent, list(metrics.of_sweep(runs)), self._at)
        self._client.set_tag(self._parent, "mlflow.note.content", page.note(self._record, runs))
        for name, text in page.texts(self._record, runs).items():
            self._client.log_text(self._parent, text, name)
        for name, figure in page.figures(runs).items():
            self._client.log_figure(self._parent, figure, name)


def boundaries(made: Configuration, chosen: dict[str, pd.Series]) -> Iterator[tuple[int, np.ndarray]]:
    """(step, image) at each snapshot: the representatives side by side, best first, uint8 (height, width, 3)."""
    rows = list(chosen.values())
    if not rows or not len(rows[0]["snapshot_steps"]):
        return
    steps = rows[0]["snapshot_steps"]
    thetas = np.concatenate([np.reshape(row["snapshots"], (len(steps), -1)) for row in rows])
    panels = images(made, thetas)
    panels = panels.reshape(len(rows), len(steps), *panels.shape[1:])
    gap = np.full((panels.shape[2], 4, 3), 255, np.uint8)
    for place, step in enumerate(steps):
        parts = [part for row in panels for part in (row[place], gap)]
        yield int(step), np.concatenate(parts[:-1], axis=1)
