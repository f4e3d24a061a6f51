"""Servers of a test's own, on this machine alone: PostgreSQL, as Debian has it, and MLflow's on top of it."""

import contextlib
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from tracking.test_ui import free_port

from nnexp.tracking import server

POSTGRESQL = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
"""Where its programs are; nothing where it is not installed."""


def as_other_than_root():
    """PostgreSQL refuses to be run by root; the package made a user of its own for it."""
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return {}


@contextlib.contextmanager
def postgresql(folder):
    """A server of databases in an empty folder; gives what makes an empty database and says its address."""
    port, identity = free_port(), as_other_than_root()
    if identity:
        for path in (folder, *folder.parents[:3]):
            path.chmod(0o755)
        shutil.chown(folder, identity["user"], identity["group"])
    tool = {path.name: str(path) for path in Path(POSTGRESQL[-1]).iterdir()}
    data = str(folder / "data")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **identity}
    subprocess.run([tool["initdb"], "-D", data, "-A", "trust", "-U", "nnexp", "--no-sync"], check=True, **quiet)
    options = ["-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-F"]
    process = subprocess.Popen([tool["postgres"], *options], **quiet)
    address = ["-h", "127.0.0.1", "-p", str(port), "-U", "nnexp"]
    try:
        for _ in range(100):
            if subprocess.run([tool["pg_isready"], *address], check=False, **quiet).returncode == 0:
                break
            time.sleep(0.2)

        def made(name):
            subprocess.run([tool["createdb"], *address, name], check=True, **quiet)
            return f"postgresql+psycopg://nnexp@127.0.0.1:{port}/{name}"

        yield made
    finally:
        for engine in SqlAlchemyStore._engine_map.values():
            engine.dispose()
        process.send_signal(signal.SIGINT)  # which does not wait for who is still connected
        process.wait(timeout=30)


@contextlib.contextmanager
def mlflow_on(uri, folder):
    """MLflow's server on a database, its artifacts in a folder; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", server.HOST, "--port", str(port)]
    command += ["--workers", "2", "--backend-store-uri", uri, "--artifacts-destination", str(folder / "artifacts")]
    process = subprocess.Popen(command, env=server._environment(), cwd=folder, stderr=subprocess.DEVNULL)
    try:
        server._wait(process, f"http://{server.HOST}:{port}")
        yield f"http://{server.HOST}:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
