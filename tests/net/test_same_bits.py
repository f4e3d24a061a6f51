"""Is a run bit for bit the same, alone or in any stack, in blocks of any size, with whatever neighbors?"""

from dataclasses import replace

import nets
import numpy as np
import pytest

from nnexp.net import cache, objective, training
from nnexp.net.training import train
from nnexp.parts import registry

pytestmark = pytest.mark.usefixtures("either_way")

TANH = registry.make("activation", "tanh")
NLL = registry.make("loss", "nll"), registry.make("activation", "sigmoid")
N = 37
OPTIMIZERS = [
    registry.make("optimizer", "gd"),
    *(nets.sgd(size) for size in (1, 3, 7, 8, 16)),
    *(nets.sgd(size, False) for size in (1, 5, 16)),
]
EVERY = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=nets.label)
KINDS = pytest.mark.parametrize("optimizer", [OPTIMIZERS[i] for i in (0, 1, 2, 5, 8)], ids=nets.label)
"""One of each layout: all examples; runs last with one example and with several; runs first, drawn and shuffled."""


def stacked(objective, optimizer, runs, steps=9):
    """Runs that differ in everything that may differ within a stack."""
    return nets.stack(objective, optimizer, runs=runs, steps=steps, **nets.mixed(runs))


def assert_same(one, other):
    """Every number of two trainings, NaN included."""
    for name in ("theta", "snapshots", "diverged_at", "stopped_at", "theta_step"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name in ("theta", "snapshots")), name
    for name, curve in one.curves.items():
        assert np.array_equal(curve, other.curves[name], equal_nan=True), name
        assert np.array_equal(one.final[name], other.final[name], equal_nan=True), name


def part(trained, chosen):
    """What came of these runs of a stack."""
    some = {
        name: getattr(trained, name)[chosen]
        for name in ("theta", "snapshots", "diverged_at", "stopped_at", "theta_step")
    }
    named = {name: {m: v[chosen] for m, v in getattr(trained, name).items()} for name in ("final", "curves")}
    return replace(trained, **some, **named)


def assert_each_as_alone(stack, chosen=None):
    together = train(stack)
    for run in range(len(stack)) if chosen is None else chosen:
        assert_same(part(together, [run]), train(stack.only([run])))


@EVERY
@pytest.mark.parametrize("runs", [2, 3, 17, 200])
def test_in_stacks_of_any_size(optimizer, runs):
    stack = stacked(nets.objective(nets.sizes(3), TANH, NLL, examples=N), optimizer, runs)
    assert_each_as_alone(stack, sorted({0, 1, 2 % runs, runs // 2, runs - 1}))


@KINDS
@pytest.mark.parametrize("activation", nets.every("activation", lambda part: part.has_slope), ids=nets.label)
def test_with_every_activation(activation, optimizer):
    assert_each_as_alone(stacked(nets.objective(nets.sizes(3), activation, NLL, examples=N), optimizer, 3), [0, 2])


@KINDS
@pytest.mark.parametrize("ending", nets.endings(), ids=nets.ending_label)
def test_with_every_loss_and_output(ending, optimizer):
    assert_each_as_alone(
        stacked(nets.objective(nets.sizes(2), TANH, ending, examples=N), optimizer, 3, steps=4), [0, 2]
    )


@KINDS
@pytest.mark.parametrize("shape", [(1, 1), (3, 1, 2), (2, 5, 1, 1), (2, 7, 1), (30, 40, 11)], ids=str)
@pytest.mark.parametrize("examples", [1, 2, 3, 9, 64])
def test_with_every_shape(shape, examples, optimizer):
    squared = registry.make("loss", "squared"), registry.make("activation", "tanh")
    stack = stacked(nets.objective(shape, TANH, squared, examples=examples), optimizer, 3, steps=4)
    assert_each_as_alone(stack, [0, 2])


@pytest.mark.parametrize("ending", [NLL, (registry.make("loss", "softmax_nll"), None)], ids=nets.ending_label)
@pytest.mark.parametrize("examples", [1, 2])
def test_with_many_outputs_and_few_examples(ending, examples):
    stack = stacked(nets.objective((3, 5, 23), TANH, ending, examples=examples), OPTIMIZERS[0], 17)
    assert_each_as_alone(stack)


@EVERY
@pytest.mark.parametrize("size", [1, 2, 5, 16])
def test_in_blocks_of_any_size(monkeypatch, optimizer, size):
    stack = stacked(nets.objective(nets.sizes(3), TANH, NLL, examples=N), optimizer, 17)
    expected = train(stack)
    monkeypatch.setattr(training, "_block_size", lambda stack: size)
    assert_same(train(stack), expected)


@EVERY
@pytest.mark.parametrize("size", [1, 2**12, 2**15, 2**30])
def test_on_a_machine_with_another_cache(monkeypatch, optimizer, size):
    stack = stacked(nets.objective(nets.sizes(3), TANH, NLL, examples=N), optimizer, 17)
    expected = train(stack)
    monkeypatch.setattr(cache, "second_level_bytes", lambda: size)
    assert_same(train(stack), expected)


@EVERY
def test_in_any_order(optimizer):
    stack = stacked(nets.objective(nets.sizes(3), TANH, NLL, examples=N), optimizer, 5)
    shuffled = [3, 0, 4, 2, 1]
    assert_same(train(stack.only(shuffled)), part(train(stack), shuffled))


def test_the_loss_of_many_nets_is_asked_for_in_blocks_that_leave_no_trace(monkeypatch):
    """What many nets on many examples would take together fits no memory."""
    made = nets.objective((2, 5, 1), TANH, NLL, examples=N)
    theta = nets.thetas(made, runs=11)
    whole = made.mean_loss(theta)
    monkeypatch.setattr(objective, "MOST_FLOATS", 3 * made.network.floats_per_run(N))
    np.testing.assert_array_equal(made.mean_loss(theta), whole)
