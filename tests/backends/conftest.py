"""Clusters that these tests share, of two workers each, started as one starts them by hand: one of Dask, one of Ray."""

import contextlib
import json
import socket
import time

import cloudpickle
import jobs
import pytest
from programs import shared, users_of

from nnexp.backends import opened
from nnexp.backends.ray import LOOPBACK
from nnexp.config import Backend
from nnexp.errors import UserError

cloudpickle.register_pickle_by_value(jobs)  # workers elsewhere have no tests


def _wait(done):
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline, "the cluster does not start"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def dask_address(tmp_path_factory):
    """The address of a running scheduler that has two workers."""
    folder = tmp_path_factory.getbasetemp().parent / "dask"
    file = folder / "scheduler.json"
    loopback = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    scheduler = ["distributed.cli.dask_scheduler", *loopback, "--port", "0", "--dashboard-address", "127.0.0.1:0"]
    workers = ["distributed.cli.dask_worker", *loopback, "--nworkers", "2", "--nthreads", "1"]
    with shared(folder, [scheduler, workers], {}):
        _wait(lambda: file.is_file() and file.read_text())
        address = json.loads(file.read_text())["address"]
        _wait(lambda: _has_two(address))
        yield address
        opened.close()


def _has_two(address):
    import distributed

    with distributed.Client(address, set_as_default=False) as client:
        return sum(client.ncores().values()) == 2


@pytest.fixture(scope="session")
def ray_address(tmp_path_factory):
    """The address of a running Ray of two cores."""
    folder = tmp_path_factory.getbasetemp().parent / "ray"
    folder.mkdir(exist_ok=True)
    environment = {**LOOPBACK, "RAY_AUTH_MODE": "disabled", "RAY_SCHEDULER_EVENTS": "0"}
    with users_of(folder), contextlib.suppress(FileExistsError), open(folder / "port", "x") as file:
        file.write(str(_free_port()))
    address = f"127.0.0.1:{(folder / 'port').read_text()}"
    port = address.rpartition(":")[2]
    words = [
        "--head",
        "--block",
        f"--port={port}",
        "--num-cpus=2",
        "--include-dashboard=false",
        "--disable-usage-stats",
    ]
    with (
        pytest.MonkeyPatch.context() as patched,
        shared(folder, [["ray.scripts.scripts", "start", *words]], environment),
    ):
        for name, value in environment.items():
            patched.setenv(name, value)
        _wait(lambda: _listens(int(port)))
        _wait(lambda: _usable(Backend(where="ray", ray={"address": address})))
        yield address
        opened.close()


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _listens(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _usable(backend):
    try:
        return opened.cluster(backend) is not None
    except UserError:
        return False


@pytest.fixture(params=["processes", "dask", "ray"])
def elsewhere(request):
    """A backend of two processes other than this one, of each kind in turn."""
    if request.param == "dask":
        return Backend(where="dask", dask={"scheduler": request.getfixturevalue("dask_address")})
    if request.param == "ray":
        return Backend(where="ray", ray={"address": request.getfixturevalue("ray_address")})
    return Backend(where="processes", workers=2)
