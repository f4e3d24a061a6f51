"""The stage that shows sweeps on record in MLflow: the one that was just run, one by name, or all that are tracked.

MLflow, its database or its server may be anything but well; what is wrong with them is said in one line, and records are whole
before they are shown.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from nnexp import backends, garbage
from nnexp.config import Sweep, recorded
from nnexp.errors import UserError
from nnexp.examples import one_look
from nnexp.files import Aside
from nnexp.judging import Settled
from nnexp.records import Records, SweepRecord

if TYPE_CHECKING:
    from nnexp.tracking.alongside import Alongside
    from nnexp.tracking.place import Place


class Watcher(Protocol):
    """Who is told how it gets on."""

    def tracked(self, done: int, of: int) -> None:
        """So many of a sweep's entries are up to date in MLflow."""

    def tracked_slowly(self, why: str) -> None:
        """The tracker is written through MLflow's client, for this reason."""

    def set_aside(self, files: Sequence[Aside]) -> None:
        """These files could not be trusted and were set aside."""


class _Nobody:
    """Nobody is told."""

    def tracked(self, done: int, of: int) -> None:
        """Says nothing."""

    def tracked_slowly(self, why: str) -> None:
        """Says nothing."""

    def set_aside(self, files: Sequence[Aside]) -> None:
        """Says nothing."""


class Stage:
    """Shows the sweep that is being run: what can be while it is judged, all of it at the end.

    Args:
        store: where the records are.
        sweep: what was asked for; its tracking says where and how much is shown.
        watcher: who is told how it gets on.
    """

    def __init__(self, store: Records, sweep: Sweep, watcher: Watcher) -> None:
        self._store, self._sweep, self._watcher = store, sweep, watcher
        self._ready = threading.Thread(target=self._prepare, daemon=True)
        self._alongside: Alongside | None = None

    def prepare(self) -> None:
        """Have MLflow imported and its store made while others train; what goes wrong is said when the sweep is shown."""
        if self._ready.ident is None:
            importlib.import_module(
                "nnexp.tracking.store"
            )  # here, since filters of warnings are not safe to set in a thread
            self._ready.start()

    def _prepare(self) -> None:
        with garbage.search_put_off(), contextlib.suppress(Exception):
            from nnexp.tracking import alongside, sync  # noqa: F401  both are imported here, where nobody waits for it

            sync.prepare(self._store, self._sweep.tracking)

    def judged(self, record: SweepRecord) -> Settled:
        """What is to be told of the verdicts of a sweep, all of whose runs are on record."""

        def settled(runs: Collection[str], found: pa.Table | None) -> None:
            waiting.append((runs, found))
            self.prepare()
            if not self._ready.is_alive():
                from nnexp.tracking.alongside import Alongside

                self._alongside = self._alongside or Alongside(self._store, record, self._sweep.tracking)
                while waiting:
                    self._alongside.settled(*waiting.pop(0))

        waiting: list[tuple[Collection[str], pa.Table | None]] = []
        return settled

    def bring(self, record: SweepRecord) -> Place:
        """Bring MLflow up to date with the sweep; gives where it is tracked.

        Raises:
            UserError: if it cannot be written.
        """
        from nnexp.tracking.place import place_of

        shown = self._alongside is not None and self._alongside.finish(
            self._watcher.tracked, self._watcher.tracked_slowly
        )
        if not shown:
            bring(self._store, record, self._sweep, self._watcher)
        return place_of(self._sweep.tracking, self._store.root, record.name)


def show(name: str | None, runs_dir: str | Path | None, watcher: Watcher | None = None) -> dict[str, bool]:
    """Bring MLflow up to date with a recorded sweep, or with all that are tracked; whether anything was to do, by sweep.

    Raises:
        UserError: if there is no such sweep, or MLflow cannot be written.
    """
    store = Records(runs_dir)
    every = [store.sweep(name)] if name is not None else store.every_sweep()
    tracked = [record for record in every if name is not None or recorded(record.config[-1]).tracking.store == "mlflow"]
    watcher = watcher or _Nobody()
    done = {
        f"{record.name} ({record.id})": bring(store, record, recorded(record.config[-1]), watcher) for record in tracked
    }
    watcher.set_aside(store.set_aside)
    return done


@one_look()
def bring(store: Records, record: SweepRecord, sweep: Sweep, watcher: Watcher) -> bool:
    """Bring MLflow up to date with a sweep; says whether there was anything to do.

    Raises:
        UserError: if it cannot be written.
    """
    from nnexp.tracking import place
    from nnexp.tracking import store as opened
    from nnexp.tracking.sync import sync

    each = functools.partial(backends.each, backend=backends.here(sweep.backend))
    try:
        return sync(store, record, sweep.tracking, each=each, told=watcher.tracked, said=watcher.tracked_slowly)
    except UserError:
        raise
    except Exception as error:  # of MLflow, its database, its server, the disk: whatever it is
        damaged = opened.at_fault(place.uri_of(sweep.tracking, store.root), error)
        cause = getattr(error, "orig", None) or error  # without the statement, where a database refuses one
        why = f"{type(cause).__name__}: {' '.join(place.without_password(str(cause)).split())[:300]}"
        raise UserError(damaged or f"MLflow cannot be written ({why})") from error
