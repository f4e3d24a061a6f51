"""Do jobs come back whole from other processes, and do workers leave Ctrl-C to the process that started them?"""

import signal

from nnexp import backends
from nnexp.config import Backend


def blocked(job):
    """The job, and which signals are held back where it is done."""
    return job, signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_every_job_comes_back_once_with_its_place():
    jobs = ["a", "b", "c", "d", "e"]
    for where in (Backend(where="serial"), Backend(where="processes", workers=2)):
        found = list(backends.each(blocked, jobs, where))
        assert sorted((place, job) for place, (job, _), _ in found) == list(enumerate(jobs))
        assert all(seconds >= 0.0 for _, _, seconds in found)


def test_workers_are_deaf_to_ctrl_c_and_this_process_is_not():
    masks = [mask for _, (_, mask), _ in backends.each(blocked, range(4), Backend(where="processes", workers=2))]
    assert all(signal.SIGINT in mask for mask in masks)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
