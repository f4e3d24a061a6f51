"""What share of training does it cost to record a sweep's curves?

The same stack is trained with J measured at every fourth step and at both ends only, in turns; with a test sample of the
default share, since a sweep measures that too. The difference is the price of so many points, and a curve has about 60,
spread over the 1,000 passes of a sweep that says nothing else.
"""

from dataclasses import replace

import numpy as np

from bench.peers import timed
from nnexp.net.objective import Sample
from nnexp.net.training import recorded_steps, train

POINTS, PASSES, TEST_SHARE, EVERY = 60, 1000, 0.3, 4
TIMED = {"a": (64, 400), "b": (8, 200), "c": (1, 60), "d": (1024, 1024), "e": (64, 400)}
"""Runs and steps."""


def share(workload, rounds):
    """The time of recording a curve as a share of that of training."""
    runs, steps = TIMED[workload.letter]
    ends = replace(workload.problem(runs, steps).stack, objective=tested(workload))
    points = replace(ends, recorded=tuple(range(0, steps + 1, EVERY)))
    spent = np.array([[seconds(ends), seconds(points)] for _ in range(rounds + 1)])[1:]
    of_a_point = np.median(spent[:, 1] - spent[:, 0]) / (len(points.recorded) - 2)
    of_a_step = np.median(spent[:, 0]) / steps
    long = PASSES * workload.n // (workload.batch or workload.n)
    return float(of_a_point * (len(recorded_steps(long, POINTS)) - 2) / (of_a_step * long))


def seconds(stack):
    """CPU seconds to train it."""
    return timed(lambda: train(stack))()[1]


def tested(workload):
    """The workload's objective with a test sample of the default share beside its training examples."""
    tests = round(workload.n * TEST_SHARE / (1.0 - TEST_SHARE))
    X, Y = workload.sample.X, workload.sample.Y
    return replace(workload.objective, test=Sample(X[:, :tests].copy(), Y[:, :tests].copy()))
