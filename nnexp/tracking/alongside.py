"""A sweep's configurations shown while others are still judged, each as soon as the last of its endpoints is.

Judging leaves the process that asked for it idle, which is when rows are written and pictures drawn here, some hundred entries
at a time. It is done only where the store is this process's own to write; whatever else there is, and whatever goes
wrong, is left to `sync`, which comes at the end and shows what is missing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from nnexp.config import Tracking
from nnexp.frames import frame
from nnexp.judging import COUNTS, SCHEMA
from nnexp.records import Records, SweepRecord
from nnexp.tracking import store
from nnexp.tracking.bringing import Bringing, Said, Told, beside, digest_of
from nnexp.tracking.place import uri_of
from nnexp.tracking.replaced import replacing

AT_ONCE = 256
"""Entries that are written together: judgements wait for a quarter of a second meanwhile."""

UNUSED = ("explained", "polished_theta")
VERDICTS = tuple(name for name in SCHEMA.names if name not in ("run", *UNUSED))
"""The columns of judgements that entries and tables are made of."""

NUMBERS = {pa.float64(): np.float64, pa.int64(): np.float64}
"""How columns of numbers are held while some are not known yet; all others as objects."""


class _BusyError(Exception):
    """Another process is writing to MLflow."""


def _here(do: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[tuple[int, Any, float]]:
    """Do every job in this process; the workers are judging."""
    return ((place, do(job), 0.0) for place, job in enumerate(jobs))


class Alongside:
    """Shows one sweep while it is judged.

    Args:
        records: where the runs are; all that can be is trained.
        record: the sweep.
        tracking: where and how much is shown.
    """

    def __init__(self, records: Records, record: SweepRecord, tracking: Tracking) -> None:
        self._records, self._record, self._tracking = records, record, tracking
        self._before: set[str] = set()
        self._bringing: Bringing | None = None
        self._given_up = False
        self._held = contextlib.ExitStack()

    def settled(self, runs: Collection[str], found: pa.Table | None) -> None:
        """Take note that the verdicts of these runs are settled, and show the configurations of which all are."""
        if self._given_up:
            return
        try:
            if self._bringing is None:
                self._before.update(runs)
                self._begin()
            else:
                self._note(runs, found)
            self._show()
        except Exception:  # whatever it is, sync meets it again and says it
            self.give_up()

    def finish(self, told: Told, said: Said) -> bool:
        """Show what is left of the sweep and finish it; says whether that was done, and not left to `sync`."""
        if self._bringing is None:
            return False
        try:
            self._open[:] = False
            self._show(told)
            if not self._records.ids().intersection(self._record.runs) <= self._row.keys():
                return False  # another job of the sweep has added to it
            runs = self._judged()
            self._bringing.finish(digest_of(self._records, self._record, self._tracking, runs), said, runs)
        except Exception:
            return False
        finally:
            self.give_up()
        return True

    def give_up(self) -> None:
        """Leave the store to others."""
        self._given_up, self._bringing = True, None
        self._held.close()

    def _begin(self) -> None:
        """Begin the sweep's entry, where nobody else is writing."""

        def busy() -> None:
            raise _BusyError

        if replacing(self._records, self._record, self._tracking)[0] is not self._record:
            self.give_up()  # it is shown by a larger sweep of its name
            return
        uri = uri_of(self._tracking, self._records.root)
        self._held.enter_context(beside(uri, self._records).alone("tracking", busy))
        opened = store.open_store(uri)
        bringing = Bringing(self._records, self._record, opened, self._tracking, _here, AT_ONCE)
        if bringing.slow:
            self.give_up()
            return
        self._runs = frame(self._records, self._record.runs)
        self._row = {run: row for row, run in enumerate(self._runs["run"])}
        self._known = {
            name: np.array(self._runs[name], NUMBERS.get(SCHEMA.field(name).type, object)) for name in VERDICTS
        }
        self._new: list[pa.Table] = []
        self._open = np.array([run not in self._before for run in self._row])
        groups = self._runs.groupby("configuration", sort=False).indices
        self._left = {str(key): np.asarray(rows) for key, rows in groups.items()}
        bringing.begin(self._runs)
        self._bringing = bringing

    def _note(self, runs: Collection[str], found: pa.Table | None) -> None:
        """Keep new verdicts until a configuration has all of its own."""
        self._open[[self._row[run] for run in runs]] = False
        if found is not None:
            self._new.append(found)

    def _place(self) -> None:
        """Put new verdicts in their places."""
        found, self._new = pa.concat_tables(self._new), []
        rows = [self._row[run] for run in found["run"].to_pylist()]
        for name, column in self._known.items():
            column[rows] = found[name].to_pandas()

    def _show(self, told: Told = lambda done, of: None) -> None:
        """Write the configurations of which every run's verdict is settled."""
        if self._bringing is not None:
            ready = [key for key, rows in self._left.items() if not self._open[rows].any()]
            if ready and self._new:
                self._place()
            self._bringing.show(((key, self._group(self._left.pop(key))) for key in ready), told)

    def _judged(self) -> pd.DataFrame:
        """Every run with its verdict, as they would be read from the records."""
        known = pd.DataFrame(self._known).infer_objects()
        counts = [name for name in COUNTS if known[name].notna().all()]
        return self._runs.drop(columns=list(UNUSED)).assign(**known.astype(dict.fromkeys(counts, np.int64)))

    def _group(self, rows: np.ndarray) -> pd.DataFrame:
        """The runs of a configuration with their verdicts."""
        return self._runs.iloc[rows].assign(**{name: column[rows] for name, column in self._known.items()})
