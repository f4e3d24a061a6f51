"""Where are stacks trained, and endpoints judged? In this process, on this machine's cores, on a Dask or a Ray cluster.

Neither side knows which: jobs go out and come back as they are finished, in any order, all through joblib. Every backend does
the same arithmetic with one BLAS thread, so the records do not tell them apart. What a lost worker had is done again.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pickle import PicklingError
from typing import Any

import joblib
from joblib.externals.loky.process_executor import BrokenProcessPool

from nnexp import interrupts
from nnexp.backends import cores, opened
from nnexp.backends.handing import Handing, Lost
from nnexp.backends.work import Done, work
from nnexp.config import Backend
from nnexp.errors import UserError, refused
from nnexp.net.training import Stack, seconds_of_work, train

LEAST_WORK = 1.0
"""Seconds of work below which a task is not cut further: handing it to a worker must stay cheap beside the work."""

TASKS_A_WORKER = 8
"""Into so many tasks a worker's share is cut at least, so that none waits long for the last."""

MOST_LOSSES = 3
"""So often in a row, with nothing done between, lost workers are made up for; then something is wrong."""

check, here, closing = opened.check, opened.here, opened.closing


def workers(backend: Backend) -> int:
    """How many processes train at the same time."""
    if backend.where == "serial":
        return 1
    cluster = opened.cluster(backend)
    return cluster.workers() if cluster else backend.workers or joblib.cpu_count()


def train_all(stacks: Sequence[Stack], backend: Backend) -> Iterator[Done]:
    """Train every stack; gives its place in `stacks`, what training gave, and the seconds it took."""
    return each(train, stacks, backend, [seconds_of_work(stack) for stack in stacks])


def each(
    do: Callable[[Any], Any], jobs: Sequence[Any], backend: Backend, seconds: Sequence[float] | None = None
) -> Iterator[Done]:
    """Do every job; gives its place in `jobs`, what came of it, and the seconds it took.

    Args:
        do: does a job.
        jobs: what is to be done.
        backend: where.
        seconds: about how long each takes; short ones go to a worker together. Each goes alone unless given.
    """
    bundles = [[place] for place in range(len(jobs))] if seconds is None else bundled(seconds, workers(backend))
    left = {bundle[0]: [(place, jobs[place]) for place in bundle] for bundle in bundles}
    return _done(do, left, backend, _begun(do, left, backend))


def bundled(seconds: Sequence[float], workers: int) -> list[list[int]]:
    """The places of jobs in bundles of LEAST_WORK or more, where there is so much for each worker several times over."""
    enough = min(LEAST_WORK, sum(seconds) / (TASKS_A_WORKER * workers))
    bundles: list[list[int]] = []
    full = enough
    for place, share in enumerate(seconds):
        if full >= enough:
            bundles.append([])
            full = 0.0
        bundles[-1].append(place)
        full += share
    return bundles


Left = dict[int, list[tuple[int, Any]]]


def _done(do: Callable[[Any], Any], left: Left, backend: Backend, begun: Iterator[list[Done]]) -> Iterator[Done]:
    """What is done, as it is done; where workers are lost, what is left is begun again."""
    losses = 0
    while left:
        try:
            for results in begun:
                del left[results[0][0]]
                losses = 0
                yield from results
        except PicklingError as error:
            raise _no_room(error) from error
        except (Lost, BrokenProcessPool) as error:
            losses += 1
            if losses > MOST_LOSSES:
                raise _too_many(error) from error
            begun = _begun_again(do, left, backend)


def _begun_again(do: Callable[[Any], Any], left: Left, backend: Backend) -> Iterator[list[Done]]:
    try:
        return _begun(do, left, backend)
    except Exception as error:  # of the cluster's own program: it may be gone altogether
        raise UserError(
            f"backend={backend.where} cannot be used any more ({type(error).__name__}: {' '.join(str(error).split())[:200]}); "
            "what is done is on record, and the same command goes on from there when it is back"
        ) from error


def _no_room(error: PicklingError) -> Exception:
    """What is to be said of a task that could not be handed over: mostly that there is no room for what workers share."""
    why = re.search(r"OSError: \[Errno (\d+)\]", str(error.__cause__))  # which another thread met, and left as text
    if why is None:
        return error
    folder = "the folder of what workers share (JOBLIB_TEMP_FOLDER, else /dev/shm or /tmp)"
    return refused(f"{folder} cannot be written", OSError(int(why[1]), ""))


def _too_many(error: Exception) -> UserError:
    why = f"{type(error.__cause__ or error).__name__}: {' '.join(str(error).split())[:200]}"
    return UserError(
        f"workers were lost {MOST_LOSSES + 1} times in a row before any of their work was done ({why}); what is done is on "
        "record, and the same command goes on from there; where memory is short, ask for fewer: backend.workers=1"
    )


def _begun(do: Callable[[Any], Any], tasks: Mapping[int, Any], backend: Backend) -> Iterator[list[Done]]:
    """Hand out the tasks; gives what came of each, as it comes."""
    warnings.filterwarnings("ignore", message=".*tasks which were still being processed", category=UserWarning)
    with interrupts.held():
        cluster = opened.cluster(backend)
        calls = [joblib.delayed(work)(do, jobs, os.getpid()) for jobs in tasks.values()]
        if not cluster:
            return cores.begun(calls, min(workers(backend), max(len(tasks), 1)))
        handed = f"{TASKS_A_WORKER}*n_jobs"
        pool = joblib.Parallel(
            n_jobs=-1, backend=Handing(cluster), return_as="generator_unordered", batch_size=1, pre_dispatch=handed
        )
        found: Iterator[list[Done]] = pool(calls)
        return found
