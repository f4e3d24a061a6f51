"""Do runs that lie last, element by element, give the gradient that runs first give by matrix products?"""

from dataclasses import replace

import nets
import numpy as np
import pytest
import tolerances

from nnexp.net.lanes import LARGEST_BATCH, LanePass
from nnexp.net.network import Pass
from nnexp.parts import registry

BATCHES = range(1, LARGEST_BATCH + 1)
ACTIVATIONS = pytest.mark.parametrize("activation", nets.every("activation"), ids=nets.label)
TANH = registry.make("activation", "tanh")
SLOPED = [ending for ending in nets.endings() if ending[1] is None or ending[1].has_slope]
LINEAR = registry.make("loss", "squared"), registry.make("activation", "identity")


def drawn(network, task, batch, runs=nets.RUNS):
    """Theta (runs, parameters) and each run's own examples: X (runs, m, batch), Y (runs, outputs, batch)."""
    rng, m, outputs = np.random.default_rng(batch), network.sizes[0], network.sizes[-1]
    X = rng.normal(size=(runs, m, batch))
    Y = np.stack([nets.targets(rng, task, outputs, batch) for _ in range(runs)])
    return rng.normal(size=(runs, network.n_parameters)), X, Y


def runs_first(network, theta, X, Y, scale=1.0):
    gradient = np.empty_like(theta)
    through = Pass(network, len(theta), X.shape[-1])
    inputs = np.stack([network.inputs(x) for x in X])
    through.gradient(network.layers(theta), inputs, Y, network.layers(gradient), scale)
    return gradient


def runs_last(network, theta, X, Y, scale=1.0):
    lanes = np.ascontiguousarray(theta.T)
    gradient = np.empty_like(lanes)
    X, Y = (np.ascontiguousarray(array.transpose(2, 1, 0)) for array in (X, Y))
    through = LanePass(network, network.lanes(lanes), X, Y, network.lanes(gradient))
    through.gradient(scale)
    return gradient.T


def assert_same(network, task):
    for batch in BATCHES:
        given = drawn(network, task, batch)
        first, last = runs_first(network, *given), runs_last(network, *given)
        assert nets.close(last, first, tolerances.ORACLE_RELATIVE)


@ACTIVATIONS
@pytest.mark.parametrize("depth", nets.DEPTHS)
def test_every_activation(activation, depth):
    assert_same(nets.objective(nets.sizes(depth), activation, LINEAR).network, "regression")


@pytest.mark.parametrize("depth", nets.DEPTHS)
@pytest.mark.parametrize("ending", SLOPED, ids=nets.ending_label)
def test_every_loss_and_output(ending, depth):
    assert_same(nets.objective(nets.sizes(depth), TANH, ending).network, ending[0].tasks[0])


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 1), (3, 1, 1, 2), (1, 5, 1)], ids=str)
def test_layers_of_one_unit(shape):
    assert_same(nets.objective(shape, TANH, LINEAR).network, "regression")


def test_a_net_without_offsets():
    network = replace(nets.objective(nets.sizes(3), TANH, LINEAR).network, offsets=False)
    assert_same(network, "regression")


def test_a_scale_of_each_run():
    network = nets.objective(nets.sizes(3), TANH, LINEAR).network
    given, scale = drawn(network, "regression", 3), np.arange(1.0, nets.RUNS + 1)
    expected = scale[:, None] * runs_first(network, *given)
    assert nets.close(runs_first(network, *given, scale[:, None, None]), expected, tolerances.ORACLE_RELATIVE)
    assert nets.close(runs_last(network, *given, scale), expected, tolerances.ORACLE_RELATIVE)


def test_buffers_hold_nothing_over():
    """A second gradient through the same pass is as through a new one."""
    network = nets.objective(nets.sizes(3), TANH, LINEAR).network
    theta, X, Y = drawn(network, "regression", 3)
    lanes = np.ascontiguousarray(theta.T)
    gradient = np.empty_like(lanes)
    X, Y = (np.ascontiguousarray(array.transpose(2, 1, 0)) for array in (X, Y))
    through, found = LanePass(network, network.lanes(lanes), X, Y, network.lanes(gradient)), []
    for factor in (1.0, 2.0, 0.5):
        lanes *= factor
        through.gradient()
        found.append(gradient.copy())
    assert np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])
