"""Hands joblib's tasks to a cluster: the joblib backend of Dask and Ray alike.

joblib has a backend of its own for Dask, and Ray brings one. The first takes a cancelled task for a finished one, and waits for
ever where no worker is left; the second gives nothing before all is done. This one needs no more of a cluster than `Cluster`.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from joblib.parallel import ParallelBackendBase, SequentialBackend

from nnexp.backends.parcels import packed
from nnexp.errors import UserError

PATIENCE = 30.0
"""Seconds that a sweep waits for a cluster without a worker."""


class Lost(RuntimeError):
    """A worker is gone, and what it had with it."""


class Cluster(Protocol):
    """A cluster that tasks can be handed to.

    lost: what a task's future raises where its worker, or what it needed, is gone; anything else is the task's own fault.
    """

    lost: tuple[type[BaseException], ...]

    def workers(self) -> int:
        """How many tasks it does at a time."""

    def send(self, parcel: bytes) -> Any:
        """A handle of examples that are on the cluster from now on."""

    def submit(self, content: bytes, keys: list[str], handles: list[Any]) -> Any:
        """Have `parcels.run` done; gives a future, which has `result` and `add_done_callback`."""

    def cancel(self, futures: list[Any]) -> None:
        """Have these done no more."""

    def close(self) -> None:
        """End it where it was started here, else leave it."""


class Handing(ParallelBackendBase):
    """A joblib backend over a cluster.

    Args:
        cluster: where tasks go.
    """

    supports_retrieve_callback = True

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster
        self._handles: dict[str, Any] = {}
        self._under_way: dict[Any, Callable[[Any], None]] = {}
        self._running = False

    def effective_n_jobs(self, n_jobs: int) -> int:
        """As many as the cluster has; never one, since joblib would take that for this process."""
        return max(2, self._cluster.workers())

    def get_nested_backend(self) -> tuple[SequentialBackend, int]:
        """Within a task, nothing is handed on."""
        return SequentialBackend(nesting_level=1), 1

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None]) -> Any:
        """Hand out a task; the samples that it needs go before, unless they are there."""
        content, parcels = packed(func)
        for key, parcel in parcels.items():
            if key not in self._handles:
                self._handles[key] = self._cluster.send(parcel)
        future = self._cluster.submit(content, list(parcels), [self._handles[key] for key in parcels])
        self._under_way[future] = callback
        future.add_done_callback(functools.partial(self._finished))
        return future

    def _finished(self, future: Any) -> None:
        callback = self._under_way.pop(future, None)
        if callback is not None:
            callback(future)

    def retrieve_result_callback(self, out: Any) -> Any:
        """What came of a task, or an exception that says what went wrong."""
        if isinstance(out, Exception):
            raise out
        try:
            return out.result()
        except self._cluster.lost as error:
            raise Lost(str(error)) from error

    def start_call(self) -> None:
        """Look from now on whether there are workers."""
        self._running = True
        threading.Thread(target=self._watch, daemon=True).start()

    def stop_call(self) -> None:
        """Look no more."""
        self._running = False

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Have nothing done any more of what was handed out."""
        futures = list(self._under_way)
        self._under_way.clear()
        with contextlib.suppress(Exception):  # the cluster may be gone by now
            self._cluster.cancel(futures)

    def _watch(self) -> None:
        """End the call where the cluster has been without a worker for long."""
        seen = time.monotonic()
        while self._running:
            time.sleep(min(1.0, PATIENCE / 4.0))
            if self._there():
                seen = time.monotonic()
            elif time.monotonic() - seen > PATIENCE:
                gone = UserError(
                    f"the cluster has had no worker for {PATIENCE:g} seconds; what is done is on record, and the same command "
                    "goes on from there when there are workers again"
                )
                for callback in [self._under_way.pop(future) for future in list(self._under_way)]:
                    callback(gone)

    def _there(self) -> bool:
        try:
            return self._cluster.workers() > 0
        except Exception:  # whatever it is that a cluster says when it is gone
            return False
