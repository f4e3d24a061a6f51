"""Do jobs come back whole from other processes, the same bits from all of them, and also when workers are killed?"""

import signal

import jobs
import numpy as np
import pytest

from nnexp import backends, config
from nnexp.backends import opened, parcels
from nnexp.config import Backend
from nnexp.errors import UserError
from nnexp.net.objective import Sample
from nnexp.plan import plan, stack, stacks

TWO = Backend(where="processes", workers=2)


def test_every_job_comes_back_once_with_its_place():
    for where in (Backend(where="serial"), TWO):
        found = list(backends.each(jobs.blocked, ["a", "b", "c", "d", "e"], where))
        assert sorted((place, job) for place, (job, _), _ in found) == list(enumerate("abcde"))
        assert all(seconds >= 0.0 for _, _, seconds in found)


def test_workers_are_deaf_to_ctrl_c_and_this_process_is_not(elsewhere):
    masks = [mask for _, (_, mask), _ in backends.each(jobs.blocked, range(4), elsewhere)]
    assert (
        all(signal.SIGINT in mask for mask in masks) or elsewhere.dask.scheduler
    )  # whose workers somebody else started
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_workers_have_one_blas_thread(elsewhere):
    found = [threads for _, (threads, _), _ in backends.each(jobs.threads, range(4), elsewhere)]
    assert found == [{1}] * 4


def test_training_gives_the_same_bits_everywhere(elsewhere, monkeypatch):
    monkeypatch.setattr(parcels, "LEAST_BYTES", 100)
    sweep = config.check(
        {
            "optimizer": ["gd", "sgd"],
            "width": [2, 3],
            "depth": [1, 2],
            "activation": ["tanh", "elu"],
            "seeds": 5,
            "steps": 60,
        }
    )
    asked = [stack(group) for group in stacks(plan(sweep).runs)]
    here = {place: trained for place, trained, _ in backends.train_all(asked, Backend(where="serial"))}
    there = {place: trained for place, trained, _ in backends.train_all(asked, elsewhere)}
    assert here.keys() == there.keys()
    for place, trained in here.items():
        np.testing.assert_array_equal(trained.theta, there[place].theta)
        for name, curve in trained.curves.items():
            np.testing.assert_array_equal(curve, there[place].curves[name])


def test_what_killed_workers_had_is_done_again_and_everything_once(elsewhere, tmp_path):
    asked = [(number, str(tmp_path) if number in (3, 11) else None) for number in range(17)]
    found = [(place, number) for place, number, _ in backends.each(jobs.fatal, asked, elsewhere)]
    assert sorted(found) == [(number, number) for number in range(17)]
    assert {file.name for file in tmp_path.iterdir()} == {"3", "11"}


def test_what_kills_every_worker_ends_the_sweep_in_one_line(monkeypatch):
    monkeypatch.setattr(backends, "MOST_LOSSES", 1)
    with pytest.raises(UserError, match=r"workers were lost 2 times in a row .* is on record"):
        list(backends.each(jobs.always_fatal, range(3), TWO))


def test_examples_travel_once(elsewhere, monkeypatch):
    """A sample that many jobs share is sent once, and tasks are small; on this machine it lies in one file of shared memory."""
    cluster, sent, tasks = opened.cluster(elsewhere), [], []
    if cluster:
        send, submit = cluster.send, cluster.submit
        monkeypatch.setattr(cluster, "send", lambda parcel: [sent.append(parcel), send(parcel)][1])
        monkeypatch.setattr(
            cluster, "submit", lambda content, *rest: [tasks.append(content), submit(content, *rest)][1]
        )
    X = np.random.default_rng(3).normal(size=(53, 997))
    asked = [Sample(X, np.zeros((1, 997))) if elsewhere.where == "processes" else _copy(X) for _ in range(13)]
    found = [result for _, result, _ in backends.each(jobs.seen, asked, elsewhere)]
    assert [total for total, _, _ in found] == [float(X.sum())] * 13
    if cluster:
        assert len(sent) == 1
        assert max(map(len, tasks)) < 5_000 < X.nbytes <= len(sent[0])
    else:
        assert len({file for _, file, _ in found}) == 1
        assert found[0][1] is not None


def _copy(X):
    """The same examples in arrays of their own, as each objective has them."""
    return Sample(X.copy(), np.zeros((1, X.shape[1])))


@pytest.mark.parametrize(("workers", "seconds"), [(1, [5.0, 0.5]), (2, [0.1] * 997), (3, [0.001] * 13), (2, [])])
def test_bundles_hold_every_job_once_and_enough_work(workers, seconds):
    bundles = backends.bundled(seconds, workers)
    assert [place for bundle in bundles for place in bundle] == list(range(len(seconds)))
    enough = min(backends.LEAST_WORK, sum(seconds) / (backends.TASKS_A_WORKER * workers))
    assert all(sum(seconds[place] for place in bundle) >= enough * (1 - 1e-9) for bundle in bundles[:-1])
    assert all(sum(seconds[place] for place in bundle[:-1]) < enough for bundle in bundles)
