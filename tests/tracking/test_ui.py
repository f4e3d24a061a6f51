"""Does `make ui` serve the newest sweep on this machine, and refuse in one line where it cannot?"""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import nnexp
from nnexp.errors import UserError
from nnexp.tracking import __main__ as ui

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(nnexp.__file__).parents[1]), "DISPLAY": ""}


def heed_ctrl_c():
    """A shell's background jobs are started deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def free_port():
    with socket.socket() as probe:
        probe.bind((ui.HOST, 0))
        return probe.getsockname()[1]


def test_the_newest_sweep_is_served_on_this_machine(tmp_path):
    asked = {"dataset": "xor", "steps": 3, "seeds": 2, "name": "served", "tracking": {"store": "mlflow"}}
    nnexp.sweep(**asked, runs_dir=str(tmp_path / "runs"), backend={"where": "serial"})
    command = [sys.executable, "-m", "nnexp.tracking", "--port", str(free_port())]
    server = subprocess.Popen(
        command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c
    )
    try:
        assert server.stdout is not None
        link = next(line.strip() for line in server.stdout if "http://127.0.0.1" in line)
        host = re.match(r"http://127\.0\.0\.1:\d+", link).group()
        with urllib.request.urlopen(f"{host}/health", timeout=10) as answer:
            assert answer.read() == b"OK"
        with urllib.request.urlopen(host, timeout=10) as answer:
            assert b"<title>MLflow</title>" in answer.read()
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 0
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()
    assert "workflowType=machine_learning" in link
    assert "tags.level%20%3D%20%27configuration%27" in link


def test_a_port_in_use_is_said(tmp_path):
    (tmp_path / "mlflow.db").touch()
    with socket.socket() as taken:
        taken.bind((ui.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} cannot be used.*give another"):
            ui.serve(tmp_path, port)


def test_nothing_to_show_is_said(tmp_path):
    with pytest.raises(UserError, match="run a sweep first"):
        ui.serve(tmp_path, free_port())
