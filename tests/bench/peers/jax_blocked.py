"""JAX at its best: the same in blocks of runs, in the way of writing and the size of block that a trial found fastest."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter

import jax.numpy as jnp
import numpy as np

from bench.peers import Ready, timed, whole
from bench.peers.jax_form import compiled, forms

NAME = "JAX best"
ABOUT = (
    "JAX in blocks of runs, one compiled call a block; how the net is written and how large a block is, a trial finds."
)
part = whole
TRIED = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024)
TURNS, HOPELESS, FINALISTS = 3, 2.0, 4


def takes(workload):
    return True


def prepare(problem):
    form, size = fastest(problem.workload, problem.runs)
    start = time.process_time()
    train = blocks(problem, form, size)
    return Ready(timed(train), time.process_time() - start, f"{size} runs, {form}")


def blocks(problem, form, size):
    """A function that trains block after block; the last block is as large as the others."""
    train = compiled(problem.cut(runs=size), form)
    starts = [min(start, problem.runs - size) for start in range(0, problem.runs, size)]
    given = [block(problem, start, size) for start in starts]

    def call():
        theta = np.empty_like(problem.theta)
        for start, (first, order) in zip(starts, given, strict=True):
            theta[start : start + size] = train(first, order)
        return theta

    return call


def block(problem, start, size):
    """Theta and order of some runs, as JAX's own arrays."""
    order = problem.order
    return jnp.array(problem.theta[start : start + size]), (
        None if order is None else jnp.array(order[:, start : start + size])
    )


@dataclass
class Trial:
    """A way of writing the net and a size of block, and the CPU seconds per run-step that its turns took."""

    form: str
    size: int
    turn: Callable[[], float]
    spent: list[float] = field(default_factory=list)

    def __post_init__(self):
        self.take(TURNS)

    def take(self, turns):
        self.spent += [self.turn() for _ in range(turns)]

    @property
    def least(self):
        return min(self.spent)


@cache
def fastest(workload, runs):
    """The form and the size of block that win the final, in which the fastest of the trials take turns."""
    finalists = sorted((t for t in trials(workload) if t.size <= runs), key=attrgetter("least"))[:FINALISTS]
    for _ in range(TURNS):
        for trial in finalists:
            trial.take(1)
    best = min(finalists, key=attrgetter("least"))
    return best.form, best.size


@cache
def trials(workload):
    """A trial of every way of writing and size of block that may be the fastest."""
    return [trial for form in forms(workload) for trial in climb(workload, form)]


def climb(workload, form):
    """Trials of larger and larger blocks, until one takes HOPELESS times as long as the best before."""
    tried = []
    for size in TRIED:
        hopeless = tried and tried[-1].least > HOPELESS * min(trial.least for trial in tried)
        if hopeless or size > max(workload.steps):
            break
        tried.append(Trial(form, size, turn(workload, form, size)))
    return tried


def turn(workload, form, size):
    """A function that trains one block for a while, and gives the CPU seconds per run-step."""
    problem = workload.problem(size, max(2, workload.steps[1] // (8 * size)))
    call = timed(blocks(problem, form, size))
    return lambda: call()[1] / (problem.runs * problem.steps)
