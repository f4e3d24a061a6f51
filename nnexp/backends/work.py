"""What a worker does: the jobs of a task one after the other, with one BLAS thread, each with the seconds it took."""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from nnexp import fingerprints

Done = tuple[int, Any, float]
"""A job's place, what came of it, and the seconds it took."""


def work(do: Callable[[Any], Any], jobs: Sequence[tuple[int, Any]], starter: int) -> list[Done]:
    """Do these jobs, each with its place.

    Args:
        do: does a job.
        jobs: the jobs.
        starter: the process that asked for it; in any other, BLAS is kept to one thread.

    Raises:
        UserError: if the code of a part is not the same here as there.
    """
    if starter != os.getpid():
        _one_thread()
        fingerprints.refuse_different()
    return [_timed(do, place, job) for place, job in jobs]


def _timed(do: Callable[[Any], Any], place: int, job: Any) -> Done:
    start = time.perf_counter()
    done = do(job)
    return place, done, time.perf_counter() - start


@functools.cache
def _one_thread() -> None:
    """Keep this worker to one BLAS thread for good: threads of one worker would undo limits set for a while."""
    threadpool_limits(limits=1, user_api="blas")


@functools.cache
def end_with(parent: int) -> None:
    """End this worker soon after its parent is gone; a killed sweep would leave its workers waiting otherwise."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def versions() -> dict[str, str]:
    """What must be the same on a worker as here, for the same bits."""
    import nnexp  # noqa: F401  it must be there

    return {"NumPy": np.__version__}
