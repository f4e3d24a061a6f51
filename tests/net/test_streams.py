"""Which examples does each run see at each step, and from whose random numbers?"""

import numpy as np
import pytest

from nnexp.net.streams import INITIAL_WEIGHTS, ORDER_OF_DATA, Order, stream

N, SEEDS = 13, (0, 3, 2**63 - 1)


def orders(n=N, batch=3, shuffles=True, seeds=SEEDS, steps=600):
    """The examples of every step: a list of (runs, batch)."""
    order = Order(seeds, n, batch, shuffles)
    return [order.at(t).copy() for t in range(steps)]


def passes(steps, run, steps_per_pass):
    """The examples a run sees in each whole pass."""
    whole = len(steps) - len(steps) % steps_per_pass
    seen = [step[run] for step in steps[:whole]]
    return [np.concatenate(seen[i : i + steps_per_pass]) for i in range(0, whole, steps_per_pass)]


@pytest.mark.parametrize(("n", "batch"), [(13, 1), (13, 3), (13, 13), (12, 4), (300, 16), (1, 1), (257, 256)])
def test_a_shuffled_pass_sees_each_example_once(n, batch):
    steps_per_pass = -(-n // batch)
    steps = orders(n, batch, steps=max(600, 2 * steps_per_pass))
    for run in range(len(SEEDS)):
        every = passes(steps, run, steps_per_pass)
        assert len(every) >= 2
        assert all(sorted(one) == list(range(n)) for one in every)


def test_every_pass_is_shuffled_anew():
    every = passes(orders(), 0, 5)
    assert len({tuple(one) for one in every}) == len(every)


def test_the_last_batch_of_a_pass_is_what_is_left_over():
    order, steps = Order(SEEDS, N, 5, True), orders(batch=5)
    assert [order.size(t) for t in range(7)] == [5, 5, 3, 5, 5, 3, 5]
    assert [step.shape for step in steps[:4]] == [(3, 5), (3, 5), (3, 3), (3, 5)]


def test_with_replacement_every_batch_is_full_and_examples_come_back():
    steps = orders(shuffles=False)
    assert {step.shape for step in steps} == {(3, 3)}
    counts = np.bincount(np.concatenate(steps, axis=1).ravel(), minlength=N)
    expected = 600 * 3 * 3 / N
    assert len(counts) == N
    assert np.sum((counts - expected) ** 2 / expected) < 40.0  # chi-squared with 12 degrees of freedom
    assert any(len(set(step[0])) < 3 for step in steps)


@pytest.mark.parametrize("shuffles", [True, False])
class TestBoth:
    def test_the_same_seed_sees_the_same(self, shuffles):
        assert all(map(np.array_equal, orders(shuffles=shuffles), orders(shuffles=shuffles)))

    def test_seeds_differ_and_zero_is_one(self, shuffles):
        steps = np.stack([step[:, :1] for step in orders(shuffles=shuffles)])
        assert len({tuple(steps[:, run, 0]) for run in range(3)}) == 3

    def test_a_run_does_not_depend_on_its_neighbors(self, shuffles):
        together, alone = orders(shuffles=shuffles), orders(shuffles=shuffles, seeds=SEEDS[1:2])
        assert all(np.array_equal(a[1:2], b) for a, b in zip(together, alone, strict=True))

    @pytest.mark.parametrize("chunk", [1, 7, 256, 600])
    def test_drawing_in_other_chunks_changes_nothing(self, monkeypatch, shuffles, chunk):
        expected = orders(shuffles=shuffles)
        monkeypatch.setattr(Order, "CHUNK", chunk)
        assert all(map(np.array_equal, orders(shuffles=shuffles), expected))

    def test_a_step_of_the_chunk_can_be_asked_for_again(self, shuffles):
        order = Order(SEEDS, N, 3, shuffles)
        first = [order.at(t).copy() for t in range(256, 300)]
        assert all(np.array_equal(order.at(t), first[t - 256]) for t in range(256, 300))


def test_purposes_and_seeds_have_streams_of_their_own():
    drawn = [stream(seed, purpose).random() for seed in SEEDS for purpose in (INITIAL_WEIGHTS, ORDER_OF_DATA)]
    assert len(set(drawn)) == len(drawn)
    assert stream(0, INITIAL_WEIGHTS).random() == drawn[0]


def test_streams_are_the_same_on_every_machine():
    """A record is reproduced only if its seed draws these numbers for ever."""
    assert stream(0, INITIAL_WEIGHTS).integers(1000, size=4).tolist() == [802, 942, 5, 316]
    assert Order((0,), N, 4, False).at(0).tolist() == [[8, 3, 7, 5]]
