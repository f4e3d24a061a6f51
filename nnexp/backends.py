"""Where are stacks trained, and endpoints judged? In this process, or on this machine's cores; neither side knows which.

Results come back as they are finished, in any order. Both backends train with the same arithmetic and one BLAS thread, so
the records do not tell them apart.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from pickle import PicklingError
from typing import Any

import joblib

from nnexp.config import Backend
from nnexp.errors import refused
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
    pool = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
    with _interrupts_held():
        return _handed(pool(joblib.delayed(_timed)(do, place, job, os.getpid()) for place, job in enumerate(jobs)))


def _handed(done: Iterator[tuple[int, Any, float]]) -> Iterator[tuple[int, Any, float]]:
    """What comes back; where large arrays could not be handed to the workers, since there is no room, it is said so."""
    try:
        yield from done
    except PicklingError as error:
        why = re.search(r"OSError: \[Errno (\d+)\]", str(error.__cause__))  # which another thread met, and left as text
        if why is None:
            raise
        folder = "the folder of what workers share (JOBLIB_TEMP_FOLDER, else /dev/shm or /tmp)"
        raise refused(f"{folder} cannot be written", OSError(int(why[1]), "")) from error


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while workers start, so that they are born deaf to it: ending them is this process's affair.

    The process that watches over what they share is started before, since its start would let signals through again.
    """
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
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


def _timed(do: Callable[[Any], Any], place: int, job: Any, parent: int) -> tuple[int, Any, float]:
    if os.getpid() != parent:
        _end_with(parent)
    start = time.perf_counter()
    done = do(job)
    return place, done, time.perf_counter() - start
