"""Which clusters are open in this process: opened when they are first needed, closed when the sweep is over."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import importlib.util
import socket
from collections.abc import Iterator
from typing import Any

from nnexp import interrupts
from nnexp.backends.handing import Cluster
from nnexp.backends.work import versions
from nnexp.config import Backend
from nnexp.errors import UserError

PACKAGES = {"dask": "distributed", "ray": "ray"}
SOON = 3.0
"""Seconds in which an address has to answer."""

_open: dict[Backend, Any] = {}


def check(backend: Backend) -> None:
    """Refuse a backend that cannot be used, in a few seconds and before anything is written.

    Raises:
        UserError: if its package lacks, or nothing answers at its address, or workers there would not do the same.
    """
    package = PACKAGES.get(backend.where)
    if package and importlib.util.find_spec(package) is None:
        raise UserError(
            f"backend={backend.where} needs the package {package}, which is not installed; "
            f"pip install {package}, or choose another backend: processes, serial"
        )
    if _address(backend) is not None:
        cluster(backend)


def cluster(backend: Backend) -> Cluster | None:
    """The cluster of a backend, opened now or before; None where it is this machine without one.

    Raises:
        UserError: if it cannot be reached, or its workers lack what they need.
    """
    if backend.where not in PACKAGES:
        return None
    if backend not in _open:
        for other in [other for other in _open if other.where == backend.where]:
            _open.pop(other).close()  # a process has one of a kind
        _open[backend] = _reached(backend)
    found: Cluster = _open[backend]
    return found


def here(backend: Backend) -> Backend:
    """This machine's cores in place of a cluster, for what needs this machine's files."""
    return Backend(where="processes") if backend.where in PACKAGES else backend


@contextlib.contextmanager
def closing() -> Iterator[None]:
    """Close every cluster at the end of a sweep; those that were running before run on."""
    try:
        yield
    finally:
        close()


@atexit.register
def close() -> None:
    """Close every cluster that is open."""
    while _open:
        _open.popitem()[1].close()


def _address(backend: Backend) -> str | None:
    return {"dask": backend.dask.scheduler, "ray": backend.ray.address}.get(backend.where)


def _reached(backend: Backend) -> Any:
    """The opened cluster of a backend."""
    address = _address(backend)
    if address is not None:
        _answers(address)
    try:
        made = getattr(importlib.import_module(f"nnexp.backends.{backend.where}"), backend.where.title())
        with interrupts.held():
            opened = made(address, backend.workers)
    except Exception as error:  # of the cluster's own program, the network, this machine: whatever it is
        what = f"at {address} cannot be used" if address else "cannot be started here"
        raise UserError(f"the {backend.where.title()} cluster {what} ({_said(error)})") from error
    if address is not None:
        try:
            _same(opened, address)
        except UserError:
            opened.close()
            raise
    return opened


def _answers(address: str) -> None:
    """Refuse an address where nobody listens."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=SOON).close()
    except OSError as error:
        raise UserError(f"nothing answers at {address} ({error}); start the cluster, or give its address") from None


def _same(opened: Any, address: str) -> None:
    """Refuse a cluster without workers, and workers that lack this package or would give other bits."""
    try:
        found = opened.versions() if opened.workers() else []
    except Exception as error:
        raise UserError(f"workers at {address} cannot use nnexp ({_said(error)}); install it for them") from error
    if not found:
        raise UserError(f"the cluster at {address} has no worker; start one, as in: dask worker {address}")
    for name, version in ((name, version) for each in found for name, version in each.items()):
        if version != versions()[name]:
            raise UserError(
                f"a worker at {address} has {name} {version}, and here it is {versions()[name]}; the same bits need the same "
                "version: install what is in requirements.lock in both places"
            )


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
