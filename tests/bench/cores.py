"""How much faster are two cores than one?

Wall time of eight stacks through the backend that sweeps use: in this process, and in two that have been started before.
Other programs on the machine spoil this, so the seconds that the workers themselves were training are told too: where
two at a time take longer for the same stacks than one at a time, the cores were not free.
"""

import time
from dataclasses import dataclass

import numpy as np

from bench import alone
from bench.workloads import WORKLOADS
from nnexp.backends import train_all
from nnexp.config import Backend

STACKS, RUNS, STEPS, ROUNDS = 8, 64, 512, 3


@dataclass(frozen=True)
class TwoCores:
    """Wall seconds on one core and on two, and the workers' own seconds in both cases."""

    one: float
    two: float
    training_one: float
    training_two: float

    @property
    def speedup(self):
        return self.one / self.two

    @property
    def crowded(self):
        """How much longer a stack took when two were trained at a time."""
        return self.training_two / self.training_one


def two_cores():
    """The medians of some rounds, or None on a machine with one core."""
    if len(alone.CORES) < 2:
        return None
    alone.hold(alone.CORES)
    one, two = Backend(where="serial"), Backend(where="processes", workers=2)
    spent = np.array([[*spend(one), *spend(two)] for _ in range(ROUNDS + 1)])[1:]
    alone.hold()
    wall_one, training_one, wall_two, training_two = map(float, np.median(spent, axis=0))
    return TwoCores(wall_one, wall_two, training_one, training_two)


def spend(backend):
    """Wall seconds, and the seconds that the stacks say they took."""
    stack = WORKLOADS["a"].problem(RUNS, STEPS).stack
    start = time.perf_counter()
    took = [seconds for _, _, seconds in train_all([stack] * STACKS, backend)]
    return time.perf_counter() - start, sum(took)
