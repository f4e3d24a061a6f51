"""Bring MLflow up to date with the records of a sweep.

Every entry carries a key and a digest of what it shows. An entry that is finished and shows the same is left alone, its tags
brought up to date; one that was interrupted, or shows less than is on record by now, is replaced. So a sweep that was
killed anywhere is whole after the next start, and nothing is logged twice. What another sweep of these records left
unfinished is finished on the way.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from nnexp.config import Tracking, recorded
from nnexp.configuration import digest
from nnexp.errors import UserError
from nnexp.frames import frame
from nnexp.judging import judgements
from nnexp.records import Records, SweepRecord
from nnexp.tracking import artifacts, boundaries, client, models, page, shown, store, views
from nnexp.tracking.entries import VERSION, Entries, Entry, origin_tags
from nnexp.tracking.writers import open_writer
from nnexp.tracking.writing import AT_ONCE, Shown, Writer

Told = Callable[[int, int], None]
Said = Callable[[str], None]
Each = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[tuple[int, Any, float]]]
"""Does every job, somewhere, and gives (its place, what came of it, seconds) in any order (`nnexp.backends.each`)."""

DRAWN_AT_ONCE = 8
"""Configurations that a worker draws before it answers."""


def sync(
    records: Records,
    record: SweepRecord,
    tracking: Tracking,
    *,
    each: Each,
    told: Told = lambda done, of: None,
    said: Said = lambda line: None,
) -> bool:
    """Log what is missing of a sweep; says whether there was anything to do.

    Args:
        records: where the runs are.
        record: the sweep.
        tracking: where and how much is shown.
        each: does the drawing.
        told: is told (entries done, of all) as it gets on.
        said: is told, in a line, where the store has to be written the slow way.
    """
    if not set(record.runs) & records.ids():
        return False  # nothing to show yet
    uri = tracking.uri or store.default_uri(records.root)
    whole, source = _whole(records, record, tracking), _source(records)
    if shown.is_whole(uri, record.id, whole) and not shown.unfinished(uri, source):
        return False
    with records.alone("tracking", lambda: None):
        opened = store.open_store(uri)
        for other in _unfinished(opened, source):
            if other != record.id:
                _finish_other(records, other, opened, uri, tracking, each)
        bringing = _Bringing(records, record, opened, uri, tracking, each)
        if bringing.is_whole(whole):
            return False
        if bringing.slow:
            said(bringing.slow)
        bringing.bring(whole, told, said)
    return True


def prepare(records: Records, tracking: Tracking) -> None:
    """Make the store where there is none yet, once, whoever starts at the same time."""
    with records.alone("tracking", lambda: None):
        store.open_store(tracking.uri or store.default_uri(records.root))
    models.warm()


def _whole(records: Records, record: SweepRecord, tracking: Tracking) -> str:
    """The digest of all that a sweep is to show: its runs, their verdicts, its report."""
    runs = sorted(records.read(set(record.runs), ["run"])["run"].to_pylist())
    judged = judgements(records.root).read(set(record.runs), ["run", "endpoint"]).to_pylist()
    ends = sorted((row["run"], row["endpoint"]) for row in judged)
    report = _report(records, record)
    return digest([VERSION, tracking.runs, runs, ends, digest(report.decode()) if report else ""])


def _source(records: Records) -> str:
    """What the folder of these records is known by among the users of a store."""
    return digest([platform.node(), str(records.root.absolute())])


def _report(records: Records, record: SweepRecord) -> bytes:
    """The sweep's report, as `make report` left it; nothing where it is of another sweep of that name."""
    file = records.root / "analysis" / record.name / "report.html"
    content = file.read_bytes() if file.is_file() else b""
    return content if record.id.encode() in content else b""


def _unfinished(opened: Any, source: str) -> list[str]:
    """The sweeps of these records of which the store has entries that were begun and not finished."""
    every = [experiment.experiment_id for experiment in opened.search_experiments(max_results=1000)]
    where = f"attributes.status = 'RUNNING' and tags.records = '{source}'"
    return list(dict.fromkeys(run.data.tags["sweep"] for run in client.searched(opened, every, where)))


def _finish_other(records: Records, sweep: str, opened: Any, uri: str, tracking: Tracking, each: Each) -> None:
    """Finish what was interrupted of another sweep; what is not on record any more is marked as killed."""
    try:
        record = records.sweep(sweep)
    except UserError:
        every = [experiment.experiment_id for experiment in opened.search_experiments(max_results=1000)]
        for run in client.searched(opened, every, f"attributes.status = 'RUNNING' and tags.sweep = '{sweep}'"):
            opened.set_terminated(run.info.run_id, status="KILLED")
        return
    own = recorded(record.config[-1]).tracking.model_copy(update={"uri": uri, "writer": tracking.writer})
    other = _Bringing(records, record, opened, uri, own, each)
    other.bring(_whole(records, record, own), lambda done, of: None, lambda line: None)


class _Bringing:
    """Brings one sweep's entries up to date in its experiment."""

    def __init__(
        self, records: Records, record: SweepRecord, opened: Any, uri: str, tracking: Tracking, each: Each
    ) -> None:
        self._records, self._record, self._client, self._each = records, record, opened, each
        self._uri = uri
        self._origin = set(origin_tags())
        self._each_run = tracking.runs
        self._experiment = store.experiment(opened, uri, record.name, records.root)
        self._writer: Writer
        self._writer, self.slow = open_writer(opened, uri, self._experiment, tracking.writer)
        self._found = self._writer.shown(record.id)

    def is_whole(self, whole: str) -> bool:
        """Whether the sweep is shown with this digest of all its entries."""
        own = self._found.get("sweep", [])
        return any(each.status == "FINISHED" and each.tags.get("whole") == whole for each in own)

    def bring(self, whole: str, told: Told, said: Said) -> None:
        """Bring every entry up to date, the sweep's own last, so that a finished sweep is a whole one."""
        runs = frame(self._records, self._record.runs)
        entries = Entries(self._record, runs, self._each_run, {"records": _source(self._records)})
        sweep = entries.of_sweep()
        self._ids = {"sweep": self._begin(sweep)}
        told(1, entries.count)
        self._below(entries, told)
        self._writer.remove([each.run_id for those in self._found.values() for each in those])
        if self.slow:
            self._settle()
        self._finish(sweep, runs, whole)
        try:
            views.keep(self._client, self._experiment, self._record, runs, sweep)
        except Exception as error:  # a dashboard less, and nothing else
            said(f"its dashboards could not be kept ({type(error).__name__}: {error})")
        self._writer.close()

    def _settle(self) -> None:
        """Take out what a server made twice, since its first answer got lost and it was asked again."""
        kept, there = set(self._ids.values()), self._writer.shown(self._record.id)
        self._writer.remove([each.run_id for those in there.values() for each in those if each.run_id not in kept])

    def _begin(self, sweep: Entry) -> str:
        """The MLflow run of the sweep itself: the one that is there, or a new one."""
        own = self._found.pop("sweep", [])
        kept = next((each for each in own if each.tags.get("content") == sweep.content), None)
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

    def _below(self, entries: Entries, told: Told) -> None:
        """Write the entries of configurations and runs that are not there, hundreds at a time."""
        pending: list[Entry] = []
        there: list[tuple[Shown, str, Mapping[str, str]]] = []
        for done, entry in enumerate(entries.below(), start=2):
            kept = self._kept(entry)
            if kept is None:
                pending.append(entry)
            else:
                self._ids[entry.key] = kept.run_id
                there.append((kept, str(entry.parent), entry.tags))
            if len(pending) >= AT_ONCE or done == entries.count:
                self._write(pending)
                pending = []
                told(done, entries.count)
        changed = {kept.run_id: self._changed(kept, parent, tags) for kept, parent, tags in there}
        self._writer.tag({run_id: tags for run_id, tags in changed.items() if tags})

    def _kept(self, entry: Entry) -> Shown | None:
        """The entry that is there and shows the same; all others of its key are taken out."""
        there = self._found.pop(entry.key, [])
        kept = next((each for each in there if each.is_whole(entry.content)), None)
        self._writer.remove([each.run_id for each in there if each is not kept])
        return kept

    def _changed(self, kept: Shown, parent: str, tags: Mapping[str, str]) -> dict[str, str]:
        """The tags of an entry that are to be set; not those that say what made it, which was made then."""
        wanted = {**tags, "mlflow.parentRunId": self._ids[parent]}
        return {key: value for key, value in wanted.items() if key not in self._origin and kept.tags.get(key) != value}

    def _write(self, pending: Sequence[Entry]) -> None:
        """Write entries, while workers draw what is to be drawn for them; those are whole when their drawings are kept."""
        drawn = [entry for entry in pending if entry.drawing is not None]
        chunks = [drawn[start : start + DRAWN_AT_ONCE] for start in range(0, len(drawn), DRAWN_AT_ONCE)]
        pictures = self._each(boundaries.draw, [[entry.drawing for entry in chunk] for chunk in chunks])
        self._ids |= self._writer.write(pending, self._ids)
        for place, files, _ in pictures if chunks else ():
            for entry, of_it in zip(chunks[place], files, strict=True):
                artifacts.put(self._writer.place(self._ids[entry.key]), of_it, self._uri)
        self._writer.tag({self._ids[entry.key]: {"content": entry.content} for entry in drawn})

    def _finish(self, sweep: Entry, runs: pd.DataFrame, whole: str) -> None:
        """Log what the sweep came to, its files and its report, and finish it."""
        run_id, report = self._ids["sweep"], _report(self._records, self._record)
        uri = self._client.get_run(run_id).info.artifact_uri
        if self._before.get("files") != sweep.tags["files"]:
            client.log_metrics(self._client, run_id, sweep)
            artifacts.put(uri, page.files(self._record, runs, sweep.start), self._uri)
        if report:
            artifacts.put(uri, [("report.html", report)], self._uri)
        self._writer.tag({run_id: {**sweep.tags, "whole": whole}})
        self._client.set_terminated(run_id, end_time=sweep.end)
