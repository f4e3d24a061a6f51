"""How a job travels: its large arrays apart from the rest, each once to a worker, however many jobs share it.

A data set is the same for most jobs of a sweep. Where arrays are handed over by themselves, joblib maps them into its workers'
memory, Dask scatters them and Ray keeps them in its store, so that they are not sent with every job. What is packed
here is unpacked by a worker of the same sweep, and comes from nowhere else.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pickle import Pickler, Unpickler  # between the processes of one sweep, as joblib does; no file is ever read so
from typing import Any

import numpy as np

LARGE = 2**16
"""Bytes from which an array travels by itself."""

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Parcel:
    """A job without its large arrays; `arrays` are the keys by which they are known, in their order."""

    rest: bytes
    arrays: tuple[str, ...]


class Packer:
    """Packs the jobs of one sweep; arrays with the same content are one.

    Args:
        hand_over: makes of an array what is handed over in its place, such as a reference to a store.
    """

    def __init__(self, hand_over: Callable[[Array], Any] = lambda array: array) -> None:
        self._hand_over = hand_over
        self._kept: dict[str, Any] = {}
        self._known: dict[int, tuple[Array, str]] = {}

    def pack(self, job: Any) -> tuple[Parcel, list[Any]]:
        """The job's parcel, and what is handed over beside it."""
        written, keys = io.BytesIO(), []

        def apart(part: Any) -> int | None:
            if type(part) is not np.ndarray or part.nbytes < LARGE or part.dtype.hasobject:
                return None
            keys.append(self._key(part))
            return len(keys) - 1

        pickler = Pickler(written, protocol=5)
        pickler.persistent_id = apart  # type: ignore[method-assign]
        pickler.dump(job)
        return Parcel(written.getvalue(), tuple(keys)), [self._kept[key] for key in keys]

    def _key(self, array: Array) -> str:
        """What an array's content is known by; it is looked at once."""
        if id(array) not in self._known:
            content = hashlib.blake2b(np.ascontiguousarray(array).view(np.uint8).data, digest_size=16).hexdigest()
            key = f"{content} {array.dtype} {array.shape} {array.flags.c_contiguous}"
            self._known[id(array)] = array, key  # kept, so that its address is no other's
            if key not in self._kept:
                self._kept[key] = self._hand_over(array)
        return self._known[id(array)][1]


def unpack(parcel: Parcel, arrays: Sequence[Array]) -> Any:
    """The job that was packed, for the arrays that came beside it.

    One that came to an odd address is copied: NumPy adds its numbers up in another order, whose last bits are others.
    """
    aligned = [np.require(array, requirements="A") for array in arrays]
    unpickler = Unpickler(io.BytesIO(parcel.rest))
    unpickler.persistent_load = lambda place: aligned[place]  # type: ignore[method-assign]
    return unpickler.load()
