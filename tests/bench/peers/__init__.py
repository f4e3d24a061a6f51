"""Who trains the same nets? One module each, siblings side by side.

A peer has a NAME, says in ABOUT how it trains, and with `takes(workload)` whether it can; `prepare(problem)` does everything
that is not training, compiling included, and gives a `Ready`. `part(problem, prepare)` is the part of a problem that the peer
is timed on: `whole`; or where that takes too long, `few_runs` of a peer that trains run after run, `few_steps` of the others.
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


MOST_SECONDS, LOOK = 0.3, 4
"""What a slow peer's call may take, and the steps of a first look at how slow it is."""


def whole(problem, prepare):
    """All of it."""
    return problem


def few_runs(problem, prepare):
    """As many runs and steps as take MOST_SECONDS, steps first."""
    affordable = run_steps(problem.cut(runs=1, steps=LOOK), prepare)
    steps = round(min(problem.steps, max(affordable, LOOK)))
    return problem.cut(max(1, round(affordable / steps)), steps)


def few_steps(problem, prepare):
    """All runs, and as many steps as take MOST_SECONDS."""
    affordable = run_steps(problem.cut(steps=LOOK), prepare)
    return problem.cut(steps=max(LOOK, round(affordable / problem.runs)))


def run_steps(small, prepare):
    """How many run-steps take MOST_SECONDS, judged by the second call of a small problem."""
    call = prepare(small).call
    call()
    return MOST_SECONDS * small.runs * small.steps / call()[1]
