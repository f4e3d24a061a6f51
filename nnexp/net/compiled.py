"""Plain gradient descent through kernels compiled from C, where they have been built: `python -m nnexp.net.compiled`.

They do what `descent` does with NumPy, to the last few bits, several times as fast on small nets, since theta stays in the
first-level cache for many steps. `make` builds them where there is a C compiler. Where there is none, or for a net, loss or
optimizer that they do not know, NumPy trains; which of both does depends on the configuration and the installation alone.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Objective

Array = NDArray[np.float64]

SOURCE = Path(__file__).with_name("kernels.c")
FLAGS = ["-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC"]

ACTIVATIONS = {"identity": 0, "sigmoid": 1, "tanh": 2, "relu": 3, "leaky_relu": 4}
LOSSES = {("squared", "identity"): 0, ("nll", "sigmoid"): 1, ("softmax_nll", None): 2}

OPERATIONS_PER_CALL = 3e8
"""About as many in one call, a fraction of a second, so that an interrupt is soon heard."""


class _Net(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int64) for name in ("layers", "offsets", "loss", "parameters", "examples")),
        *((name, ctypes.c_void_p) for name in ("sizes", "codes", "leaks", "X", "Y", "penalized")),
    ]


class Kernel:
    """Steps of plain descent on one objective, for any stack of theta.

    Args:
        library: the compiled kernels.
        objective: what is minimised.
    """

    def __init__(self, library: ctypes.CDLL, objective: Objective) -> None:
        self._library, network = library, objective.network
        leaks = [getattr(f, "leak", 0.0) for f in network.hidden]
        self._arrays: list[NDArray[Any]] = [  # kept as long as the pointers to them
            np.array(network.sizes, dtype=np.int64),
            np.array([ACTIVATIONS[f.name] for f in network.hidden], dtype=np.int64),
            np.array(leaks, dtype=np.float64),
            np.ascontiguousarray(objective.train.X),
            np.ascontiguousarray(objective.train.Y),
            objective.is_penalized().astype(np.uint8),
        ]
        loss = LOSSES[network.loss.name, network.unit.name if network.unit else None]
        numbers = network.n_layers, int(network.offsets), loss, network.n_parameters, objective.n_examples
        self._net = _Net(*numbers, *(array.ctypes.data for array in self._arrays))
        self._cost = 6.0 * network.n_parameters

    def lanes(self, theta: Array, order: NDArray[np.intp], step_sizes: Array, l2: Array, l1: Array) -> None:
        """Move theta (parameters, runs) by a step for each of step_sizes (steps, runs).

        order (steps, runs, batch) has the numbers of the examples that each step sees.
        """
        self._call(self._library.lanes, theta, theta.shape[1], order, step_sizes, l2, l1)

    def rows(self, theta: Array, order: NDArray[np.intp] | None, step_sizes: Array, l2: Array, l1: Array) -> None:
        """Move theta (runs, parameters) likewise; where there is no order, each step sees all examples."""
        self._call(self._library.rows, theta, len(theta), order, step_sizes, l2, l1)

    def _call(
        self,
        kernel: Any,
        theta: Array,
        runs: int,
        order: NDArray[np.intp] | None,
        step_sizes: Array,
        l2: Array,
        l1: Array,
    ) -> None:
        batch = order.shape[2] if order is not None else 0
        most = max(1, int(OPERATIONS_PER_CALL / (self._cost * runs * (batch or self._net.examples))))
        for start in range(0, len(step_sizes), most):
            sizes = np.ascontiguousarray(step_sizes[start : start + most])
            chosen = np.ascontiguousarray(order[start : start + most], dtype=np.int64) if order is not None else sizes
            arrays = [ctypes.c_void_p(array.ctypes.data) for array in (theta, chosen, sizes, l2, l1)]
            counts = [ctypes.c_int64(count) for count in (runs, batch, len(sizes))]
            kernel(
                ctypes.byref(self._net), arrays[0], counts[0], arrays[1], counts[1], arrays[2], counts[2], *arrays[3:]
            )


def kernel(objective: Objective, optimizer: Any) -> Kernel | None:
    """The kernel for this objective and optimizer, or None where NumPy is to train."""
    network = objective.network
    known = (network.loss.name, network.unit.name if network.unit else None) in LOSSES
    known = known and all(f.name in ACTIVATIONS for f in network.hidden)
    built = library() if known and optimizer.moves_by_gradient else None
    return Kernel(built, objective) if built is not None else None


@functools.cache
def library() -> ctypes.CDLL | None:
    """The compiled kernels, or None where they have not been built, or NNEXP_COMPILED is 0."""
    if os.environ.get("NNEXP_COMPILED") == "0" or not _place().is_file():
        return None
    try:
        return ctypes.CDLL(str(_place()))
    except OSError:
        return None


def build() -> str:
    """Build the kernels, and say in a sentence what came of it."""
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        return "there is no C compiler, so NumPy trains alone; with one, small nets train several times as fast"
    place = _place()
    temporary = place.with_suffix(f".{os.getpid()}")
    try:
        place.parent.mkdir(exist_ok=True)
        command = [compiler, *FLAGS, str(SOURCE), "-o", str(temporary), "-lm"]
        subprocess.run(command, check=True, capture_output=True)
        temporary.replace(place)
    except (OSError, subprocess.CalledProcessError) as error:
        temporary.unlink(missing_ok=True)
        return f"the compiled kernels could not be built ({type(error).__name__}), so NumPy trains alone"
    return "the compiled kernels are built"


def _place() -> Path:
    """Where the kernels of this source, for this machine's processor, are kept: among what Python compiles itself."""
    try:
        processor = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        processor = platform.processor()
    made_from = f"{SOURCE.read_text()}{FLAGS}{platform.machine()}{processor}"
    digest = hashlib.blake2b(made_from.encode(), digest_size=8).hexdigest()
    return SOURCE.parent / "__pycache__" / f"kernels-{digest}.so"


if __name__ == "__main__":
    print(build())
