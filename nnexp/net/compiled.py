"""Plain gradient descent, and measuring, through kernels compiled from C, where built: `python -m nnexp.net.compiled`.

They do what `descent` and `objective` do with NumPy, to the last few bits, several times as fast on small nets, since theta
stays in the first-level cache for many steps. `make` builds them where there is a C compiler. Where there is none, or for a
net, loss or optimizer that they do not know, NumPy trains; which of both does depends on the configuration and the
installation alone.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnexp import files
from nnexp.files import Aside
from nnexp.net.network import Network

if TYPE_CHECKING:
    from nnexp.net.objective import Objective, Penalized, Sample

Array = NDArray[np.float64]

SOURCES = Path(__file__).with_name("kernels")
FLAGS = ["-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC"]

ACTIVATIONS = {"identity": 0, "sigmoid": 1, "tanh": 2, "relu": 3, "leaky_relu": 4}
LOSSES = {("squared", "identity"): 0, ("nll", "sigmoid"): 1, ("softmax_nll", None): 2}

BROAD = 16
"""From so many units in each hidden layer, and weights to a unit on average, units lie side by side: as measured, 2-16-16-1
is a tenth faster with examples side by side, and 2-32-32-1 slower."""

SEAL = 16
"""Bytes of the digest behind the compiled kernels."""

set_aside: list[Aside] = []
"""The damaged kernels that were, if any."""

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
        network = objective.network
        self._arrays, self._net = _net(network, objective.train, objective.is_penalized())
        self._lanes, self._rows = library.lanes, library.units if broad(network) else library.rows
        self._cost = 6.0 * network.n_parameters

    def lanes(self, theta: Array, order: NDArray[np.intp], step_sizes: Array, l2: Array, l1: Array) -> None:
        """Move theta (parameters, runs) by a step for each of step_sizes (steps, runs).

        order (steps, runs, batch) has the numbers of the examples that each step sees.
        """
        self._call(self._lanes, theta, theta.shape[1], order, step_sizes, l2, l1)

    def rows(
        self,
        theta: Array,
        order: NDArray[np.intp] | None,
        step_sizes: Array,
        l2: Array,
        l1: Array,
        sums: Array | None = None,
    ) -> None:
        """Move theta (runs, parameters) likewise; where there is no order, each step sees all examples.

        Then `sums` (runs, 4) becomes what a meter gives for them and the theta at the start.
        """
        self._call(self._rows, theta, len(theta), order, step_sizes, l2, l1, (sums,))

    def _call(
        self,
        kernel: Any,
        theta: Array,
        runs: int,
        order: NDArray[np.intp] | None,
        step_sizes: Array,
        l2: Array,
        l1: Array,
        sums: tuple[Array | None, ...] = (),
    ) -> None:
        batch = order.shape[2] if order is not None else 0
        most = max(1, int(OPERATIONS_PER_CALL / (self._cost * runs * (batch or self._net.examples))))
        for start in range(0, len(step_sizes), most):
            sizes = np.ascontiguousarray(step_sizes[start : start + most])
            chosen = np.ascontiguousarray(order[start : start + most], dtype=np.int64) if order is not None else sizes
            moved, drawn, *rest = (_pointer(array) for array in (theta, chosen, sizes, l2, l1, *sums))
            counts = [ctypes.c_int64(count) for count in (runs, batch, len(sizes))]
            kernel(ctypes.byref(self._net), moved, counts[0], drawn, counts[1], rest[0], counts[2], *rest[1:])
            sums = (None,) * len(sums)


def _pointer(array: NDArray[Any] | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(None if array is None else array.ctypes.data)


def kernel(objective: Objective, optimizer: Any) -> Kernel | None:
    """The kernel for this objective and optimizer, or None where NumPy is to train."""
    built = library() if goes(objective, optimizer) else None
    return Kernel(built, objective) if built is not None else None


def goes(objective: Penalized, optimizer: Any) -> bool:
    """Whether a kernel, where there is one, trains this."""
    known = objective.n_examples > 0 and knows(objective.network)
    return known and optimizer.moves_by_gradient and optimizer.is_released and library() is not None


def knows(network: Network) -> bool:
    """Whether the kernels know the net's activations, its output and its loss: those of these names, with released code."""
    known = (network.loss.name, network.unit.name if network.unit else None) in LOSSES
    parts = [network.loss, *network.hidden, *([network.unit] if network.unit else [])]
    return known and all(f.name in ACTIVATIONS for f in network.hidden) and all(part.is_released for part in parts)


def broad(network: Network) -> bool:
    """Whether layers are so broad that units, not examples, are to lie side by side."""
    fewest, units = min(network.sizes[1:-1], default=0), sum(network.sizes[1:])
    return fewest >= BROAD and network.n_parameters >= BROAD * units


class Meter:
    """What nets of one shape come to on a sample.

    Args:
        library: the compiled kernels.
        network, sample: the shape, and the examples.
    """

    def __init__(self, library: ctypes.CDLL, network: Network, sample: Sample) -> None:
        self._arrays, self._net = _net(network, sample, np.zeros(1))
        self._measure = library.measure

    def sums(self, theta: Array) -> Array:
        """Sums over the examples, (runs, 4), for theta (runs, parameters).

        They are of the loss, of examples in a wrong class, of outputs that say 1 and should not, and that do not and should.
        """
        theta, found = np.ascontiguousarray(theta), np.empty((len(theta), 4))
        self._measure(ctypes.byref(self._net), _pointer(theta), ctypes.c_int64(len(theta)), _pointer(found))
        return found


def meter(network: Network, sample: Sample) -> Meter | None:
    """The meter of this sample, or None where NumPy is to measure."""
    built = library() if knows(network) and sample.X.shape[1] > 0 else None
    return Meter(built, network, sample) if built is not None else None


def _net(network: Network, sample: Sample, penalized: NDArray[Any]) -> tuple[list[NDArray[Any]], _Net]:
    """A net and a sample as the kernels take them, and first the arrays that it points to, to be kept as long."""
    arrays: list[NDArray[Any]] = [
        np.array(network.sizes, dtype=np.int64),
        np.array([ACTIVATIONS[f.name] for f in network.hidden], dtype=np.int64),
        np.array([getattr(f, "leak", 0.0) for f in network.hidden], dtype=np.float64),
        np.ascontiguousarray(sample.X),
        np.ascontiguousarray(sample.Y),
        penalized.astype(np.uint8),
    ]
    loss = LOSSES[network.loss.name, network.unit.name if network.unit else None]
    numbers = network.n_layers, int(network.offsets), loss, network.n_parameters, sample.X.shape[1]
    return arrays, _Net(*numbers, *(array.ctypes.data for array in arrays))


@functools.cache
def library() -> ctypes.CDLL | None:
    """The compiled kernels, or None where they have not been built, or NNEXP_COMPILED is 0."""
    place = _place()
    if os.environ.get("NNEXP_COMPILED") == "0" or not place.is_file():
        return None
    try:
        content = place.read_bytes()
        if content.endswith(_seal(content[:-SEAL])):
            return ctypes.CDLL(str(place))
    except OSError:
        return None
    aside = files.set_aside(place, "is damaged")
    if aside is not None:
        again = "NumPy trains alone, more slowly; python -m nnexp.net.compiled builds it again"
        set_aside.append(replace(aside, then=again))
    return None


def _seal(content: bytes) -> bytes:
    """What stands behind the kernels as they were built: loading damaged ones could end the process, or train wrongly."""
    return hashlib.blake2b(content, digest_size=SEAL).digest()


def build() -> str:
    """Build the kernels, and say in a sentence what came of it."""
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        return "there is no C compiler, so NumPy trains alone; with one, small nets train several times as fast"
    place = _place()
    temporary = place.with_suffix(f".{os.getpid()}")
    try:
        place.parent.mkdir(exist_ok=True)
        command = [compiler, *FLAGS, *map(str, sorted(SOURCES.glob("*.c"))), "-o", str(temporary), "-lm"]
        subprocess.run(command, check=True, capture_output=True)
        content = temporary.read_bytes()
        temporary.write_bytes(content + _seal(content))
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
    sources = [file.read_text() for file in sorted(SOURCES.glob("*.[ch]"))]
    made_from = f"{sources}{FLAGS}{SEAL}{platform.machine()}{processor}"
    digest = hashlib.blake2b(made_from.encode(), digest_size=8).hexdigest()
    return SOURCES.parent / "__pycache__" / f"kernels-{digest}.so"


if __name__ == "__main__":
    print(build())
