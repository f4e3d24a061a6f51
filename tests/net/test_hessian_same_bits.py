"""Is the Hessian of a run the same bits alone as in any stack and any block?"""

import nets
import numpy as np
import pytest

from nnexp.net import cache
from nnexp.parts import registry

TANH, RELU, GELU, SINE, SIGMOID = (registry.make("activation", f) for f in ("tanh", "relu", "gelu", "sine", "sigmoid"))
SQUARED = registry.make("loss", "squared"), registry.make("activation", "identity")
NLL = registry.make("loss", "nll"), SIGMOID
SOFTMAX = registry.make("loss", "softmax_nll"), None
FEW, RUNS = 5, 2
WIDE = (nets.INPUTS, nets.HIDDEN[1], 1)
"""One hidden layer with many units for its inputs, and one output."""
DEEP = (3, 2, 5, 3, 2, 2)
SHAPES = [*(nets.sizes(depth) for depth in nets.DEPTHS), *(nets.sizes(depth, 1) for depth in nets.DEPTHS)]
SHAPES = [*SHAPES, WIDE, DEEP, (*DEEP[:-1], 1)]


def everything(objective, theta):
    """Every second-order number of a stack, one array a kind, runs first."""
    found, v = objective.derivatives(theta, 0.1, 0.1), np.cos(3.0 * theta)
    return found.value, found.gradient, found.hessian, objective.hessian_product(theta, v, 0.1)


def assert_each_as_alone(objective, runs):
    theta = nets.thetas(objective, runs)
    together = everything(objective, theta)
    for run in sorted({0, 1, runs // 2, runs - 1}):
        alone = everything(objective, theta[run : run + 1])
        assert all(np.array_equal(one[run : run + 1], other) for one, other in zip(together, alone, strict=True))


@pytest.mark.parametrize("examples", [1, 2, 3, 4, 37, 257])
@pytest.mark.parametrize("shape", [*SHAPES, (1, 1), (5, 1, 1), (3, 1, 2), (2, 16, 1), (2, 5, 1, 1)], ids=str)
def test_in_stacks_of_any_size(shape, examples):
    for runs in (2, 3, 17):
        assert_each_as_alone(nets.objective(shape, TANH, NLL, examples=examples), runs)


@pytest.mark.parametrize("ending", nets.endings(), ids=nets.ending_label)
def test_in_stacks_with_every_loss_and_output(ending):
    assert_each_as_alone(nets.objective(nets.sizes(2), GELU, ending, examples=37), 3)


@pytest.mark.parametrize("activation", nets.every("activation"), ids=nets.label)
def test_in_stacks_with_every_activation(activation):
    for shape in (nets.sizes(3), WIDE):
        assert_each_as_alone(nets.objective(shape, activation, NLL, examples=37), 3)


@pytest.mark.parametrize("size", [1, 2**16, 2**30])
@pytest.mark.parametrize("shape", [nets.sizes(3), WIDE], ids=str)
def test_in_blocks_of_any_size(monkeypatch, shape, size):
    objective = nets.objective(shape, TANH, NLL, examples=37)
    theta = nets.thetas(objective, 17)
    expected = everything(objective, theta)
    monkeypatch.setattr(cache, "second_level_bytes", lambda: size)
    assert all(map(np.array_equal, everything(objective, theta), expected))


def test_of_no_run_there_is_none():
    objective = nets.objective(nets.sizes(2), TANH, NLL)
    parameters = objective.network.n_parameters
    assert objective.hessian(np.empty((0, parameters))).shape == (0, parameters, parameters)
