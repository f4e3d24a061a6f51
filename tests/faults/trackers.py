"""Sweeps whose MLflow store is locked, down, killed, slow, silent, or talks nonsense: records are whole, and it catches up."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tracking.servers import POSTGRESQL, as_other_than_root, mlflow_on, postgresql
from tracking.test_ui import free_port

from faults import around, page, proxy
from faults.places import places_of

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


def database_stops(folder, address, stop, start):
    """PostgreSQL is stopped while entries are written: a line says so; when it runs again, `sync` catches up."""
    words = around.command("nnexp", *around.ASKED, at(address), "tracking.writer=client")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=folder, env=around.environment(), **pipes) as started:
        wait_for_entries(address, 6)
        stop()
        out, said = started.communicate(timeout=around.PATIENCE)
    done = subprocess.CompletedProcess(words, started.returncode, out, said)
    refused = synced(folder)
    start()
    later = synced(folder)
    told = is_told(done) and around.is_refused(refused, "MLflow cannot be written")
    return ends_well(done, folder) and told and later.returncode == 0 and around.has_all(address)


def wait_for_entries(address, count):
    """Wait until a PostgreSQL store has so many entries."""
    from sqlalchemy import create_engine, text

    engine, deadline = create_engine(address), time.monotonic() + 120
    while time.monotonic() < deadline:
        with contextlib.suppress(Exception), engine.connect() as connection:
            if connection.execute(text("SELECT count(*) FROM runs")).scalar() >= count:
                break
        time.sleep(0.02)
    engine.dispose()


def with_postgresql(folder):
    """Whether a sweep gets over a PostgreSQL server that is stopped and started again."""
    place = folder / "pg"
    place.mkdir()
    with postgresql(place) as made:
        address = made("faults")
        port = address.split(":")[-1].split("/")[0]
        again = []

        def stop():
            number = int((place / "data" / "postmaster.pid").read_text().splitlines()[0])
            os.kill(number, signal.SIGQUIT)
            while (place / "data" / "postmaster.pid").exists():
                time.sleep(0.05)

        def start():
            words = [str(Path(POSTGRESQL[-1]) / "postgres"), "-D", str(place / "data"), "-p", port, "-h", "127.0.0.1"]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": place}
            again.append(subprocess.Popen([*words, "-k", str(place), "-F"], **quiet, **as_other_than_root()))
            wait_for_entries(address, 0)

        try:
            return database_stops(folder, address, stop, start)
        finally:
            for process in again:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=30)


BOUND = 120
"""Seconds within which a sweep has given up a server that never answers, a small sweep's own time included."""


ALONE = {"fail": "answers 500", "babble": "answers nonsense", "drop": "hangs up", "hang": "never answers"}


def given_up(seconds):
    return f"given up, {seconds:.0f} s in all"


def rows(folder):
    new = places_of(folder)
    around.undisturbed()
    yield page.Row("the SQLite store locked for 6 s", 1, "it waits, and is shown", int(locked_for_seconds(next(new))))
    held, seconds = locked_for_ever(next(new))
    yield page.Row("the SQLite store locked for ever", 1, WELL, int(held and seconds < BOUND), given_up(seconds))
    for does, said in {
        "fail": "answers 500",
        "babble": "answers nonsense",
        "drop": "hangs up",
        "hang": "never answers",
    }.items():
        held, seconds = out_of_order(next(new), does)
        yield page.Row(f"a server that {said}", 1, WELL, int(held and seconds < BOUND), given_up(seconds))
    held, seconds = down(next(new))
    yield page.Row("no server", 1, WELL, int(held and seconds < BOUND), given_up(seconds))
    with server(next(new) / "served") as behind:
        yield page.Row("every answer 0.1 s late", 1, "it takes longer", int(slow(next(new), behind, 0.1)))
    for does, said, afters in (
        ("drop", "gone from a request on", (9, 40)),
        ("fail", "500 from a request on", (5,)),
        ("babble", "nonsense from a request on", (60,)),
        ("hang", "silent from a request on", (30,)),
        ("lose", "answer lost, done all the same", (5, 30)),
    ):
        held = 0
        for after in afters:
            with server(next(new) / "served") as behind:
                held += fails_in_the_middle(next(new), behind, does, after)
        yield page.Row(
            f"MLflow's server {said}", len(afters), WELL, held, f"from request {', '.join(map(str, afters))}"
        )
    if POSTGRESQL:
        yield page.Row("PostgreSQL stopped in mid-write", 1, WELL, int(with_postgresql(next(new))))
    else:
        yield page.Row("PostgreSQL stopped in mid-write", 0, WELL, 0, "left out: there is no PostgreSQL here")
