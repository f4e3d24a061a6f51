"""Does `make ui` serve the newest sweep on this machine, and do the commands beside it refuse in one line where they cannot?"""

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
from nnexp.tracking import metrics, server

ROOT = Path(nnexp.__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "DISPLAY": ""}


def heed_ctrl_c():
    """A shell's background jobs are started deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def free_port():
    with socket.socket() as probe:
        probe.bind((server.HOST, 0))
        return probe.getsockname()[1]


def command(*arguments, folder):
    program = [sys.executable, "-m", "nnexp.tracking", *map(str, arguments)]
    return subprocess.run(
        program, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False
    )


def tiny(root, **asked):
    asked = {"dataset": "xor", "steps": 3, "seeds": 2, "name": "served", "tracking": {"store": "mlflow"}, **asked}
    return nnexp.sweep(**asked, runs_dir=str(root), backend={"where": "serial"})


def test_the_newest_sweep_is_served_on_this_machine(tmp_path):
    tiny(tmp_path / "runs", name="older", optimizer=["gd", "sgd"])
    tiny(tmp_path / "runs")
    program = [sys.executable, "-m", "nnexp.tracking", "ui", "--port", str(free_port())]
    process = subprocess.Popen(
        program, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c
    )
    try:
        assert process.stdout is not None
        link = next(line.strip() for line in process.stdout if "http://127.0.0.1" in line)
        host = re.match(r"http://127\.0\.0\.1:\d+", link).group()
        with urllib.request.urlopen(f"{host}/health", timeout=10) as answer:
            assert answer.read() == b"OK"
        with urllib.request.urlopen(host, timeout=10) as answer:
            assert b"<title>MLflow</title>" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()
    assert "workflowType=machine_learning" in link
    assert re.search(r"viewStateShareKey=[0-9a-f]{16}-configurations$", link)
    older = server.links(tmp_path / "runs", "http://127.0.0.1:5000", "older")
    assert [name.split(" - ")[0] for name in older] == [
        *("1 Configurations", "2 Saddles and runs that did not settle", "3 GD beside SGD"),
        "The older sweep: note, tables, figures",
    ]
    assert not set(older.values()) & {link}


def test_it_is_served_on_another_host_and_behind_a_prefix(tmp_path):
    """The links have the prefix, and what they lead to is there."""
    tiny(tmp_path / "runs")
    port = free_port()
    program = [sys.executable, "-m", "nnexp.tracking", "ui", "--port", str(port), "--host", "0.0.0.0"]
    process = subprocess.Popen(
        [*program, "--static-prefix", "/in/here"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )
    try:
        assert process.stdout is not None
        link = next(line.strip() for line in process.stdout if "http" in line)
        assert link.startswith(f"http://127.0.0.1:{port}/in/here/#/experiments/")
        with urllib.request.urlopen(link.partition("#")[0], timeout=10) as answer:
            assert b"<title>MLflow</title>" in answer.read()
        listening = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)[0][4][0]
        with socket.create_connection((listening, port), timeout=10):
            pass
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"host": "no.such.host.invalid"}, "--host no.such.host.invalid is not known; give an address"),
        ({"host": "192.0.2.1"}, "--host 192.0.2.1 is no address of this machine"),
        ({"prefix": "mlflow"}, "--static-prefix mlflow cannot be used; give a path as in /mlflow"),
        ({"prefix": "/mlflow/"}, "--static-prefix /mlflow/ cannot be used"),
        ({"prefix": "/{x}"}, "--static-prefix /{x} cannot be used"),
    ],
)
def test_a_host_or_a_prefix_that_cannot_be_used_is_said(tmp_path, more, line):
    tiny(tmp_path)
    with pytest.raises(UserError, match=re.escape(line)):
        server.serve(tmp_path, free_port(), **more)


def test_the_store_that_the_sweep_is_tracked_in_is_the_one_that_is_served(tmp_path, monkeypatch):
    uri = f"sqlite:///{tmp_path}/other.db"
    tiny(tmp_path / "runs", tracking={"store": "mlflow", "uri": uri})
    asked = []
    monkeypatch.setattr(server.subprocess, "Popen", lambda command, **_: asked.append(command) or exit())
    with pytest.raises(SystemExit):
        server.serve(tmp_path / "runs", free_port())
    assert asked[0][asked[0].index("--backend-store-uri") + 1] == uri


def test_a_port_in_use_is_said(tmp_path):
    tiny(tmp_path)
    with socket.socket() as taken:
        taken.bind((server.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} cannot be used.*give another"):
            server.serve(tmp_path, port)
    with pytest.raises(UserError, match="--port 70000 is no port"):
        server.serve(tmp_path, 70000)


def test_nothing_to_show_is_said(tmp_path):
    with pytest.raises(UserError, match="run one first"):
        server.serve(tmp_path, free_port())
    tiny(tmp_path, tracking={"store": "none"})
    with pytest.raises(UserError, match=r"there is no MLflow store in .*mlflow.db; python -m nnexp.tracking sync"):
        server.serve(tmp_path, free_port())
    (tmp_path / "mlflow.db").touch()
    with pytest.raises(UserError, match="the sweep served is not in the store; make sync SWEEP=served shows it"):
        server.links(tmp_path, "http://127.0.0.1:5000")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show"], "nnexp: argument do: invalid choice: 'show'"),
        (["ui", "--port", "x"], "nnexp: argument --port: invalid int value: 'x'"),
        (["sync", "no_such_sweep"], "nnexp: no sweep no_such_sweep is on record"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(tmp_path, arguments, line):
    done = command(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_sync_shows_what_is_missing_once(tmp_path):
    tiny(tmp_path / "runs")
    tiny(tmp_path / "runs", name="untracked", seeds=3, tracking={"store": "none"})
    (tmp_path / "runs" / "mlflow.db").unlink()
    first, second = (command("sync", folder=tmp_path) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert re.search(r"served \([0-9a-f]{16}\): brought up to date", first.stdout)
    assert re.search(r"served \([0-9a-f]{16}\): was up to date", second.stdout)
    assert "untracked" not in first.stdout
    assert "untracked" in command("sync", "untracked", folder=tmp_path).stdout


def test_the_metrics_are_printed_as_the_docs_list_them(tmp_path):
    done = command("metrics", folder=tmp_path)
    assert done.stdout.strip() == metrics.described()
    assert metrics.described() in (ROOT / "docs" / "tracking.md").read_text(encoding="utf-8")
