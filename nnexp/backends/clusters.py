"""Dask and Ray: a cluster that runs already, or one on this machine that ends with this process.

Both are extras, imported when they are asked for. What this process starts listens on loopback alone.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import logging
import os
import socket
from types import ModuleType
from typing import Any

import joblib

from nnexp import interrupts
from nnexp.config import Backend
from nnexp.errors import UserError

SECONDS_TO_ANSWER = 5.0
LOOPBACK = "127.0.0.1"
RAY_STORE = 2**28
"""Bytes of memory that a Ray of this process's own keeps for what workers share."""


def ready(backend: Backend) -> None:
    """See that the backend can be used; a cluster is started, or connected to.

    Raises:
        UserError: if its library is not there, or nothing answers at its address.
    """
    if backend.where == "dask":
        dask_client(backend.dask.scheduler, backend.workers)
    elif backend.where == "ray":
        ray_cluster(backend.ray.address, backend.workers)


def _library(name: str, extra: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UserError(
            f"backend={extra} needs {extra}, which is not installed; install nnexp's extra of that name, as in "
            f"pip install -e '.[{extra}]', or use backend=processes"
        ) from None


@functools.cache
def dask_client(scheduler: str | None, workers: int | None) -> Any:
    """Dask's client on the scheduler at this address, or on a cluster of this machine's cores."""
    distributed = _library("distributed", "dask")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    if scheduler is not None:
        try:
            client = distributed.Client(scheduler, timeout=SECONDS_TO_ANSWER, set_as_default=False)
        except (OSError, ValueError, ImportError) as error:
            raise _unreachable("dask.scheduler", scheduler, "dask scheduler", error) from None
        atexit.register(client.close)
        return client
    n = workers or joblib.cpu_count()
    with interrupts.held():
        cluster = distributed.LocalCluster(n_workers=n, threads_per_worker=1, host=LOOPBACK, dashboard_address=None)
        client = distributed.Client(cluster, set_as_default=False)
    atexit.register(_closed, client, cluster)
    return client


def _closed(client: Any, cluster: Any) -> None:
    with contextlib.suppress(Exception):  # at the end of the process, where there is nobody to tell
        client.close()
        cluster.close(timeout=1.0)


@functools.cache
def ray_cluster(address: str | None, workers: int | None) -> ModuleType:
    """Ray, connected to the cluster at this address or to one of this machine's cores."""
    for name, value in {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}.items():
        os.environ.setdefault(name, value)
    ray = _library("ray", "ray")
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL, "ignore_reinit_error": True}
    try:
        if address is not None:
            _answers(address)
            ray.init(address=address, **quiet)
        else:
            with interrupts.held():
                ray.init(
                    num_cpus=workers or joblib.cpu_count(),
                    include_dashboard=False,
                    object_store_memory=RAY_STORE,
                    _node_ip_address=LOOPBACK,
                    **quiet,
                )
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreachable("ray.address", str(address), "ray start --head", error) from None
    return ray


def _answers(address: str) -> None:
    """See that something listens at host:port; Ray itself would wait for a minute."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS_TO_ANSWER):
        pass


def _unreachable(key: str, address: str, start: str, error: Exception) -> UserError:
    why = " ".join(str(error).split())[:160] or type(error).__name__
    return UserError(
        f"backend.{key}={address} cannot be used ({why}); start one by {start}, give its address, or leave the address out"
    )
