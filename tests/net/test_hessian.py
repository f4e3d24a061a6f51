"""Is the Hessian exact for every net and loss, and symmetric to the last bit?"""

import itertools
from dataclasses import replace

import differences
import nets
import numpy as np
import oracle
import pytest
import tolerances

from nnexp.net import hessian, one_hidden
from nnexp.net.network import Network
from nnexp.net.objective import Objective, Sample
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


def made(shape, activation, ending, **given):
    """An objective on few examples, since the oracle goes through them one by one."""
    return nets.objective(shape, activation, ending, **({"examples": FEW} | given))


def assert_equals_oracle(objective, relative=tolerances.ORACLE_RELATIVE):
    theta, l2 = nets.thetas(objective, RUNS), np.linspace(0.0, 0.5, RUNS)
    found = objective.hessian(theta, l2)
    for run, row in enumerate(theta.tolist()):
        assert nets.close(found[run], oracle.hessian(nets.problem(objective, l2[run]), row), relative)
    assert np.array_equal(found, found.swapaxes(1, 2))


def by_hand(offsets):
    """One tanh unit under an identity output, squared loss, one example x = 2 with actual value 1.

    z is such that a = tanh(z) = 1/2, a' = 1 - a^2 = 3/4, a'' = -2 a a' = -3/4; the weight above is 4, its offset 1 if there is
    one: guess = 4 a + 1 = 3, slope of the loss 2 (3 - 1) = 4; without offsets guess = 2 and slope 2. Its curvature is 2.
    """
    network = Network((1, 1, 1), (TANH,), SQUARED[1], SQUARED[0], offsets)
    sample = Sample(np.array([[2.0]]), np.array([[1.0]]))
    z = np.arctanh(0.5)
    theta = [1.0, z - 2.0, 4.0, 1.0] if offsets else [z / 2.0, 4.0]
    return Objective(network, sample, sample, "regression"), np.array([theta])


def test_by_hand():
    """2 g g^T with g = (4 a' x, 4 a', a, 1) = (6, 3, 1/2, 1), plus the unit's own curvature, slope 4:

    4 * 4 a'' = -12 times (x, 1)(x, 1)^T within the layer; 4 a' = 3 times (x, 1) between it and the weight above.
    """
    objective, theta = by_hand(offsets=True)
    expected = [
        [72 - 48, 36 - 24, 6 + 6, 12],
        [36 - 24, 18 - 12, 3 + 3, 6],
        [6 + 6, 3 + 3, 0.5, 1],
        [12, 6, 1, 2],
    ]
    assert not one_hidden.pays(objective.network)
    assert nets.close(objective.hessian(theta)[0], expected, tolerances.ROUNDING)


def test_by_hand_without_offsets():
    """2 g g^T with g = (6, 1/2), plus 2 * 4 a'' x^2 = -24 within the layer and 2 a' x = 3 between the layers."""
    objective, theta = by_hand(offsets=False)
    assert one_hidden.pays(objective.network)
    assert nets.close(objective.hessian(theta)[0], [[72 - 24, 6 + 3], [6 + 3, 0.5]], tolerances.ROUNDING)


@pytest.mark.parametrize("ending", nets.oracle_endings(), ids=nets.ending_label)
@pytest.mark.parametrize("activation", nets.activations(), ids=nets.label)
def test_equals_the_oracle(activation, ending):
    for depth in nets.DEPTHS[1:]:
        assert_equals_oracle(made(nets.sizes(depth), activation, ending))


@pytest.mark.parametrize("ending", nets.oracle_endings(outputs=1), ids=nets.ending_label)
@pytest.mark.parametrize("activation", nets.activations(), ids=nets.label)
def test_one_hidden_layer_and_one_output_equals_the_oracle(activation, ending):
    for offsets in (True, False):
        objective = made(WIDE, activation, ending, offsets=offsets)
        assert one_hidden.pays(objective.network)
        assert_equals_oracle(objective)


@pytest.mark.parametrize("outputs", [1, 2, 5])
@pytest.mark.parametrize("ending", nets.oracle_endings(), ids=nets.ending_label)
def test_the_linear_model_equals_the_oracle(ending, outputs):
    assert_equals_oracle(made(nets.sizes(1, outputs), None, ending))


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize(("offsets", "penalize_offsets"), [(True, False), (True, True), (False, False)])
@pytest.mark.parametrize("shape", [nets.sizes(3), (*DEEP[:-2], 2), DEEP], ids=len)
def test_mixed_activations_equal_the_oracle(shape, offsets, penalize_offsets, outputs):
    hidden = tuple(itertools.islice(itertools.cycle([TANH, SINE, GELU, RELU]), len(shape) - 2))
    shape, given = (*shape[:-1], outputs), {"offsets": offsets, "penalize_offsets": penalize_offsets}
    for ending in (NLL, SQUARED, SOFTMAX)[: 1 + outputs]:
        assert_equals_oracle(made(shape, hidden, ending, **given), tolerances.DEEP_RELATIVE)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_many_examples_equal_the_oracle(monkeypatch, shape):
    """More than fit into one piece."""
    monkeypatch.setattr(hessian, "EXAMPLES_PER_PIECE", 5)
    assert_equals_oracle(made(shape, TANH, NLL, examples=nets.EXAMPLES), tolerances.DEEP_RELATIVE)


def directions(objective, runs):
    """v (runs, parameters), each of length 1."""
    v = nets.thetas(objective, runs, seed=2)
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def assert_derivative_of_gradient(objective, theta):
    """Along one direction, by a central difference so narrow that hardly a kink lies in it."""
    v, h = directions(objective, len(theta)), 1e-5
    rise = (objective.gradient(theta + h * v, 0.1) - objective.gradient(theta - h * v, 0.1)) / (2.0 * h)
    along = np.matvec(objective.hessian(theta, 0.1), v)
    assert nets.close(along, rise, tolerances.DIFFERENCE_RELATIVE)
    assert nets.close(objective.hessian_product(theta, v, 0.1), along, tolerances.ORACLE_RELATIVE)


@pytest.mark.parametrize("ending", nets.endings(), ids=nets.ending_label)
@pytest.mark.parametrize("shape", SHAPES[:3], ids=str)
def test_every_loss_and_output(shape, ending):
    objective = nets.objective(shape, TANH, ending)
    assert_derivative_of_gradient(objective, nets.thetas(objective))


@pytest.mark.parametrize("activation", nets.every("activation"), ids=nets.label)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_activation_and_shape(shape, activation):
    objective = nets.objective(shape, activation, NLL)
    assert_derivative_of_gradient(objective, nets.thetas(objective))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_error_of_a_difference_falls_as_its_square(shape):
    objective = nets.objective(shape, TANH, NLL)
    theta, v = nets.thetas(objective, 1), directions(objective, 1)
    along = objective.hessian_product(theta, v, 0.1)
    assert differences.is_derivative(lambda h: objective.gradient(theta + h * v, 0.1), along, 0.0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_one_pass_gives_value_gradient_and_hessian(shape):
    objective = nets.objective(shape, TANH, NLL, penalize_offsets=True)
    theta, l2, l1 = nets.thetas(objective), np.linspace(0.0, 0.5, nets.RUNS), np.linspace(0.3, 0.0, nets.RUNS)
    found = objective.derivatives(theta, l2, l1)
    assert nets.close(found.value, objective.value(theta, l2, l1), tolerances.ORACLE_RELATIVE)
    assert nets.close(found.gradient, objective.gradient(theta, l2, l1), tolerances.ORACLE_RELATIVE)
    assert np.array_equal(found.hessian, objective.hessian(theta, l2))


def permutation(network, orders):
    """(parameters,), which parameter comes to stand where when each hidden layer's units are put in these orders."""
    numbers = np.arange(float(network.n_parameters))
    weights, below = [], slice(None)
    for (W, W0), order in zip(network.weights(numbers), [*orders, slice(None)], strict=True):
        weights.append((W[below][:, order], W0[order]))
        below = order
    return network.theta(weights).astype(int)


@pytest.mark.parametrize("ending", [NLL, SOFTMAX], ids=nets.ending_label)
def test_the_order_of_hidden_units_is_that_of_the_hessian(ending):
    objective = nets.objective(nets.sizes(3), TANH, ending)
    moved = permutation(objective.network, [[3, 0, 4, 1, 2], [6, 2, 0, 1, 5, 3, 4]])
    theta = nets.thetas(objective)
    expected = objective.hessian(theta)[:, moved[:, None], moved]
    assert nets.close(objective.hessian(theta[:, moved]), expected, tolerances.ORACLE_RELATIVE)


def test_a_linear_model_under_squared_loss_curves_the_same_everywhere():
    """By 2 A A^T / examples for each output, and not at all between outputs."""
    objective = nets.objective(nets.sizes(1), None, SQUARED)
    A = objective.network.inputs(objective.train.X)
    expected = np.kron(np.eye(nets.OUTPUTS), 2.0 * A @ A.T / nets.EXAMPLES)
    assert nets.close(objective.hessian(nets.thetas(objective)), [expected] * nets.RUNS, tolerances.ORACLE_RELATIVE)


@pytest.mark.parametrize("depth", nets.DEPTHS)
def test_softmax_is_flat_where_all_outputs_shift(depth):
    objective = nets.objective(nets.sizes(depth), TANH, SOFTMAX)
    shift = np.zeros((1, objective.network.n_parameters))
    objective.network.layers(shift)[-1][:, :, -1] = 1.0
    for found in objective.hessian(nets.thetas(objective)):
        assert np.max(np.abs(found @ shift[0])) < tolerances.ROUNDING
        assert np.max(np.abs(found)) > 0.01


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_at_a_perfect_fit_it_curves_upward_everywhere(shape):
    """Nothing is left to be mended, so all that remains is 2 (dz/dtheta)(dz/dtheta)^T."""
    objective = nets.objective(shape, TANH, SQUARED)
    theta = nets.thetas(objective, 1)
    fitted = Sample(objective.train.X, objective.guess(theta, objective.train.X)[0])
    eigenvalues = np.linalg.eigvalsh(replace(objective, train=fitted).hessian(theta))
    assert np.min(eigenvalues) > -tolerances.ROUNDING * np.max(eigenvalues)
    assert np.min(np.linalg.eigvalsh(objective.hessian(theta))) < -1e-3 or len(shape) == 2


@pytest.mark.parametrize("penalize_offsets", [False, True])
def test_l2_stands_on_the_diagonal_of_what_is_penalized(penalize_offsets):
    objective = nets.objective(nets.sizes(3), TANH, NLL, penalize_offsets=penalize_offsets)
    theta, l2 = nets.thetas(objective), np.linspace(0.0, 0.5, nets.RUNS)
    plain, pull = objective.hessian(theta), np.array([np.diag(x * objective.is_penalized()) for x in l2])
    assert np.array_equal(objective.hessian(theta, l2), plain + pull)
    assert np.array_equal(objective.loss_hessian(theta), plain)
    assert objective.is_penalized().all() == penalize_offsets
