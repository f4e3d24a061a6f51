"""Sweeps under odd clocks, zones, languages, folders, homes, networks, terminals and limits: the same records, bit for bit."""

import concurrent.futures
import contextlib
import datetime
import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from faults import around, page

from nnexp.tracking import store

TITLE = "What lies around a sweep"

NAMES = [
    "a space",
    "ä → ö",
    "it's",
    'a "quote"',
    "a#hash",
    "a%20percent",
    "100%",
    "what?",
    "a=b,c",
    "{a}[b]$c;d&e",
    "c:\\d",
]
"""Names of folders that addresses and shells have another use for."""

OFFLINE = """
import socket
def only_here(name, *arguments, **more):
    if name not in ("localhost", "127.0.0.1", "::1", None, ""):
        raise OSError(f"no network: {name}")
    return known(name, *arguments, **more)
known, socket.getaddrinfo = socket.getaddrinfo, only_here
"""
"""Where a network of its own cannot be had: no name but this machine's is found."""

SHIFTED = """
import datetime, os, time
back = float(os.environ["CLOCK_BACK"])
real, real_ns, Real = time.time, time.time_ns, datetime.datetime
time.time = lambda: real() - back
time.time_ns = lambda: real_ns() - int(back * 1e9)
class Shifted(Real):
    @classmethod
    def now(cls, tz=None):
        return Real.now(tz) - datetime.timedelta(seconds=back)
datetime.datetime = Shifted
"""
"""A clock that was put back, in processes that find this as their sitecustomize."""


@dataclass(frozen=True)
class Around:
    """What is odd about a process: what comes before its command, flags of Python, its environment, its streams."""

    said: str
    changed: dict = field(default_factory=dict)
    before: tuple = ()
    flags: tuple = ()
    pipes: dict = field(default_factory=dict)

    @property
    def how(self):
        return {"changed": self.changed, "before": self.before, "flags": self.flags, **self.pipes}


def shell(words):
    """A prefix that says something to the shell before the command."""
    return ("sh", "-c", f'{words}; exec "$@"', "sh")


NO_HOME = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "TERM"))
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii", "LANG": None}
WARNED = ("-O", "-W", "error")


def everyone(folder):
    """Each thing that is odd, by itself."""
    yield Around("LC_ALL=C", {"LC_ALL": "C", "LANG": None})
    yield Around("LC_ALL=POSIX, no UTF-8 mode, no coercion", {**ASCII, "LC_ALL": "POSIX", "PYTHONIOENCODING": None})
    yield Around("PYTHONIOENCODING=ascii and LC_ALL=C", ASCII)
    if "de_DE.utf8" in subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout:
        yield Around("LC_ALL=de_DE.UTF-8", {"LC_ALL": "de_DE.UTF-8"})
    yield Around("TZ=Asia/Kathmandu", {"TZ": "Asia/Kathmandu"})
    yield Around("no HOME, no TERM", NO_HOME)
    yield Around("HOME that is not there", {**NO_HOME, "HOME": str(folder / "no home")})
    yield Around("HOME that is a file", {**NO_HOME, "HOME": "/dev/null"})
    yield Around("TERM=dumb", {"TERM": "dumb", "COLUMNS": None})
    yield Around("NO_COLOR, COLUMNS=20", {"NO_COLOR": "1", "COLUMNS": "20"})
    yield Around("FORCE_COLOR, COLUMNS=500", {"FORCE_COLOR": "1", "COLUMNS": "500"})
    yield Around("stdin closed", before=shell("exec <&-"))
    yield Around("stdout closed", before=shell("exec >&-"))
    yield Around("stderr closed", before=shell("exec 2>&-"))
    yield Around("umask 077", before=shell("umask 077"))
    yield Around("ulimit -n 64", before=shell("ulimit -n 64"))
    yield Around(
        "nice 19, one CPU", before=("nice", "-n", "19", *(("taskset", "1") if shutil.which("taskset") else ()))
    )
    yield Around("python -O -W error", {"PYTHONWARNINGS": "error"}, flags=WARNED)
    yield Around("PYTHONDONTWRITEBYTECODE, random hashes", {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "random"})
    yield offline(folder)


def offline(folder):
    """No network at all, this machine's own included where the system lets a process have that."""
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return Around("no network (unshare -n)", before=("unshare", "-n"))
    return Around("no name found but localhost", {"PYTHONPATH": customized(folder / "offline", OFFLINE)})


def customized(folder, text):
    """A path for Python on which every process begins with this text."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(text)
    return os.pathsep.join([str(folder), str(around.ROOT)])
