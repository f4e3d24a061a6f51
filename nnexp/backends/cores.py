"""This machine's cores: joblib's pool of processes, which end with this one, and the loss of one of which is always noticed."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait
from typing import Any

import joblib

from nnexp.backends.work import end_with

MOST_BYTES = 2**16
"""Arrays of more go to this machine's workers once, through shared memory, and not with every task."""

LOOK, PATIENCE = 1.0, 10.0
"""Seconds between two looks at the workers, and after which a dead one whose loss was not noticed has stopped the pool."""


def begun(calls: Sequence[Any], n_jobs: int) -> Iterator[Any]:
    """Begin calls on so many processes, of one in this process; gives what each comes to, as it does."""
    asked: dict[str, Any] = {"return_as": "generator_unordered", "batch_size": 1, "pre_dispatch": "2*n_jobs"}
    if n_jobs == 1:
        found: Iterator[Any] = joblib.Parallel(n_jobs=1, **asked)(calls)
        return found
    ends = {"initializer": end_with, "initargs": (os.getpid(),)}
    pool = joblib.Parallel(n_jobs=n_jobs, max_nbytes=MOST_BYTES, **ends, **asked)
    found = pool(calls)
    threading.Thread(target=_watch, args=(pool,), daemon=True).start()
    return found


def _watch(pool: joblib.Parallel) -> None:
    """Break a pool that a dying worker has stopped.

    One that is killed while it hands over a result leaves half of it in the pipe that all share, and the thread that reads it
    waits for the rest, for ever. Where nobody is left to write to the pipe it ends, and the pool says that a worker is gone.
    """
    dead_since: dict[int, float] = {}
    while True:
        time.sleep(LOOK)
        executor = getattr(pool._backend, "_workers", None)
        if executor is None or executor._flags.broken or executor._flags.shutdown or not pool._calling:
            return
        workers, gone = dict(executor._processes), set()
        with contextlib.suppress(OSError, ValueError):  # of one that the pool cleared away just now
            gone = {pid for pid, worker in workers.items() if wait([worker.sentinel], 0.0)}
        dead_since = {pid: dead_since.get(pid, time.monotonic()) for pid in gone}
        if dead_since and time.monotonic() - min(dead_since.values()) > PATIENCE:
            for pid in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                executor._result_queue._writer.close()
            return
