"""Do runs that lie last, element by element, give the gradient that runs first give by matrix products?"""

import nets
import numpy as np
import pytest
import tolerances

from nnexp.net.lanes import LARGEST_BATCH, LanePass
from nnexp.net.network import Pass, with_ones
from nnexp.parts import registry

BATCHES = range(1, LARGEST_BATCH + 1)
ACTIVATIONS = pytest.mark.parametrize("activation", nets.every("activation"), ids=nets.label)
TANH = registry.make("activation", "tanh")
SLOPED = [ending for ending in nets.endings() if ending[1] is None or ending[1].has_slope]
LINEAR = registry.make("loss", "squared"), registry.make("activation", "identity")


def drawn(network, task, batch, runs=nets.RUNS):
    """Theta (runs, parameters) and each run's own examples: X (runs, m + 1, batch), Y (runs, outputs, batch)."""
    rng, m, outputs = np.random.default_rng(batch), network.sizes[0], network.sizes[-1]
    X = np.stack([with_ones(rng.normal(size=(m, batch))) for _ in range(runs)])
    Y = np.stack([nets.targets(rng, task, outputs, batch) for _ in range(runs)])
    return rng.normal(size=(runs, network.n_parameters)), X, Y


def runs_first(network, theta, X, Y):
    gradient = np.empty_like(theta)
    through = Pass(network, len(theta), X.shape[-1])
    through.gradient(network.layers(theta), X, Y, network.layers(gradient))
    return gradient


def runs_last(network, theta, X, Y):
    lanes = np.ascontiguousarray(theta.T)
    gradient = np.empty_like(lanes)
    through = LanePass(network, len(theta), X.shape[-1])
    X, Y = (np.ascontiguousarray(array.transpose(2, 1, 0)) for array in (X, Y))
    through.gradient(network.lanes(lanes), X, Y, network.lanes(gradient))
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


def test_buffers_hold_nothing_over():
    """A second gradient through the same pass is as through a new one."""
    network = nets.objective(nets.sizes(3), TANH, LINEAR).network
    theta, X, Y = drawn(network, "regression", 3)
    lanes = np.ascontiguousarray(theta.T)
    X, Y = (np.ascontiguousarray(array.transpose(2, 1, 0)) for array in (X, Y))
    through, found = LanePass(network, nets.RUNS, 3), []
    for scale in (1.0, 2.0, 1.0):
        gradient = np.empty_like(lanes)
        through.gradient(network.lanes(scale * lanes), X, Y, network.lanes(gradient))
        found.append(gradient)
    assert np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])
