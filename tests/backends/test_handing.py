"""Does the way to a cluster hold when workers go, all at once or again and again, and is what lacks said in a line?"""

import threading
import time
from concurrent.futures import Future

import pytest

from nnexp import backends, config
from nnexp.backends import handing, opened, parcels
from nnexp.config import Backend
from nnexp.errors import UserError

DASK = Backend(where="dask")


class Gone(Exception):
    """What this cluster says of a task whose worker is gone."""


class Threads:
    """A cluster of threads, some of whose tasks never come back.

    lose: says of a task's number whether its worker goes.
    """

    lost = (Gone,)

    def __init__(self, lose=lambda number: False):
        self.given, self.there, self._lose = 0, 2, lose

    def workers(self):
        return self.there

    def send(self, parcel):
        return parcel

    def submit(self, content, keys, handles):
        future, number = Future(), self.given
        self.given += 1
        threading.Thread(target=self._do, args=(future, number, content, keys, handles), daemon=True).start()
        return future

    def _do(self, future, number, content, keys, handles):
        time.sleep(0.01)
        if not self.there:
            return
        if self._lose(number):
            future.set_exception(Gone("a worker"))
        else:
            future.set_result(parcels.run(content, keys, *handles))

    def cancel(self, futures):
        pass

    def close(self):
        pass


@pytest.fixture
def cluster(monkeypatch):
    """Puts a cluster of threads in the place of Dask's."""

    def put(made):
        monkeypatch.setitem(opened._open, DASK, made)
        return made

    return put


def test_what_is_lost_is_handed_out_again_and_no_result_comes_twice(cluster):
    made = cluster(Threads(lambda number: number in (2, 3, 20)))
    found = [(place, done) for place, done, _ in backends.each(abs, range(-13, 0), DASK)]
    assert sorted(found) == [(place, 13 - place) for place in range(13)]
    assert made.given > 13


def test_workers_that_are_lost_again_and_again_end_it_in_one_line(cluster):
    cluster(Threads(lambda number: True))
    with pytest.raises(UserError, match=r"lost 4 times in a row .*\(Gone: a worker\).* is on record"):
        list(backends.each(abs, range(5), DASK))


def test_a_cluster_that_stays_without_workers_ends_it_in_one_line(cluster, monkeypatch):
    monkeypatch.setattr(handing, "PATIENCE", 0.2)
    made = cluster(Threads())
    found = backends.each(abs, range(1000), DASK)
    next(found)
    made.there = 0
    with pytest.raises(UserError, match=r"no worker for 0\.2 seconds.* is on record"):
        list(found)


def test_a_cluster_that_is_gone_altogether_ends_it_in_one_line(cluster):
    made = cluster(Threads())
    found = backends.each(abs, range(1000), DASK)
    next(found)

    def gone():
        raise OSError("nobody there")

    made.workers, made._lose = gone, lambda number: True
    with pytest.raises(
        UserError, match=r"backend=dask cannot be used any more \(OSError: nobody there\).* is on record"
    ):
        list(found)


def test_a_job_s_own_fault_is_no_lost_worker(cluster):
    class Faulty(Threads):
        def _do(self, future, number, content, keys, handles):
            future.set_exception(ZeroDivisionError("its own"))

    made = cluster(Faulty())
    with pytest.raises(ZeroDivisionError, match="its own"):
        list(backends.each(abs, range(3), DASK))
    assert made.given <= 3


@pytest.mark.parametrize(("where", "package"), [("dask", "distributed"), ("ray", "ray")])
def test_a_package_that_lacks_is_named(where, package, monkeypatch):
    monkeypatch.setattr(opened.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=f"needs the package {package}, which is not installed; pip install {package}"):
        backends.check(Backend(where=where))
    backends.check(Backend(where="processes"))


def test_workers_of_another_version_are_refused(cluster, monkeypatch):
    other = Threads()
    other.versions = lambda: [{"NumPy": "1.0"}]
    with pytest.raises(UserError, match=r"has NumPy 1\.0, and here it is"):
        opened._same(other, "tcp://there:1")
    other.there = 0
    with pytest.raises(UserError, match="has no worker; start one"):
        opened._same(other, "tcp://there:1")


def test_recorded_configs_of_all_times_are_read():
    for said in (
        None,
        "serial",
        {"where": "processes", "workers": None},
        {"where": "dask", "dask": {"scheduler": "tcp://h:1"}},
    ):
        assert config.recorded({"backend": said}).backend.where in ("serial", "processes", "dask")
    assert backends.here(Backend(where="dask", dask={"scheduler": "tcp://h:1"})) == Backend()
    assert backends.here(Backend(where="serial")) == Backend(where="serial")


def test_a_running_cluster_brings_its_workers():
    with pytest.raises(UserError, match=r"backend\.workers has no effect"):
        config.check({"backend": {"where": "dask", "workers": 3, "dask": {"scheduler": "tcp://h:1"}}})
