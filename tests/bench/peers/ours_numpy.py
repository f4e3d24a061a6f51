"""nnexp where its kernels are not built: NumPy trains alone."""

from unittest.mock import patch

from bench.peers import Ready, timed
from nnexp.net import compiled
from nnexp.net.training import train

NAME = "nnexp, NumPy"
ABOUT = "the same without the kernels, as where there was no C compiler when nnexp was installed."


def takes(workload):
    return compiled.library() is not None


def part(problem, prepare):
    """Some blocks of runs, or where runs lie last, all runs for some steps."""
    return problem.cut(steps=4096) if problem.workload.batch == 1 else problem.cut(runs=64)


def prepare(problem):
    return Ready(timed(lambda: without_kernels(problem.stack)))


def without_kernels(stack):
    """Where the runs of a stack end, by NumPy."""
    with patch.object(compiled, "library", lambda: None):
        return train(stack).theta
