"""MLflow's UI on this machine: start its server, wait until it answers, say where to look, and stop it in the end."""

from __future__ import annotations

import errno
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from nnexp.config import recorded
from nnexp.errors import UserError
from nnexp.records import Records
from nnexp.tracking import store, views
from nnexp.tracking.place import Place, place_of
from nnexp.tracking.replaced import replacing

HOST = "127.0.0.1"
ANY_HOST = {"0.0.0.0": HOST, "::": "[::1]"}
"""Hosts that stand for every address of this machine, and the address that a link to them has."""

PATIENCE = 90.0
"""Seconds within which the server must answer."""


def serve(root: Path, port: int, sweep: str | None = None, host: str = HOST, prefix: str = "") -> None:
    """Serve the store that a sweep is tracked in until interrupted, and say where the sweep's views are.

    Where the store is a tracking server's, which has a UI of its own, only the links are said.

    Args:
        root: the folder of everything that is made.
        port: where to listen.
        sweep: its name or id; the newest unless given.
        host: the address to listen on.
        prefix: what the paths of all pages begin with, as in /mlflow.

    Raises:
        UserError: if there is no store, the sweep is not in it, or the host, the port or the prefix cannot be used.
    """
    there = _store_of(root, sweep)
    if there.server:
        print(_said(links(root, there.server, sweep)), flush=True)
        return
    _check(host, port, prefix)
    address = f"http://{ANY_HOST.get(host) or (f'[{host}]' if ':' in host else host)}:{port}{prefix}"
    seen = links(root, address, sweep)
    server = subprocess.Popen(_command(there.uri, host, port, prefix), env=_environment(), stdout=subprocess.DEVNULL)
    try:
        _wait(server, address)
        print(f"{_said(seen)}\nCtrl-C stops it", flush=True)
        if os.environ.get("DISPLAY") or sys.platform == "darwin":
            webbrowser.open(next(iter(seen.values())))
        server.wait()
    finally:
        server.terminate()
        server.wait()


def _store_of(root: Path, sweep: str | None) -> Place:
    """Where a sweep is tracked, and there is a store.

    Raises:
        UserError: if there is none.
    """
    record = Records(root).sweep(sweep)
    there = place_of(recorded(record.config[-1]).tracking, root, record.name)
    if there.uri.startswith("databricks"):
        raise UserError(f"{there.uri} has a UI of its own, in the workspace; look there")
    if store.SQLITE.match(there.uri) and not store.file_of(there.uri).is_file():
        raise UserError(
            f"there is no MLflow store in {store.file_of(there.uri)}; python -m nnexp.tracking sync writes it"
        )
    return there


def _said(seen: Mapping[str, str]) -> str:
    return "\n".join(["MLflow shows the sweep at", *(f"  {name}\n    {link}" for name, link in seen.items())])


def links(root: Path, address: str, sweep: str | None = None, uri: str | None = None) -> dict[str, str]:
    """Links to a sweep's views, to the newest's unasked, and to its own page, by what they show.

    Args:
        root: the folder of everything that is made.
        address: of MLflow's server.
        sweep: its name or id.
        uri: of the store; the one that the sweep is tracked in unless given.

    Raises:
        UserError: if the sweep is not in the store.
    """
    records = Records(root)
    record = records.sweep(sweep)
    record, tracking = replacing(records, record, recorded(record.config[-1]).tracking)
    there = place_of(tracking, root, record.name)
    client = store.open_store(uri or there.uri)
    experiment = client.get_experiment_by_name(there.experiment)
    known = experiment.tags if experiment is not None else {}
    kept = views.kept(record, known)
    if experiment is None or not kept:
        raise UserError(f"the sweep {record.name} is not in the store; make sync SWEEP={record.name} shows it")
    place = f"{address}/#/experiments/{experiment.experiment_id}/runs"
    found = {
        name: f"{place}?workflowType=machine_learning&compareRunsMode=CHART&viewStateShareKey={view}"
        for view, name in kept.items()
    }
    own = client.search_runs(
        [experiment.experiment_id], f"tags.sweep = '{record.id}' and tags.level = 'sweep'", max_results=1
    )
    return found | {
        f"The {record.name} sweep: note, tables, figures": f"{place}/{run.info.run_id}?workflowType=machine_learning"
        for run in own
    }


def _command(uri: str, host: str, port: int, prefix: str) -> list[str]:
    server = [sys.executable, "-m", "mlflow", "server", "--host", host, "--port", str(port), "--workers", "1"]
    server += ["--static-prefix", prefix] if prefix else []
    return [*server, "--backend-store-uri", uri, "--uvicorn-opts", "--log-level warning"]


def _environment() -> dict[str, str]:
    quiet = {"PYTHONWARNINGS": "ignore", "MLFLOW_LOGGING_LEVEL": "ERROR"}
    kept = {key: value for key, value in os.environ.items() if key != "MLFLOW_STATIC_PREFIX"}
    return {**kept, **quiet, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def _check(host: str, port: int, prefix: str) -> None:
    """Refuse a host or port that cannot be listened on, and a prefix that MLflow refuses."""
    if not re.fullmatch(r"(/[\w.~-]+)*", prefix):
        raise UserError(f"--static-prefix {prefix} cannot be used; give a path as in /mlflow, without a / at its end")
    if not 1 <= port <= 65535:
        raise UserError(f"--port {port} is no port; give a number from 1 to 65535")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise UserError(f"--host {host} is not known; give an address of this machine, as in 0.0.0.0") from None
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise UserError(f"--host {host} is no address of this machine; give one, as in 0.0.0.0") from None
            raise UserError(f"port {port} cannot be used ({error.strerror}); give another, as in PORT=5001") from None


def _wait(server: subprocess.Popen[bytes], address: str) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise UserError(f"the MLflow server stopped by itself (exit {server.returncode}); its own words are above")
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1):
                return
        except OSError:
            time.sleep(0.3)
    raise UserError(f"the MLflow server did not answer within {PATIENCE:.0f} s; try again")
