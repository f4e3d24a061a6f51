"""Real clusters on this machine, one of each kind for all tests of a process."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnexp.backends import clusters


@pytest.fixture(scope="session", autouse=True)
def found_by_workers():
    """The tests' own functions can be imported where they are done."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(Path(__file__).parent))
        yield


@pytest.fixture(scope="session")
def dask_address(tmp_path_factory):
    """A Dask scheduler with two workers, each a process of its own, as a user would start them."""
    folder = tmp_path_factory.mktemp("dask")
    told = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    started = [subprocess.Popen([*scheduler, "--no-dashboard", "--scheduler-file", told], **quiet)]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", told, "--no-dashboard"]
    worker += ["--nthreads", "1", "--nworkers", "2", "--host", "127.0.0.1", "--local-directory", folder]
    try:
        deadline = time.monotonic() + 60
        while not told.exists() or not told.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        started.append(subprocess.Popen(worker, **quiet))
        address = json.loads(told.read_text())["address"]
        client = clusters.dask_client(address, None)
        client.wait_for_workers(2, timeout=60)
        yield address
        client.close()
    finally:
        for each in reversed(started):
            each.terminate()
        for each in started:
            each.wait(timeout=20)


@pytest.fixture(scope="session")
def ray():
    """A Ray of two processes on this machine."""
    found = clusters.ray_cluster(None, 2)
    yield found
    found.shutdown()
