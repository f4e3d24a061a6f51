"""The same C++ program with tanh and exp written out by hand, which the compiler makes vectors of: nearer the limit."""

from bench.peers import cpp, whole

NAME = "C++ by hand"
ABOUT = "The same with tanh and exp as polynomials in its own loops, nearly twice as fast as the C library's."
part = whole


def takes(workload):
    return workload.activation == "tanh" and cpp.takes(workload)


def prepare(problem):
    return cpp.program(problem, "-DBY_HAND")
