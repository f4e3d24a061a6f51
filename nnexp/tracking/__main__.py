"""Show the sweeps in MLflow's UI, on this machine only.

    python -m nnexp.tracking [--port 5000] [--runs-dir runs]

Starts the server, waits until it answers, prints the link to the newest sweep's configurations, and stops on Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import webbrowser
from pathlib import Path

from nnexp.errors import UserError
from nnexp.records import Records
from nnexp.terminal import refuse
from nnexp.tracking import store

HOST = "127.0.0.1"
PATIENCE = 90.0
"""Seconds within which the server must answer."""


def main() -> None:
    """Run the command line; leaves with 2 where there is nothing to show or the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m nnexp.tracking", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=5000, help="the port on 127.0.0.1")
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"), help="the folder of everything that is made")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the server never outlives this
    try:
        serve(asked.runs_dir, asked.port)
    except UserError as error:
        refuse(error)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nstopped")


def serve(root: Path, port: int) -> None:
    """Serve the store under `root` until interrupted.

    Raises:
        UserError: if there is no store, or the port is taken.
    """
    if not (root / "mlflow.db").is_file():
        raise UserError(f"there is no MLflow store in {root}; run a sweep first, as with make sweep")
    _refuse_taken(port)
    link = newest_sweep(root, port)
    server = subprocess.Popen(_command(root, port), env=_environment(), stdout=subprocess.DEVNULL)
    try:
        _wait(server, port)
        print(f"MLflow shows the newest sweep at\n  {link}\nCtrl-C stops it", flush=True)
        if os.environ.get("DISPLAY") or sys.platform == "darwin":
            webbrowser.open(link)
        server.wait()
    finally:
        server.terminate()
        server.wait()


def newest_sweep(root: Path, port: int) -> str:
    """The link to the table of the newest sweep's configurations, the best median test loss first."""
    record = Records(root).sweep()
    experiment = store.open_store(store.default_uri(root)).get_experiment_by_name(record.name)
    if experiment is None:
        raise UserError(f"the newest sweep, {record.name}, is not in the store; run it again without tracking=none")
    query = urllib.parse.urlencode(
        {
            "workflowType": "machine_learning",
            "compareRunsMode": "CHART",
            "searchFilter": f"tags.level = 'configuration' and tags.sweep = '{record.id}'",
            "orderByKey": "metrics.`test loss/median`",
            "orderByAsc": "true",
        },
        quote_via=urllib.parse.quote,
    )
    return f"http://{HOST}:{port}/#/experiments/{experiment.experiment_id}/runs?{query}"


def _command(root: Path, port: int) -> list[str]:
    server = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    return [*server, "--backend-store-uri", store.default_uri(root)]


def _environment() -> dict[str, str]:
    return {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


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


if __name__ == "__main__":
    main()
