"""Do Dask and Ray train to the same bits as this process, whatever they lose on the way, and say what is wrong in a line?"""

import os
import signal
import socket
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from nnexp import backends, config, pipeline
from nnexp.__main__ import main
from nnexp.backends import clusters, parcels
from nnexp.config import Backend
from nnexp.errors import UserError
from nnexp.records import SCHEMA

ASKED = {"dataset": "two_moons", "optimizer": ["gd", "sgd"], "width": [2, 3], "activation": ["tanh", "relu"]}
ASKED |= {"seeds": 5, "steps": 120, "tracking": {"store": "none"}}
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
)


def sweep(root, **backend):
    asked = {**ASKED, "backend": backend, "runs_dir": str(root)}
    return pipeline.run(config.check(asked), config=asked)


def bits(outcome):
    """Everything that is determined of each run, by its id."""
    rows = outcome.store.read().to_pylist()
    return {row["run"]: {name: repr(row[name]) for name in SCHEMA.names if name != "seconds"} for row in rows}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The sweep trained in this process."""
    return bits(sweep(tmp_path_factory.mktemp("alone"), where="serial"))


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_processes_train_to_the_same_bits(tmp_path, alone, workers):
    assert bits(sweep(tmp_path, where="processes", workers=workers)) == alone


def test_a_dask_cluster_of_two_workers_trains_to_the_same_bits(tmp_path, alone, dask_address):
    outcome = sweep(tmp_path, where="dask", dask={"scheduler": dask_address})
    assert bits(outcome) == alone
    assert {end["endpoint"] for end in pq.read_table(tmp_path / "judgements").to_pylist()}


def test_a_ray_cluster_trains_to_the_same_bits(tmp_path, alone, ray):
    assert bits(sweep(tmp_path, where="ray", workers=2)) == alone


def who(job):
    """The job, the process that did it, and whether its signals are held back."""
    return job, os.getpid(), signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_jobs_are_done_by_the_clusters_workers(dask_address, ray):
    for where in (Backend(where="dask", dask={"scheduler": dask_address}), Backend(where="ray", workers=2)):
        found = sorted(backends.each(who, range(12), where))
        assert [(place, job) for place, (job, _, _), _ in found] == list(zip(range(12), range(12), strict=True))
        assert os.getpid() not in {process for _, (_, process, _), _ in found}
        assert backends.workers(where) == 2


def killed_once(job):
    """The job; but the worker that gets the third of them first is gone, as a machine that runs out of memory takes it."""
    place, mark = job
    if place == 2:
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return place
        os.kill(os.getpid(), signal.SIGKILL)
    return place


def every_backend(dask_address):
    return [
        Backend(where="processes", workers=2),
        Backend(where="dask", dask={"scheduler": dask_address}),
        Backend(where="ray", workers=2),
    ]


def test_the_jobs_of_a_lost_worker_are_done_again(tmp_path, dask_address, ray):
    for backend in every_backend(dask_address):
        mark = str(tmp_path / backend.where)
        found = [
            (place, done) for place, done, _ in backends.each(killed_once, [(i, mark) for i in range(10)], backend)
        ]
        assert sorted(found) == [(i, i) for i in range(10)], backend.where
        assert os.path.exists(mark)


def always_killed(job):
    os.kill(os.getpid(), signal.SIGKILL)


def test_workers_that_are_lost_again_and_again_are_given_up_in_a_line(monkeypatch):
    monkeypatch.setattr(backends, "TRIES", 2)
    with pytest.raises(UserError, match="workers were lost 2 times with 3 tasks to do; what is done is kept"):
        list(backends.each(always_killed, range(3), Backend(where="processes", workers=2)))


def broken(job):
    raise ZeroDivisionError(f"job {job}")


def test_an_error_of_a_job_is_raised_with_where_it_came_from(dask_address, ray):
    for backend in [Backend(where="serial"), *every_backend(dask_address)]:
        with pytest.raises(ZeroDivisionError, match="job") as caught:
            list(backends.each(broken, range(3), backend))
        assert "in broken" in caught.value.__notes__[0]


class Counted(parcels.Packer):
    """A packer that counts what is handed over, and how much every parcel weighs."""

    handed: list
    weights: list

    def __init__(self, hand_over=lambda array: array):
        def counted(array):
            self.handed.append(array.nbytes)
            return hand_over(array)

        super().__init__(counted)

    def pack(self, job):
        parcel, arrays = super().pack(job)
        self.weights.append(len(parcel.rest))
        return parcel, arrays


def total(job):
    place, X, Y = job
    return place + float(X.sum() + Y.sum())


def test_data_travel_once_however_many_jobs_share_them(monkeypatch, dask_address, ray):
    X, Y = np.random.default_rng(0).normal(size=(2, 20_000, 4))
    jobs = [(place, X if place % 2 else X.copy(), Y) for place in range(9)]
    expected = [total(job) for job in jobs]
    for backend in every_backend(dask_address):
        Counted.handed, Counted.weights = [], []
        monkeypatch.setattr(backends, "Packer", Counted)
        found = sorted(backends.each(total, jobs, backend))
        assert [done for _, done, _ in found] == expected, backend.where
        assert Counted.handed == [X.nbytes, Y.nbytes], "each content once, whichever array holds it"
        assert max(Counted.weights) < 1000


def test_a_parcel_is_the_job_to_the_bit():
    large, small = np.arange(20_000.0).reshape(100, 200), np.arange(3.0)
    job = {"large": large, "turned": large.T, "small": small, "same": large, "text": "x"}
    parcel, arrays = parcels.Packer().pack(job)
    back = parcels.unpack(parcel, arrays)
    assert len(parcel.rest) < 1000
    for name in ("large", "turned", "small", "same"):
        np.testing.assert_array_equal(back[name], job[name])
        assert back[name].flags.c_contiguous == job[name].flags.c_contiguous
    assert back["text"] == "x"


def test_an_array_that_came_to_an_odd_address_is_added_up_to_the_same_bits():
    whole = np.random.default_rng(0).normal(size=(20_000, 4))
    odd = np.frombuffer(b"x" + whole.tobytes(), np.uint8)[1:].view(np.float64).reshape(whole.shape)
    parcel, _ = parcels.Packer().pack(whole)
    assert not odd.flags.aligned
    assert float(parcels.unpack(parcel, [odd]).sum()) == float(whole.sum())


def test_small_stacks_are_put_together_and_every_worker_gets_several_tasks():
    assert backends._together([3.0, 2.0, 0.4, 0.4, 0.4, 0.1], 1) == [[0], [1], [2, 3], [4, 5]]
    even = backends._together([0.01] * 320, 4)
    assert [place for task in even for place in task] == list(range(320))
    assert 24 <= len(even) <= 33
    assert backends._together([], 2) == []


def refusal(monkeypatch, capsys, *words):
    """What the command line says to these words, which it refuses with exit code 2."""
    monkeypatch.setattr(sys, "argv", ["nnexp", *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.parametrize(
    ("where", "address"),
    [("dask", "backend.dask.scheduler=tcp://127.0.0.1:{}"), ("ray", "backend.ray.address=127.0.0.1:{}")],
)
def test_a_cluster_that_does_not_answer_is_named_and_nothing_is_written(tmp_path, monkeypatch, capsys, where, address):
    monkeypatch.setattr(clusters, "SECONDS_TO_ANSWER", 1.0)
    root, said = tmp_path / "runs", address.format(free_port())
    line = refusal(monkeypatch, capsys, "dataset=xor", f"backend={where}", said, f"runs_dir={root}", "hydra.run.dir=.")
    assert line.startswith(f"nnexp: {said} cannot be used (")
    assert "leave the address out" in line
    assert not root.exists()


@pytest.mark.parametrize("where", ["dask", "ray"])
def test_an_extra_that_is_not_installed_is_named(tmp_path, monkeypatch, capsys, where):
    monkeypatch.setitem(sys.modules, {"dask": "distributed", "ray": "ray"}[where], None)
    for cached in (clusters.dask_client, clusters.ray_cluster):
        monkeypatch.setattr(clusters, cached.__wrapped__.__name__, cached.__wrapped__)
    root = tmp_path / "runs"
    line = refusal(monkeypatch, capsys, "dataset=xor", f"backend={where}", f"runs_dir={root}", "hydra.run.dir=.")
    assert f"backend={where} needs {where}, which is not installed" in line
    assert not root.exists()


@pytest.mark.parametrize("address", ["backend.dask.scheduler=http://x", "backend.dask.scheduler=tcp://host"])
def test_an_address_that_is_none_is_refused(tmp_path, monkeypatch, capsys, address):
    root = tmp_path / "runs"
    line = refusal(monkeypatch, capsys, "dataset=xor", "backend=dask", address, f"runs_dir={root}", "hydra.run.dir=.")
    assert "tcp://host:8786" in line
    assert not root.exists()
