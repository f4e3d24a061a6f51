"""Where are stacks trained, and endpoints judged? In this process, or on this machine's cores; neither side knows which.

Results come back as they are finished, in any order. Both backends train with the same arithmetic and one BLAS thread, so
the records do not tell them apart.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from typing import Any

import joblib

from nnexp.config import Backend
from nnexp.interrupts import SIGNALS
from nnexp.net.training import Stack, Trained, train


def workers(backend: Backend) -> int:
    """How many processes train at the same time."""
    return 1 if backend.where == "serial" else backend.workers or joblib.cpu_count()


def train_all(stacks: Sequence[Stack], backend: Backend) -> Iterator[tuple[int, Trained, float]]:
    """Train every stack; gives its place in `stacks`, what training gave, and the seconds it took."""
    return each(train, stacks, backend)


def each(do: Callable[[Any], Any], jobs: Sequence[Any], backend: Backend) -> Iterator[tuple[int, Any, float]]:
    """Do every job; gives its place in `jobs`, what came of it, and the seconds it took."""
    warnings.filterwarnings("ignore", message=".*tasks which were still being processed", category=UserWarning)
    n_jobs = min(workers(backend), max(len(jobs), 1))
    starts = {"initializer": _end_with, "initargs": (os.getpid(),)} if n_jobs > 1 else {}
    pool = joblib.Parallel(
        n_jobs=n_jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs", **starts
    )
    with _interrupts_held():
        return pool(joblib.delayed(_timed)(do, place, job) for place, job in enumerate(jobs))


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C and its like back while workers start, so that they are born deaf: ending them is this process's affair.

    The process that watches over what they share is started before, since its start would let signals through again.
    """
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@functools.cache
def _end_with(parent: int) -> None:
    """End this worker soon after its parent is gone; a killed sweep would leave its workers waiting otherwise."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _timed(do: Callable[[Any], Any], place: int, job: Any) -> tuple[int, Any, float]:
    start = time.perf_counter()
    done = do(job)
    return place, done, time.perf_counter() - start
