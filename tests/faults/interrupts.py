"""Ctrl-C, SIGTERM and SIGHUP at random moments of a command line, from its first imports to its last entry in MLflow."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import nnexp
from faults import children
from faults.page import Row

TITLE = "Interrupts at random moments"
MUST = "one line that says how to go on, exit code 128 + the signal, no traceback; the same command goes on"
SAID = "stopped; what is done is on record, and the same command goes on from there"

COMMAND = [sys.executable, "-m", "nnexp", "name=disturbed", "dataset=xor", "width=[2,3]", "optimizer=sgd"]
COMMAND += ["seeds=16", "steps=4000", "step_size=0.05", "backend.workers=2"]


def started(folder):
    """The command line, in a process group of its own as a terminal's is, from when on it heeds signals."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(Path(nnexp.__file__).parents[1])}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(
        COMMAND, cwd=folder, env=environment, start_new_session=True, preexec_fn=_hearing, **pipes
    )
    while process.poll() is None and not _heeds(process.pid):
        time.sleep(0.005)
    return process


def _hearing():
    """Hear every signal: what runs in the background starts deaf to Ctrl-C, and under nohup to SIGHUP."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _heeds(pid):
    """Whether a process has handlers of its own; before, it is Python's own start that a signal ends."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return True
    (caught,) = [int(line.split()[1], 16) for line in lines if line.startswith("SigCgt")] or [0]
    return bool(caught >> (signal.SIGHUP - 1) & 1)


def interrupted(folder, number, after, twice=False):
    """Signal the whole group so many seconds after its start; the seconds it took to end, or None where it had ended."""
    process = started(folder)
    time.sleep(after)
    ended = process.poll() is not None
    begun = time.monotonic()
    if not ended:
        os.killpg(process.pid, number)
        if twice:
            time.sleep(0.02)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
    try:
        process.wait(timeout=60)
        seconds = time.monotonic() - begun
        _, said = process.communicate(timeout=60)  # until all that write there are gone
    finally:
        children.kill(process.pid, group=True)
    if process.returncode == 0:
        return None
    assert process.returncode == 128 + number, f"exit code {process.returncode}: {said.strip()[:400]}"
    assert said.strip() == SAID, f"it said: {said.strip()[:400]}"
    return seconds


def gone_on(folder):
    """The same command again, to the end; fails where what is left is not whole."""
    process = started(folder)
    _, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (0, ""), said
    return children.left(folder / "runs")


SIGNALS = {
    "Ctrl-C": (signal.SIGINT, False, 40),
    "Ctrl-C, and at once again": (signal.SIGINT, True, 15),
    "SIGTERM to all its processes": (signal.SIGTERM, False, 15),
    "SIGHUP to all its processes": (signal.SIGHUP, False, 10),
}


def many(folder, done, times, most, seed):
    """Interrupt command lines at moments of their first seconds; how many held, the seconds each took, what was wrong."""
    number, twice, _ = SIGNALS[done]
    draw, seconds, wrong, held = random.Random(seed), [], Counter(), 0
    count = 0
    while count < times:
        where = folder / f"{number}-{twice}-{count // 4}"
        try:
            took = interrupted(where, number, draw.uniform(0.0, most), twice)
        except AssertionError as error:
            wrong[" ".join(str(error).split())[:400]] += 1
            count += 1
            continue
        if took is None:  # it had ended before
            most *= 0.95
            continue
        seconds.append(took)
        count, held = count + 1, held + 1
    try:
        gone_on(where)
    except AssertionError as error:
        wrong[f"the next start: {' '.join(str(error).split())[:200]}"] += 1
        held = 0
    return held, seconds, wrong


def rows(folder):
    """The long form."""
    begun = time.monotonic()
    gone_on(folder / "first")
    most = time.monotonic() - begun
    for place, (done, (_, _, times)) in enumerate(SIGNALS.items()):
        held, seconds, wrong = many(folder, done, times, most, place)
        took = sorted(seconds)
        seen = f"ended within {took[-1]:.1f} s, half of them {took[len(took) // 2]:.2f} s" if took else ""
        yield Row(done, times, MUST, held, "; ".join([seen, *(f"{n} times: {what}" for what, n in wrong.items())]))
