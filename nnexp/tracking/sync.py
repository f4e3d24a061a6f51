"""Bring MLflow up to date with the records of a sweep.

Every entry carries a key and a digest of what it shows. An entry that is finished and shows the same is left alone, its tags
brought up to date; one that was interrupted, or shows less than is on record by now, is replaced. So a sweep that was
killed anywhere is whole after the next start, and nothing is logged twice. What another sweep of these records left
unfinished is finished on the way.
"""

from __future__ import annotations

from typing import Any

from nnexp.config import Tracking, recorded
from nnexp.errors import UserError
from nnexp.frames import frame
from nnexp.records import Records, SweepRecord
from nnexp.tracking import client, models, shown, store
from nnexp.tracking.bringing import Bringing, Each, Said, Told, beside, digest_of
from nnexp.tracking.moved import is_moved, source
from nnexp.tracking.place import uri_of
from nnexp.tracking.replaced import replaced, replacing


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
    record, tracking = replacing(records, record, tracking)
    uri = uri_of(tracking, records.root)
    whole, ours, was_moved = digest_of(records, record, tracking), source(records.root), is_moved(uri)
    if shown.is_whole(uri, record.id, whole) and not shown.unfinished(uri, ours) and not was_moved:
        return False
    with beside(uri, records).alone("tracking", lambda: None):
        opened = store.open_store(uri)
        for other in _unfinished(opened, ours):
            if other not in (record.id, *replaced(records, record, tracking)):
                _finish_other(records, other, opened, uri, tracking, each)
        bringing = Bringing(records, record, opened, tracking, each)
        if bringing.is_whole(whole):
            return was_moved
        if bringing.slow:
            said(bringing.slow)
        bringing.begin(frame(records, record.runs))
        told(1, bringing.entries.count)
        bringing.show(bringing.entries.every(), told)
        bringing.finish(whole, said)
    return True


def prepare(records: Records, tracking: Tracking) -> None:
    """Make the store where there is none yet, once, whoever starts at the same time."""
    uri = uri_of(tracking, records.root)
    with beside(uri, records).alone("tracking", lambda: None):
        store.open_store(uri)
    models.warm()


def _unfinished(opened: Any, ours: str) -> list[str]:
    """The sweeps of these records of which the store has entries that were begun and not finished."""
    every = [experiment.experiment_id for experiment in opened.search_experiments(max_results=1000)]
    where = f"attributes.status = 'RUNNING' and tags.records = '{ours}'"
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
    record, own = replacing(records, record, own)
    other = Bringing(records, record, opened, own, each)
    other.begin(frame(records, record.runs))
    other.show(other.entries.every(), lambda done, of: None)
    other.finish(digest_of(records, record, own), lambda line: None)
