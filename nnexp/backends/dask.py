"""A Dask cluster: a running one by its scheduler's address, or one of this machine's cores that is ended after its sweep."""

from __future__ import annotations

import concurrent.futures
import contextlib
import logging
import os
import signal
from asyncio import CancelledError
from typing import Any

import distributed
import joblib
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from nnexp.backends.parcels import run

SOON = 5.0
"""Seconds in which a scheduler has to answer."""


class Dask:
    """A client of a Dask cluster.

    Args:
        scheduler: the address of a running one's scheduler; None starts one here.
        workers: how many processes one that is started here has; None is one a core.
    """

    lost = (KilledWorker, CancelledError, concurrent.futures.CancelledError, CommClosedError)

    def __init__(self, scheduler: str | None, workers: int | None) -> None:
        logging.getLogger("distributed").setLevel(
            logging.CRITICAL
        )  # for good: it tells of workers also once they are closed
        self._own = None if scheduler else _started(workers or joblib.cpu_count())
        self._client = distributed.Client(scheduler or self._own, timeout=SOON, set_as_default=False)

    def workers(self) -> int:
        """How many tasks it does at a time."""
        return sum(self._client.ncores().values())

    def send(self, parcel: bytes) -> Any:
        """A handle of examples that are on the cluster from now on; workers get them from one another, each once."""
        return self._client.scatter(parcel, hash=False)

    def submit(self, content: bytes, keys: list[str], handles: list[Any]) -> Any:
        """Have a packed task done."""
        return self._client.submit(run, content, keys, *handles, pure=False)

    def cancel(self, futures: list[Any]) -> None:
        """Have these done no more, but for those under way."""
        self._client.cancel(futures, force=True)

    def versions(self) -> list[dict[str, str]]:
        """What each worker says of itself; raises where one lacks this package."""
        from nnexp.backends.work import versions

        return list(self._client.run(versions).values())

    def close(self) -> None:
        """Leave the cluster; one that was started here is ended, with whatever its workers are at."""
        if self._own is not None:
            for worker in self._own.workers.values():
                worker.auto_restart = False
                with contextlib.suppress(OSError, TypeError):  # gone by itself
                    os.kill(worker.pid, signal.SIGKILL)
        self._client.close()
        if self._own is not None:
            self._own.close()


def _started(workers: int) -> Any:
    """A cluster on this machine alone, without a dashboard."""
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # its own pages too, on any port that is free
        silence_logs=logging.CRITICAL,
    )
