"""Where are stacks trained, and endpoints judged? In this process, on this machine's cores, or by a Dask or Ray cluster.

All of it goes through joblib, and neither side knows which it is. Results come back as they are finished, in any order. Every
backend trains with the same arithmetic and one BLAS thread, so the records do not tell them apart. A job whose worker
was lost is done again.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pickle import PicklingError
from typing import Any

import joblib

from nnexp import interrupts
from nnexp.backends import clusters
from nnexp.backends.clusters import ready
from nnexp.backends.parcels import LARGE, Packer, Parcel, unpack
from nnexp.config import Backend
from nnexp.errors import UserError, refused
from nnexp.net.training import Stack, Trained, seconds_of_work, train

__all__ = ["each", "ready", "train_all", "workers"]

TRIES = 5
"""How often workers may be lost before a sweep gives up."""

TASK = 1.0
"""Seconds of work that small stacks are put together to: handing a task to a worker must stay cheap beside it."""

ROUND = 4
"""Tasks a worker that Ray gets at a time, whose joblib backend gives results back when all of them are done."""

LOST = ("TerminatedWorkerError", "BrokenProcessPool", "KilledWorker", "RayActorError", "ActorDiedError")
"""What the libraries call it when a worker is gone; they are known by name, since not all of them need be installed."""

Done = tuple[int, Any, float]


def workers(backend: Backend) -> int:
    """How many processes train at the same time."""
    if backend.where == "dask":
        client = clusters.dask_client(backend.dask.scheduler, backend.workers)
        return max(1, sum(client.ncores().values()))
    if backend.where == "ray":
        ray = clusters.ray_cluster(backend.ray.address, backend.workers)
        return min(backend.workers or 1024, max(1, int(ray.cluster_resources().get("CPU", 1))))
    return 1 if backend.where == "serial" else backend.workers or joblib.cpu_count()


def train_all(stacks: Sequence[Stack], backend: Backend) -> Iterator[tuple[int, Trained, float]]:
    """Train every stack; gives its place in `stacks`, what training gave, and the seconds it took."""
    tasks = _together([seconds_of_work(stack) for stack in stacks], workers(backend))
    for task, trained, _ in each(_train_each, [[stacks[place] for place in places] for places in tasks], backend):
        for place, (found, seconds) in zip(tasks[task], trained, strict=True):
            yield place, found, seconds


def _train_each(stacks: Sequence[Stack]) -> list[tuple[Trained, float]]:
    found = []
    for stack in stacks:
        start = time.perf_counter()
        found.append((train(stack), time.perf_counter() - start))
    return found


def _together(seconds: Sequence[float], workers: int) -> list[list[int]]:
    """The places of stacks that are one task, in their order: a second's work or more, but several tasks a worker."""
    tasks: list[list[int]] = []
    least, work = min(TASK, sum(seconds) / (8 * workers)), 0.0
    for place, long in enumerate(seconds):
        if not tasks or work >= least:
            tasks.append([])
            work = 0.0
        tasks[-1].append(place)
        work += long
    return tasks


def each(do: Callable[[Any], Any], jobs: Sequence[Any], backend: Backend) -> Iterator[Done]:
    """Do every job, beginning at once; gives its place in `jobs`, what came of it, and the seconds it took.

    Raises:
        UserError: if workers are lost again and again.
    """
    left = dict(enumerate(jobs))
    return _until_all(do, left, backend, _begun(do, left, backend))


def _until_all(
    do: Callable[[Any], Any], left: dict[int, Any], backend: Backend, begun: Iterable[Done]
) -> Iterator[Done]:
    """The results of jobs, those whose worker was lost begun again."""
    for _ in range(TRIES):
        with contextlib.suppress(_LostError):
            for place, done, seconds in _found(begun):
                del left[place]
                yield place, done, seconds
        if not left:
            return
        begun = _begun(do, left, backend)
    what = f"workers were lost {TRIES} times with {len(left):,} tasks to do"
    raise UserError(f"{what}; what is done is kept: see that there is memory enough, or fewer workers, and start again")


class _LostError(Exception):
    """A worker is gone, and the job it had with it."""


@dataclass(frozen=True)
class _Failed:
    """An error that a job ended with; not every backend brings it home by itself."""

    error: BaseException


def _found(begun: Iterable[Done]) -> Iterator[Done]:
    """Results, errors raised, and a lost worker told from them."""
    try:
        for place, done, seconds in begun:
            if isinstance(done, _Failed):
                raise done.error
            yield place, done, seconds
    except PicklingError as error:
        why = re.search(r"OSError: \[Errno (\d+)\]", str(error.__cause__))  # which another thread met, and left as text
        if why is None:
            raise
        folder = "the folder of what workers share (JOBLIB_TEMP_FOLDER, else /dev/shm or /tmp)"
        raise refused(f"{folder} cannot be written", OSError(int(why[1]), "")) from error
    except Exception as error:
        if any(kind.__name__ in LOST for kind in type(error).__mro__):
            raise _LostError from error
        raise


def _begun(do: Callable[[Any], Any], left: Mapping[int, Any], backend: Backend) -> Iterable[Done]:
    """Have these jobs done, by their places."""
    warnings.filterwarnings("ignore", message=".*tasks which were still being processed", category=UserWarning)
    if backend.where == "dask":
        return _by_dask(do, left, backend)
    if backend.where == "ray":
        return _by_ray(do, left, backend)
    n_jobs = min(workers(backend), max(len(left), 1))
    if n_jobs == 1:
        return (_timed(do, place, job) for place, job in list(left.items()))
    pool = joblib.Parallel(
        n_jobs=n_jobs,
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="2*n_jobs",
        max_nbytes=LARGE,
        initializer=_end_with,
        initargs=(os.getpid(),),
    )
    with interrupts.held():
        return pool(_calls(do, left, Packer()))


def _by_dask(do: Callable[[Any], Any], left: Mapping[int, Any], backend: Backend) -> Iterable[Done]:
    client = clusters.dask_client(backend.dask.scheduler, backend.workers)
    from nnexp.backends.by_dask import DaskBackend

    with joblib.parallel_config(backend=DaskBackend(client=client)):
        pool = joblib.Parallel(n_jobs=-1, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
        return pool(_calls(do, left, Packer()))


def _by_ray(do: Callable[[Any], Any], left: Mapping[int, Any], backend: Backend) -> Iterator[Done]:
    """Round by round: what Ray has is given back when the whole of a round is done."""
    ray = clusters.ray_cluster(backend.ray.address, backend.workers)
    from ray.util.joblib import register_ray

    register_ray()
    packer, n_jobs, places = Packer(ray.put), workers(backend), list(left)
    for start in range(0, len(places), ROUND * n_jobs):
        some = {place: left[place] for place in places[start : start + ROUND * n_jobs]}
        with joblib.parallel_config(backend="ray"):
            found = joblib.Parallel(n_jobs=n_jobs, batch_size=1)(_calls(do, some, packer))
        yield from found


def _calls(do: Callable[[Any], Any], left: Mapping[int, Any], packer: Packer) -> Iterator[Any]:
    """The calls that do jobs, each with its large arrays as arguments of their own."""
    for place, job in list(left.items()):
        parcel, arrays = packer.pack(job)
        yield joblib.delayed(_unpacked)(do, place, parcel, *arrays)


def _unpacked(do: Callable[[Any], Any], place: int, parcel: Parcel, *arrays: Any) -> Done:
    """Do a job that came as a parcel."""
    if any(type(array).__name__ == "ObjectRef" for array in arrays):
        import ray

        arrays = tuple(ray.get(list(arrays)))
    return _timed(do, place, unpack(parcel, arrays))


def _timed(do: Callable[[Any], Any], place: int, job: Any) -> Done:
    start = time.perf_counter()
    try:
        done = do(job)
    except Exception as error:
        error.add_note(traceback.format_exc())  # which does not travel with it
        done = _Failed(error)
    return place, done, time.perf_counter() - start


@functools.cache
def _end_with(parent: int) -> None:
    """End this worker soon after its parent is gone; a killed sweep would leave its workers waiting otherwise."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
