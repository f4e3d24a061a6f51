"""The stage that shows sweeps on record in MLflow: the one that was just run, one by name, or all that are tracked.

MLflow, its database or its server may be anything but well; what is wrong with them is said in one line, and records are whole
before they are shown.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import threading
from pathlib import Path
from typing import Protocol

from nnexp import backends
from nnexp.config import Sweep, recorded
from nnexp.errors import UserError
from nnexp.records import Records, SweepRecord


class Watcher(Protocol):
    """Who is told how it gets on."""

    def tracked(self, done: int, of: int) -> None:
        """So many of a sweep's entries are up to date in MLflow."""

    def tracked_slowly(self, why: str) -> None:
        """The tracker is written through MLflow's client, for this reason."""


class _Nobody:
    """Nobody is told."""

    def tracked(self, done: int, of: int) -> None:
        """Says nothing."""

    def tracked_slowly(self, why: str) -> None:
        """Says nothing."""


def prepare(store: Records, sweep: Sweep) -> None:
    """Have MLflow imported and its store made while others train; what goes wrong is said when the sweep is shown."""
    importlib.import_module("nnexp.tracking.store")  # here, since filters of warnings are not safe to set in a thread

    def ready() -> None:
        from nnexp.tracking import sync

        with contextlib.suppress(Exception):
            sync.prepare(store, sweep.tracking)

    threading.Thread(target=ready, daemon=True).start()


def show(name: str | None, runs_dir: str | Path, watcher: Watcher | None = None) -> dict[str, bool]:
    """Bring MLflow up to date with a recorded sweep, or with all that are tracked; whether anything was to do, by sweep.

    Raises:
        UserError: if there is no such sweep, or MLflow cannot be written.
    """
    store = Records(runs_dir)
    every = [store.sweep(name)] if name is not None else store.every_sweep()
    tracked = [record for record in every if name is not None or recorded(record.config[-1]).tracking.store == "mlflow"]
    return {
        f"{record.name} ({record.id})": bring(store, record, recorded(record.config[-1]), watcher or _Nobody())
        for record in tracked
    }


def bring(store: Records, record: SweepRecord, sweep: Sweep, watcher: Watcher) -> bool:
    """Bring MLflow up to date with a sweep; says whether there was anything to do.

    Raises:
        UserError: if it cannot be written.
    """
    from nnexp.tracking.sync import sync

    each = functools.partial(backends.each, backend=sweep.backend)
    try:
        return sync(store, record, sweep.tracking, each=each, told=watcher.tracked, said=watcher.tracked_slowly)
    except UserError:
        raise
    except Exception as error:  # of MLflow, its database, its server, the disk: whatever it is
        cause = getattr(error, "orig", None) or error  # without the statement, where a database refuses one
        why = f"{type(cause).__name__}: {' '.join(str(cause).split())[:300]}"
        raise UserError(f"MLflow cannot be written ({why})") from error
