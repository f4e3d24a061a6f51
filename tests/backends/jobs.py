"""What workers are asked to do in these tests; it travels with the task, since workers elsewhere have no tests."""

import os
import signal
import time
from pathlib import Path

from threadpoolctl import threadpool_info


def blocked(job):
    """The job, and which signals are held back where it is done."""
    return job, signal.pthread_sigmask(signal.SIG_BLOCK, set())


def threads(job):
    """How many threads BLAS uses where this is done, and in which process that is."""
    import numpy  # noqa: F401  brings BLAS

    time.sleep(0.05)
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}, os.getpid()


def fatal(job):
    """The job's number; the first time that a marked one is done, its worker is killed."""
    number, folder = job
    if folder is not None and _first(Path(folder) / f"{number}"):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def always_fatal(job):
    os.kill(os.getpid(), signal.SIGKILL)


def seen(job):
    """A sample's sum, the file that it lies in where it is shared memory, and the process that saw it."""
    time.sleep(0.02)
    return float(job.X.sum()), getattr(job.X, "filename", None), os.getpid()


def _first(marker):
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
