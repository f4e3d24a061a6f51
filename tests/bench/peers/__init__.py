"""Who trains the same nets? One module each, siblings side by side.

A peer has a NAME, says in ABOUT how it trains, and with `takes(workload)` whether it can; `prepare(problem)` does everything
that is not training, compiling included, and gives a `Ready`. With ONE_BY_ONE a peer trains run after run, so that a
few of the runs tell the time of all.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ready:
    """A peer that only has to start.

    call: trains, and gives theta (runs, parameters) and the CPU seconds that it took.
    compiling: the seconds that compiling took.
    note: what was chosen for this problem, say the size of a block.
    """

    call: Callable[[], tuple[np.ndarray, float]]
    compiling: float = 0.0
    note: str = ""


def timed(train):
    """A call that trains, and times it: what `train` gives, and the CPU seconds that all threads of this process took."""

    def call():
        start = time.process_time()
        theta = train()
        return theta, time.process_time() - start

    return call
