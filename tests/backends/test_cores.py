"""Is the loss of a worker noticed also where it stops the pool?"""

import os
import signal
import struct
import sys
from concurrent.futures import ThreadPoolExecutor

from nnexp import backends
from nnexp.backends import cores
from nnexp.config import Backend


def halved(job):
    """The job's number; the first time that a marked one is done, its worker is killed with half of a result in the pipe."""
    number, marker = job
    if marker is not None and not marker.exists():
        marker.touch()
        frame = sys._getframe()
        while "result_queue" not in frame.f_locals:
            frame = frame.f_back
        queue = frame.f_locals["result_queue"]
        with queue._wlock:
            os.write(queue._writer.fileno(), struct.pack("!i", 1000) + b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_worker_that_dies_with_half_a_result_handed_over_is_made_up_for(tmp_path, monkeypatch):
    monkeypatch.setattr(cores, "LOOK", 0.1)
    monkeypatch.setattr(cores, "PATIENCE", 0.5)
    jobs = [(number, tmp_path / "marker" if number == 3 else None) for number in range(9)]
    found = backends.each(halved, jobs, Backend(where="processes", workers=2))
    with ThreadPoolExecutor(1) as waiting:
        done = waiting.submit(list, found).result(timeout=60)
    assert sorted(place for place, _, _ in done) == list(range(9))
