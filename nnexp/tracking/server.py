"""MLflow's UI on this machine: start its server, wait until it answers, say where to look, and stop it in the end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from pathlib import Path

from nnexp.errors import UserError
from nnexp.records import Records
from nnexp.tracking import store, views

HOST = "127.0.0.1"
PATIENCE = 90.0
"""Seconds within which the server must answer."""


def serve(root: Path, port: int, sweep: str | None = None) -> None:
    """Serve the store under `root` until interrupted, and say where the views of a sweep are, of the newest unasked.

    Raises:
        UserError: if there is no store, the sweep is not in it, or the port is taken.
    """
    if not (root / "mlflow.db").is_file():
        raise UserError(f"there is no MLflow store in {root}; run a sweep first, as with make sweep")
    _refuse_taken(port)
    seen = links(root, f"http://{HOST}:{port}", sweep)
    server = subprocess.Popen(_command(root, port), env=_environment(), stdout=subprocess.DEVNULL)
    try:
        _wait(server, port)
        said = "\n".join(f"  {name}\n    {link}" for name, link in seen.items())
        print(f"MLflow shows the sweep at\n{said}\nCtrl-C stops it", flush=True)
        if os.environ.get("DISPLAY") or sys.platform == "darwin":
            webbrowser.open(next(iter(seen.values())))
        server.wait()
    finally:
        server.terminate()
        server.wait()


def links(root: Path, address: str, sweep: str | None = None, uri: str | None = None) -> dict[str, str]:
    """Links to a sweep's views, to the newest's unasked, and to its own page, by what they show.

    Args:
        root: the folder of everything that is made.
        address: of MLflow's server.
        sweep: its name or id.
        uri: of the store; the one beside the records, unasked.

    Raises:
        UserError: if the sweep is not in the store.
    """
    record = Records(root).sweep(sweep)
    client = store.open_store(uri or store.default_uri(root))
    experiment = client.get_experiment_by_name(record.name)
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


def _command(root: Path, port: int) -> list[str]:
    server = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    return [*server, "--backend-store-uri", store.default_uri(root), "--uvicorn-opts", "--log-level warning"]


def _environment() -> dict[str, str]:
    quiet = {"PYTHONWARNINGS": "ignore", "MLFLOW_LOGGING_LEVEL": "ERROR"}
    return {**os.environ, **quiet, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def _refuse_taken(port: int) -> None:
    if not 1 <= port <= 65535:
        raise UserError(f"--port {port} is no port; give a number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UserError(f"port {port} cannot be used ({error.strerror}); give another, as in PORT=5001") from None


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise UserError(f"the MLflow server stopped by itself (exit {server.returncode}); its own words are above")
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=1):
                return
        except OSError:
            time.sleep(0.3)
    raise UserError(f"the MLflow server did not answer within {PATIENCE:.0f} s; try again")
