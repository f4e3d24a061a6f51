"""nnexp itself, as a sweep calls it: initial weights, order of the data, both ends' J, everything."""

from bench.peers import Ready, timed, whole
from nnexp.net import compiled
from nnexp.net.training import train

NAME = "nnexp"
ABOUT = "`train` of one stack, as a sweep calls it; draws the initial weights and the order of the data itself."
part = whole


def takes(workload):
    return True


def prepare(problem):
    note = "NumPy alone" if compiled.kernel(problem.stack.objective, problem.stack.optimizer) is None else "kernels"
    return Ready(timed(lambda: train(problem.stack).theta), note=note)
