"""One core and one thread for everything that is timed; called before NumPy, PyTorch and JAX are imported."""

import os

CAN_HOLD = hasattr(os, "sched_setaffinity")
CORES = sorted(os.sched_getaffinity(0)) if CAN_HOLD else list(range(os.cpu_count() or 1))
"""The cores that this process was given; everything is timed on the last, where the system can be told so."""


def hold(cores=CORES[-1:]):
    """Keep this process, and those that it starts, to these cores, and every library to one thread."""
    if CAN_HOLD:
        os.sched_setaffinity(0, set(cores))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    os.environ["JAX_PLATFORMS"] = "cpu"
