"""JAX at its best: the same in blocks of runs, in the way of writing and the size of block that a trial found fastest."""

import time
from functools import cache
from operator import itemgetter

import jax.numpy as jnp
import numpy as np

from bench.peers import Ready, timed, whole
from bench.peers.jax_form import compiled, forms

NAME = "JAX best"
ABOUT = (
    "JAX in blocks of runs, one compiled call a block; how the net is written and how large a block is, a trial finds."
)
part = whole
TRIED, TRIALS, HOPELESS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024), 3, 1.5


def takes(workload):
    return True


def prepare(problem):
    form, size = min((spent, form, size) for form, size, spent in trials(problem.workload) if size <= problem.runs)[1:]
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


@cache
def trials(workload):
    """(form, size, seconds per run-step) of every way of writing and size of block that may be the fastest."""
    return [(form, size, spent) for form in forms(workload) for size, spent in climb(workload, form)]


def climb(workload, form):
    """Size and seconds of larger and larger blocks, until they take HOPELESS times as long as the best before."""
    tried = []
    for size in TRIED:
        if size > max(workload.steps) or (tried and tried[-1][1] > HOPELESS * min(tried, key=itemgetter(1))[1]):
            break
        tried.append((size, trial(workload, form, size)))
    return tried


def trial(workload, form, size):
    """CPU seconds per run-step of one block, the least of some short calls."""
    problem = workload.problem(size, max(2, workload.steps[1] // (8 * size)))
    train = blocks(problem, form, size)
    spent = [timed(train)()[1] for _ in range(TRIALS)]
    return min(spent) / (problem.runs * problem.steps)
