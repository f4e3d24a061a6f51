"""Where are stacks trained? In this process, or on this machine's cores; neither planner nor trainer knows which.

Results come back as they are finished, in any order. Both backends train with the same arithmetic and one BLAS thread, so
the records do not tell them apart.
"""

from __future__ import annotations

import functools
import os
import threading
import time
import warnings
from collections.abc import Iterator, Sequence

import joblib

from nnexp.config import Backend
from nnexp.net.training import Stack, Trained, train


def workers(backend: Backend) -> int:
    """How many processes train at the same time."""
    return 1 if backend.where == "serial" else backend.workers or joblib.cpu_count()


def train_all(stacks: Sequence[Stack], backend: Backend) -> Iterator[tuple[int, Trained, float]]:
    """Train every stack; gives its place in `stacks`, what training gave, and the seconds it took."""
    warnings.filterwarnings("ignore", message=".*tasks which were still being processed", category=UserWarning)
    n_jobs = min(workers(backend), max(len(stacks), 1))
    pool = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
    return pool(joblib.delayed(_timed)(place, stack, os.getpid()) for place, stack in enumerate(stacks))


@functools.cache
def _end_with(parent: int) -> None:
    """End this worker soon after its parent is gone; a killed sweep would leave its workers waiting otherwise."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _timed(place: int, stack: Stack, parent: int) -> tuple[int, Trained, float]:
    if os.getpid() != parent:
        _end_with(parent)
    start = time.perf_counter()
    trained = train(stack)
    return place, trained, time.perf_counter() - start
