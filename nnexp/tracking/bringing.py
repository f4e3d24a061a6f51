"""One sweep's entries, brought up to date in its experiment: begun, configuration by configuration, and finished.

The sweep's own entry is the first to be there and the last to be finished, so that a finished sweep is a whole one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from nnexp import garbage
from nnexp.config import Tracking
from nnexp.configuration import digest
from nnexp.errors import UserError
from nnexp.judging import judgements
from nnexp.optima import seeds
from nnexp.records import Records, SweepRecord
from nnexp.tracking import artifacts, boundaries, client, page, store, views
from nnexp.tracking.entries import VERSION, Entries, Entry, origin_tags
from nnexp.tracking.moved import source
from nnexp.tracking.place import place_of
from nnexp.tracking.replaced import replaced
from nnexp.tracking.writers import open_writer
from nnexp.tracking.writing import AT_ONCE, RUN_NAME, Shown, Writer

Told = Callable[[int, int], None]
Said = Callable[[str], None]
Each = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[tuple[int, Any, float]]]
"""Does every job, somewhere, and gives (its place, what came of it, seconds) in any order (`nnexp.backends.each`)."""

DRAWN_AT_ONCE = 8
"""Configurations that a worker draws before it answers."""


def beside(uri: str, records: Records) -> Records:
    """The folder whose lock makes those who write one store take turns: an SQLite file's own, else that of the records.

    Raises:
        UserError: if the SQLite file's folder cannot be made.
    """
    if not store.SQLITE.match(uri):
        return records
    folder = store.file_of(uri).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"MLflow cannot be written (no folder {folder}: {error.strerror})"
        raise UserError(f"{why}; give another place as tracking.uri, or as MLFLOW_TRACKING_URI") from None
    return Records(folder)


def report(records: Records, record: SweepRecord) -> bytes:
    """The sweep's report, as `make report` left it; nothing where it is of another sweep of that name."""
    file = records.root / "analysis" / record.name / "report.html"
    content = file.read_bytes() if file.is_file() else b""
    return content if record.id.encode() in content else b""


def digest_of(records: Records, record: SweepRecord, tracking: Tracking, runs: pd.DataFrame | None = None) -> str:
    """The digest of all that a sweep is to show: its runs, their verdicts, its report, what it replaces.

    Args:
        records: where the runs are.
        record: the sweep.
        tracking: how much is shown.
        runs: its runs as a frame, where they were read already.
    """
    found, ends = report(records, record), seeds.endpoints(_ends(records, record) if runs is None else runs)
    experiment = place_of(tracking, records.root, record.name).experiment
    further = [*([experiment] if experiment != record.name else []), *replaced(records, record, tracking)]
    return digest([VERSION, tracking.runs, ends, digest(found.decode()) if found else "", *further])


def _ends(records: Records, record: SweepRecord) -> pd.DataFrame:
    """The runs of a sweep on record, their status and their endpoints."""
    runs = records.read(set(record.runs), ["run", "status"]).to_pandas()
    judged = judgements(records.root).read(set(record.runs), ["run", "endpoint"]).to_pandas()
    return runs.merge(judged, how="left", on="run")


class Bringing:
    """Brings one sweep's entries up to date.

    Args:
        records: where the runs are.
        record: the sweep.
        opened: MLflow's client on the store.
        tracking: where and how much is shown, and how it is written.
        each: does the drawing.
        at_once: entries that are written together; AT_ONCE unless given.
    """

    def __init__(
        self,
        records: Records,
        record: SweepRecord,
        opened: Any,
        tracking: Tracking,
        each: Each,
        at_once: int | None = None,
    ) -> None:
        self._records, self._record, self._client, self._each = records, record, opened, each
        self._at_once = at_once or AT_ONCE
        self._origin = set(origin_tags())
        self._each_run = tracking.runs
        here = place_of(tracking, records.root, record.name)
        self._uri = here.uri
        self._experiment = store.experiment(opened, here.uri, here.experiment, records.root)
        self._writer: Writer
        self._writer, self.slow = open_writer(opened, here.uri, self._experiment, tracking.writer)
        self._replaced = replaced(records, record, tracking)
        self._found = self._writer.shown([record.id, *self._replaced])

    def is_whole(self, whole: str) -> bool:
        """Whether the sweep is shown with this digest of all its entries."""
        own = self._found.get("sweep", [])
        return any(each.status == "FINISHED" and each.tags.get("whole") == whole for each in own)

    @garbage.search_put_off()
    def begin(self, runs: pd.DataFrame) -> None:
        """Have the sweep's own entry there, with its figures, for its runs as a frame with curves."""
        self.entries = self._entries(runs)
        self._pending: list[Entry] = []
        self._there: list[tuple[Shown, str, Mapping[str, str]]] = []
        self._done = 1
        self._sweep = self.entries.of_sweep()
        self._ids = {"sweep": self._begin(self._sweep)}
        self._place = self._client.get_run(self._ids["sweep"]).info.artifact_uri
        if self._is_new(self._sweep):
            artifacts.put(self._place, page.figures(runs, self._sweep.start), self._uri)

    def show(self, groups: Iterable[tuple[str, pd.DataFrame]], told: Told) -> None:
        """Write what is not there of configurations and their runs, by id and as frames; hundreds of entries at a time."""
        with contextlib.nullcontext() if self.slow else garbage.search_put_off():  # MLflow's client makes garbage
            for entry in self.entries.below(groups):
                self._done += 1
                kept = self._kept(entry)
                if kept is None:
                    self._pending.append(entry)
                else:
                    self._ids[entry.key] = kept.run_id
                    self._there.append((kept, str(entry.parent), {**entry.tags, RUN_NAME: entry.name[:250]}))
                if len(self._pending) >= self._at_once or self._done == self.entries.count:
                    self._write()
                    told(self._done, self.entries.count)

    def finish(self, whole: str, said: Said, runs: pd.DataFrame | None = None) -> None:
        """Finish the sweep's own entry, all others being there.

        Args:
            whole: the digest of all entries.
            said: is told, in a line, what could not be kept.
            runs: its runs as a frame, where more is known of them than when it was begun.
        """
        changed = {kept.run_id: self._changed(kept, parent, tags) for kept, parent, tags in self._there}
        self._writer.tag({run_id: tags for run_id, tags in changed.items() if tags})
        self._writer.remove([each.run_id for those in self._found.values() for each in those])
        if self.slow:
            self._settle()
        if runs is None:
            runs, sweep = self.entries.runs, self._sweep
        else:
            sweep = self._entries(runs).of_sweep()
        self._finish(sweep, runs, whole)
        try:
            views.keep(self._client, self._experiment, self._record, runs, sweep)
            views.forget(self._client, self._experiment, self._replaced)
        except Exception as error:  # a dashboard less, and nothing else
            said(f"its dashboards could not be kept ({type(error).__name__}: {error})")
        self._writer.close()

    def _settle(self) -> None:
        """Take out what a server made twice, since its first answer got lost and it was asked again."""
        kept, there = set(self._ids.values()), self._writer.shown([self._record.id])
        self._writer.remove([each.run_id for those in there.values() for each in those if each.run_id not in kept])

    def _entries(self, runs: pd.DataFrame) -> Entries:
        return Entries(self._record, runs, self._each_run, {"records": source(self._records.root)})

    def _is_new(self, sweep: Entry) -> bool:
        """Whether the files and numbers of the sweep's own entry are others than those that are there."""
        return self._before.get("files") != sweep.tags["files"]

    def _begin(self, sweep: Entry) -> str:
        """The MLflow run of the sweep itself: the one that is there, or a new one."""
        own = self._found.pop("sweep", [])
        shows = {"content": sweep.content, "sweep": self._record.id}
        kept = next((each for each in own if shows.items() <= each.tags.items()), None)
        self._writer.remove([each.run_id for each in own if each is not kept])
        self._before = kept.tags if kept is not None else {}
        if kept is not None:
            self._client.update_run(kept.run_id, status="RUNNING")
            return kept.run_id
        first = replace(sweep, tags={key: value for key, value in sweep.tags.items() if key != "files"})
        run_id = client.create(self._client, self._experiment, first, None)
        client.log_parameters(self._client, run_id, sweep)
        self._client.set_tag(run_id, "content", sweep.content)
        return run_id

    def _kept(self, entry: Entry) -> Shown | None:
        """The entry that is there and shows the same; all others of its key are taken out."""
        there = self._found.pop(entry.key, None)
        if there is None:
            return None
        kept = next((each for each in there if each.is_whole(entry.content)), None)
        self._writer.remove([each.run_id for each in there if each is not kept])
        return kept

    def _changed(self, kept: Shown, parent: str, tags: Mapping[str, str]) -> dict[str, str | None]:
        """The tags of an entry that are to be set, and its name; not those that say what made it, which was made then."""
        wanted = {"role": None, **tags, "mlflow.parentRunId": self._ids[parent]}
        return {key: value for key, value in wanted.items() if key not in self._origin and kept.tags.get(key) != value}

    def _write(self) -> None:
        """Write what is pending, while workers draw what is to be drawn for it; that is whole when its drawings are kept."""
        pending, self._pending = self._pending, []
        drawn = [entry for entry in pending if entry.drawing is not None]
        chunks = [drawn[start : start + DRAWN_AT_ONCE] for start in range(0, len(drawn), DRAWN_AT_ONCE)]
        pictures = self._each(boundaries.draw, [[entry.drawing for entry in chunk] for chunk in chunks])
        self._ids |= self._writer.write(pending, self._ids)
        for place, files, _ in pictures if chunks else ():
            for entry, of_it in zip(chunks[place], files, strict=True):
                artifacts.put(self._writer.place(self._ids[entry.key]), of_it, self._uri)
        self._writer.tag({self._ids[entry.key]: {"content": entry.content} for entry in drawn})

    def _finish(self, sweep: Entry, runs: pd.DataFrame, whole: str) -> None:
        """Log what the sweep came to, its tables and its report, and finish it."""
        run_id, found = self._ids["sweep"], report(self._records, self._record)
        if self._is_new(sweep):
            logged = self._client.get_run(run_id).data.metrics  # a killed start may have
            client.log_metrics(self._client, run_id, sweep, logged)
            artifacts.put(self._place, page.files(self._record, runs), self._uri)
        if found:
            artifacts.put(self._place, [("report.html", found)], self._uri)
        self._writer.tag({run_id: {**sweep.tags, "whole": whole}})
        self._client.set_terminated(run_id, end_time=sweep.end)
