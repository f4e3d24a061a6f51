"""nnexp where its kernels are not built: NumPy trains alone."""

from unittest.mock import patch

from bench.peers import Ready, timed
from nnexp.net import compiled
from nnexp.net.training import train

NAME = "nnexp, NumPy"
ABOUT = "the same without the kernels, as where there was no C compiler when nnexp was installed."
ONE_BY_ONE = False


def takes(workload):
    return compiled.library() is not None


def prepare(problem):
    return Ready(timed(lambda: without_kernels(problem.stack)))


def without_kernels(stack):
    """Where the runs of a stack end, by NumPy."""
    with patch.object(compiled, "library", lambda: None):
        return train(stack).theta
