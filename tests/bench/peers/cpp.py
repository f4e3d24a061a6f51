"""A small C++ program, compiled for this machine: how fast could it be? See near_limit.cpp."""

import platform
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np

from bench.peers import Ready, whole

NAME = "C++"
ABOUT = "`near_limit.cpp`, built here: fused loops, register-tiled products, the C library's vector tanh and exp."
part = whole
SOURCE = Path(__file__).with_name("near_limit.cpp")
FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffast-math", "-fopenmp-simd") + (
    ("-mprefer-vector-width=512",) if platform.machine() == "x86_64" else ()
)


def takes(workload):
    return shutil.which("g++") is not None


def prepare(problem):
    return program(problem)


def program(problem, *flags):
    """The program built with these flags besides, ready for this problem."""
    built, compiling, folder = build(flags)
    given, result = folder / f"{problem.workload.letter}_{problem.runs}", folder / "result"
    write(problem, given)

    def call():
        command = [built, problem.workload.letter, given, result]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return np.fromfile(result).reshape(problem.theta.shape), float(done.stdout)

    return Ready(call, compiling)


@cache
def build(flags):
    """The program, the seconds that compiling took, and a folder that goes when Python does."""
    folder = Path(_temporary().name)
    built = folder / "_".join(["near_limit", *flags])
    start = time.perf_counter()
    subprocess.run(["g++", *FLAGS, *flags, str(SOURCE), "-o", str(built)], check=True)
    return built, time.perf_counter() - start, folder


@cache
def _temporary():
    return tempfile.TemporaryDirectory()


def write(problem, file):
    """Four counts, the step size, X and Y (rows of examples), theta, and the order, (runs, steps, batch)."""
    work = problem.workload
    with open(file, "wb") as stream:
        np.array([problem.runs, problem.steps, work.n, work.batch or work.n]).tofile(stream)
        np.array([work.step_size]).tofile(stream)
        for array in (work.sample.X, work.sample.Y, problem.theta):
            array.tofile(stream)
        if problem.order is not None:
            problem.order.transpose(1, 0, 2).astype(np.int32).tofile(stream)
