"""Sweeps whose MLflow store is locked, down, killed, slow, silent, or talks nonsense: records are whole, and it catches up."""

import contextlib
import http.server
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from faults import around, page, proxy
from tracking.servers import POSTGRESQL, mlflow_on, postgresql
from tracking.test_ui import free_port

TITLE = "MLflow's store and server"
WELL = "the sweep ends with 0, its records whole; `sync` brings up what lacks, each entry once"
QUICK = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "2", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
NOT_TRACKED = "not tracked: MLflow cannot be written ("


def synced(folder, changed=None):
    """`sync`, carried through."""
    return around.run(folder, "sync", module="nnexp.tracking", changed=changed)


def ends_well(done, folder):
    """Whether a sweep ended on whole records without a word on standard error."""
    return done.returncode == 0 and done.stderr == "" and around.is_whole(folder / "runs")


def is_told(done):
    """Whether it was said in a line that the sweep is not tracked, and what to do."""
    line = around.line_of(done, NOT_TRACKED)
    return line.endswith("; the records are whole, and make sync, or the same command, tries again")


@contextlib.contextmanager
def locked(folder, seconds=None):
    """A store that another program holds an exclusive transaction on, so long, or until the end."""
    script = "import sqlite3, sys, time\nc = sqlite3.connect(sys.argv[1], timeout=60)\nc.execute('BEGIN EXCLUSIVE')\n"
    script += "print(flush=True)\ntime.sleep(float(sys.argv[2]))\n"
    words = [sys.executable, "-c", script, str(folder / "runs" / "mlflow.db"), str(seconds or 3600)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as holder:
        try:
            holder.stdout.readline()
            yield
        finally:
            holder.kill()


def prepared(folder):
    """A store with one other sweep in it."""
    done = around.run(folder, "dataset=xor", "width=2", "steps=2", "seeds=1", "judge=false", "name=other")
    assert done.returncode == 0, done.stderr


def locked_for_seconds(folder, seconds=6):
    """The store is locked for some seconds: the sweep waits, and is shown."""
    prepared(folder)
    with locked(folder, seconds):
        done = around.sweep(folder)
    return ends_well(done, folder) and not around.line_of(done, "not tracked") and around.is_shown(folder / "runs")


def locked_for_ever(folder):
    """The store stays locked: after a bounded time a line says so, and `sync` catches up when it is free."""
    prepared(folder)
    with locked(folder):
        start = time.monotonic()
        done = around.sweep(folder)
        seconds = time.monotonic() - start
        refused = synced(folder)
    later = synced(folder)
    told = ends_well(done, folder) and is_told(done) and around.is_refused(refused, "database is locked")
    return told and later.returncode == 0 and around.is_shown(folder / "runs"), seconds


def at(uri):
    """The words that have a sweep shown at an address."""
    return f"tracking.uri={uri}"


def out_of_order(folder, does, changed=None):
    """A server that does this instead of answering: a line says so within a bounded time; gives the seconds, too."""
    start = time.monotonic()
    with proxy.proxy(does) as server:
        done = around.sweep(folder, at(server.uri), changed=changed)
    return ends_well(done, folder) and is_told(done), time.monotonic() - start


def down(folder, changed=None):
    """No server at all."""
    start = time.monotonic()
    done = around.sweep(folder, at(f"http://127.0.0.1:{free_port()}"), changed=changed)
    return ends_well(done, folder) and is_told(done), time.monotonic() - start


def fails_in_the_middle(folder, behind, does, after, delay=0.0):
    """MLflow's server does this from a request on: a line says so; when it is well again, `sync` catches up."""
    with proxy.proxy(does, behind, delay, after) as server:
        done = around.sweep(folder, at(server.uri), changed=QUICK)
        told = is_told(done) if does != "lose" else not around.line_of(done, "not tracked")
        server.does = "pass"
        later = synced(folder)
        again = synced(folder)
    caught_up = later.returncode == 0 and "was up to date" in again.stdout
    return ends_well(done, folder) and told and caught_up and around.has_all(f"http://127.0.0.1:{behind}")


def slow(folder, behind, delay):
    """Every answer is late: it takes longer, and nothing else."""
    with proxy.proxy("pass", behind, delay) as server:
        done = around.sweep(folder, at(server.uri))
    return ends_well(done, folder) and around.has_all(f"http://127.0.0.1:{behind}")


@contextlib.contextmanager
def server(folder):
    """MLflow's server on an SQLite store of its own; gives its port."""
    folder.mkdir()
    with mlflow_on(f"sqlite:///{folder}/served.db", folder) as uri:
        yield int(uri.rsplit(":", 1)[1])
