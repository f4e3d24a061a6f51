"""Programs that several processes of these tests use at the same time: the first one starts them, the last one ends them."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nnexp

ROOT = Path(nnexp.__file__).parents[1]


@contextlib.contextmanager
def shared(folder, commands, environment):
    """Programs that every process of these tests uses: the first one starts them, the last one ends them."""
    folder.mkdir(exist_ok=True)
    with users_of(folder) as users:
        if not users:
            for command in commands:
                (folder / f"{_started(command, environment)}.pid").touch()
        users.append(os.getpid())
    try:
        yield
    finally:
        with users_of(folder) as users:
            users.remove(os.getpid())
            if not users:
                _end([int(file.stem) for file in folder.glob("*.pid")])


def _started(command, environment):
    """A program in a group of its own, which may outlive this process."""
    words = [sys.executable, "-m", *command]
    wanted = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    return os.posix_spawn(sys.executable, words, wanted, file_actions=quiet, setsid=True)


@contextlib.contextmanager
def users_of(folder):
    """Who uses the programs of a folder, one process at a time looking."""
    with open(folder / "users", "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users = json.loads(file.read() or "[]")
        yield users
        file.truncate(0)
        file.write(json.dumps(users))


def _end(processes):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGTERM)
    deadline = time.monotonic() + 5
    while any(alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)


def alive(group):
    """Whether a process of this group still runs."""
    listed = subprocess.run(["ps", "-eo", "pgid,stat"], capture_output=True, text=True, check=True).stdout.splitlines()[
        1:
    ]
    return any(int(line.split()[0]) == group and not line.split()[1].startswith("Z") for line in listed)
