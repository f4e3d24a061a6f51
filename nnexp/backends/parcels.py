"""Tasks on their way to a cluster, without the data that many of them share: those travel apart, and once.

The examples of a data set (`nnexp.net.objective.Sample`) are the large part of a task, and the same in thousands. A packed task
names them by a digest of what they hold, whichever objects held them. They travel as bytes, not as arrays that a cluster takes
apart: Dask's arrive unaligned at times, and NumPy sums such in another order.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from cloudpickle import CloudPickler

from nnexp.net.objective import Sample

LEAST_BYTES = 10_000
"""Examples of fewer travel with the task."""


class _Packer(CloudPickler):
    """Leaves large samples out, and keeps them by their digest."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.parcels: dict[str, bytes] = {}

    def persistent_id(self, obj: Any) -> str | None:
        if type(obj) is not Sample or obj.X.nbytes + obj.Y.nbytes < LEAST_BYTES:
            return None
        key = _digest(obj)
        if key not in self.parcels:
            self.parcels[key] = pickle.dumps(obj)
        return key


class _Unpacker(pickle.Unpickler):
    """Puts the samples back."""

    def __init__(self, content: bytes, parcels: dict[str, bytes]) -> None:
        super().__init__(io.BytesIO(content))
        self._parcels = parcels

    def persistent_load(self, pid: str) -> Sample:
        sample: Sample = pickle.loads(self._parcels[pid])
        return sample


def packed(task: Callable[[], Any]) -> tuple[bytes, dict[str, bytes]]:
    """A task without its large samples, and those, by their digest."""
    file = io.BytesIO()
    packer = _Packer(file)
    packer.dump(task)
    return file.getvalue(), packer.parcels


def run(content: bytes, keys: Sequence[str], *parcels: bytes) -> Any:
    """Do a packed task with its samples, on a worker."""
    task = _Unpacker(content, dict(zip(keys, parcels, strict=True))).load()
    return task()


def _digest(sample: Sample) -> str:
    made = hashlib.blake2b(digest_size=16)
    for array in (sample.X, sample.Y):
        made.update(f"{array.dtype} {array.shape} {array.strides}".encode())
        made.update(np.ascontiguousarray(array).data)
    return made.hexdigest()
