"""A Ray cluster: a running one that this machine is a node of, or one of its cores that is ended after its sweep."""

from __future__ import annotations

import functools
import importlib
import os
import secrets
import shutil
from typing import Any

import joblib

from nnexp.backends.parcels import run

LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""What keeps a Ray of its own to 127.0.0.1, on Linux too; Ray reads it when it is imported."""

QUIET = {"configure_logging": False, "logging_level": "ERROR", "log_to_driver": False}


class Ray:
    """A driver of a Ray cluster.

    Args:
        address: the address of a running one; None starts one here.
        workers: how many processes one that is started here has; None is one a core.
    """

    def __init__(self, address: str | None, workers: int | None) -> None:
        if address is None:
            os.environ.update(LOOPBACK, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=_token())
        ray: Any = importlib.import_module("ray")
        self._ray, self._own = ray, address is None
        size = {"num_cpus": workers or joblib.cpu_count(), "include_dashboard": False} if self._own else {}
        began = ray.init(address=address or "local", **size, **QUIET)
        self.address, self._folder = began.address_info["gcs_address"], began.address_info["session_dir"]
        crashes = ray.exceptions
        self.lost = (
            crashes.WorkerCrashedError,
            crashes.NodeDiedError,
            crashes.ObjectLostError,
            crashes.OutOfMemoryError,
        )
        self._run = ray.remote(num_cpus=1)(run)
        self._references: dict[Any, Any] = {}

    def workers(self) -> int:
        """How many tasks it does at a time."""
        return int(self._ray.cluster_resources().get("CPU", 0))

    def send(self, parcel: bytes) -> Any:
        """A handle of examples that are on the cluster from now on; each node gets them once."""
        return self._ray.put(parcel)

    def submit(self, content: bytes, keys: list[str], handles: list[Any]) -> Any:
        """Have a packed task done."""
        reference = self._run.remote(content, keys, *handles)
        future = reference.future()
        self._references[future] = reference
        future.add_done_callback(lambda done: self._references.pop(done, None))
        return future

    def cancel(self, futures: list[Any]) -> None:
        """Have these done no more."""
        for future in futures:
            reference = self._references.pop(future, None)
            if reference is not None:
                self._ray.cancel(reference, force=True)

    def versions(self) -> list[dict[str, str]]:
        """What a worker says of itself; raises where it lacks this package."""
        from nnexp.backends.work import versions

        return [self._ray.get(self._ray.remote(versions).remote())]

    def close(self) -> None:
        """Leave the cluster; one that was started here is ended, and its logs with it."""
        self._ray.shutdown()
        if self._own:
            shutil.rmtree(self._folder, ignore_errors=True)


@functools.cache
def _token() -> str:
    """What lets this process alone into its Rays: one for all of them, since Ray reads it once."""
    return secrets.token_hex(32)
