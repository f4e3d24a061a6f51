"""Are J, its gradient and the measures what the lecture's formulas give, for every net that can be asked for?"""

from dataclasses import replace

import nets
import numpy as np
import oracle
import pytest
import tolerances

from nnexp.net.network import Network
from nnexp.net.objective import MEASURES, Objective, Sample
from nnexp.parts import registry

ENDINGS = pytest.mark.parametrize("ending", nets.oracle_endings(), ids=nets.ending_label)
LEARNERS = nets.every("activation", lambda part: part.has_slope)
TANH = registry.make("activation", "tanh")
SQUARED = registry.make("loss", "squared"), registry.make("activation", "identity")
NLL = registry.make("loss", "nll"), registry.make("activation", "sigmoid")
SOFTMAX = registry.make("loss", "softmax_nll"), None


def by_hand():
    """Two ReLU units under one identity output, squared loss, two examples; every number below is exact.

    First layer, W (2 x 2) and W0:      z1 =  x1 + 2 x2 - 1       z2 = -x1 + x2 + 0.5
    Second layer, W (2 x 1) and W0:     guess = 0.5 a1 - 2 a2 + 1

    x = (1, 2), actual 1: z = (4, 1.5), a = (4, 1.5), guess = 2 - 3 + 1 = 0, L = 1, dL/dguess = -2
    x = (3, -1), actual 2: z = (0, -3.5), a = (0, 0), guess = 1, L = 1, dL/dguess = -2
    """
    relu = registry.make("activation", "relu")
    network = Network((2, 2, 1), (relu,), SQUARED[1], SQUARED[0])
    train = Sample(np.array([[1.0, 3.0], [2.0, -1.0]]), np.array([[1.0, 2.0]]))
    weights = [
        (np.array([[1.0, -1.0], [2.0, 1.0]]), np.array([-1.0, 0.5])),
        (np.array([[0.5], [-2.0]]), np.array([1.0])),
    ]
    return Objective(network, train, train, "regression"), weights


THETA_BY_HAND = [1.0, 2.0, -1.0, -1.0, 1.0, 0.5, 0.5, -2.0, 1.0]
"""Layer after layer, unit after unit: a unit's weights, then its offset."""


def test_by_hand_layout():
    objective, weights = by_hand()
    theta = objective.network.theta(weights)
    assert theta.tolist() == THETA_BY_HAND
    for (W, W0), (W_again, W0_again) in zip(weights, objective.network.weights(theta), strict=True):
        assert np.array_equal(W, W_again)
        assert np.array_equal(W0, W0_again)


def test_by_hand_guess_and_objective():
    objective, _ = by_hand()
    theta = np.array([THETA_BY_HAND])
    assert objective.network.guess(theta, objective.train.X).tolist() == [[[0.0, 1.0]]]
    assert objective.value(theta).tolist() == [1.0]
    squares = 1 + 1 + 4 + 1 + 0.25 + 4  # the weights alone
    assert objective.value(theta, 0.5).tolist() == [1.0 + 0.25 * squares]


def test_by_hand_gradient():
    """The first example's: dJ/dz = (0.5, -2) * -2 = (-1, 4) below, times x; the second's hidden units are off, also at z = 0.

    Each example counts one half.
    """
    objective, _ = by_hand()
    first, second = [-0.5, -1.0, -0.5, 2.0, 4.0, 2.0], [-4.0, -1.5, -1.0 - 1.0]
    assert objective.gradient(np.array([THETA_BY_HAND])).tolist() == [first + second]


@pytest.mark.parametrize("depth", nets.DEPTHS)
def test_theta_is_laid_out_as_documented(depth):
    objective = nets.objective(nets.sizes(depth), TANH, SQUARED)
    network, theta = objective.network, nets.thetas(objective, runs=1)[0]
    for (W, W0), (W_oracle, W0_oracle) in zip(
        network.weights(theta), oracle.matrices(nets.problem(objective), theta), strict=True
    ):
        assert W.tolist() == W_oracle
        assert W0.tolist() == W0_oracle
    assert np.array_equal(network.theta(network.weights(theta)), theta)
    assert theta.size == network.n_parameters


@pytest.mark.parametrize("depth", nets.DEPTHS)
def test_is_weight_marks_all_but_the_offsets(depth):
    network = nets.objective(nets.sizes(depth), TANH, SQUARED).network
    ones = [
        ([[1.0] * n for _ in range(m)], [0.0] * n) for m, n in zip(network.sizes[:-1], network.sizes[1:], strict=True)
    ]
    assert network.is_weight().tolist() == [bool(x) for x in oracle.flat(ones)]


def assert_equals_oracle(objective):
    thetas, l2 = nets.thetas(objective), np.linspace(0.0, 0.5, nets.RUNS)
    J, gradient = objective.value(thetas, l2), objective.gradient(thetas, l2)
    for r in range(nets.RUNS):
        problem, theta = nets.problem(objective, l2[r]), thetas[r].tolist()
        assert nets.close(J[r], oracle.objective(problem, theta), tolerances.ORACLE_RELATIVE)
        assert nets.close(gradient[r], oracle.gradient(problem, theta), tolerances.ORACLE_RELATIVE)


@ENDINGS
@pytest.mark.parametrize("depth", nets.DEPTHS[1:])
@pytest.mark.parametrize("activation", nets.activations(), ids=nets.label)
def test_objective_and_gradient_equal_the_oracle(activation, depth, ending):
    assert_equals_oracle(nets.objective(nets.sizes(depth), activation, ending))


@ENDINGS
def test_the_linear_model_equals_the_oracle(ending):
    assert_equals_oracle(nets.objective(nets.sizes(1), None, ending))


@pytest.mark.parametrize("ending", nets.oracle_endings(outputs=1), ids=nets.ending_label)
@pytest.mark.parametrize("depth", nets.DEPTHS)
def test_one_output_equals_the_oracle(depth, ending):
    assert_equals_oracle(nets.objective(nets.sizes(depth, outputs=1), TANH, ending))


@pytest.mark.parametrize("depth", nets.DEPTHS)
@pytest.mark.parametrize("activation", LEARNERS, ids=nets.label)
def test_gradient_is_the_derivative_of_the_objective(activation, depth):
    for ending in (SQUARED, NLL, SOFTMAX):
        objective = nets.objective(nets.sizes(depth), activation, ending)
        theta, h = nets.thetas(objective), 1e-5
        direction = nets.thetas(objective, seed=2)
        rise = (objective.value(theta + h * direction, 0.1) - objective.value(theta - h * direction, 0.1)) / (2.0 * h)
        along = np.sum(objective.gradient(theta, 0.1) * direction, axis=1)
        assert nets.close(along, rise, tolerances.DIFFERENCE_RELATIVE)


@pytest.mark.parametrize("activation", LEARNERS, ids=nets.label)
def test_the_order_of_hidden_units_does_not_matter(activation):
    objective = nets.objective(nets.sizes(3), activation, NLL)
    theta = nets.thetas(objective, runs=1)[0]
    (W, W0), (V, V0), (U, U0) = objective.network.weights(theta)
    one, two = [3, 0, 4, 1, 2], [6, 2, 0, 1, 5, 3, 4]
    permuted = objective.network.theta([(W[:, one], W0[one]), (V[one][:, two], V0[two]), (U[two], U0)])
    J = objective.value(np.stack([theta, permuted]), 0.1)
    assert not np.array_equal(theta, permuted)
    assert nets.close(J[0], J[1], tolerances.ORACLE_RELATIVE)


def test_the_penalty_leaves_out_offsets_and_data():
    objective = nets.objective(nets.sizes(3), TANH, NLL)
    other_data = nets.objective(nets.sizes(3), TANH, NLL, examples=29, seed=5)
    theta = nets.thetas(objective)
    moved = theta + 3.0 * ~objective.network.is_weight()
    expected = [oracle.penalty(nets.problem(objective, 0.3), row) for row in theta.tolist()]
    assert nets.close(objective.penalty(theta, 0.3), expected, tolerances.ORACLE_RELATIVE)
    assert np.array_equal(objective.penalty(moved, 0.3), objective.penalty(theta, 0.3))
    assert np.array_equal(other_data.penalty(theta, 0.3), objective.penalty(theta, 0.3))
    assert not objective.penalty(theta, 0.0).any()


@ENDINGS
def test_seeing_every_example_twice_changes_nothing(ending):
    """So the minimizer, with a penalty too, does not depend on how many examples there are or how they are dealt out."""
    once = nets.objective(nets.sizes(2), TANH, ending)
    doubled = Sample(np.repeat(once.train.X, 2, axis=1), np.repeat(once.train.Y, 2, axis=1))
    twice = Objective(once.network, doubled, once.test, once.task)
    theta = nets.thetas(once)
    assert nets.close(twice.value(theta, 0.3), once.value(theta, 0.3), tolerances.ORACLE_RELATIVE)
    assert nets.close(twice.gradient(theta, 0.3), once.gradient(theta, 0.3), tolerances.ORACLE_RELATIVE)


MEASURED = [
    *((SQUARED, task) for task in ("regression", "binary", "multiclass", "multilabel")),
    *((NLL, "binary"), (NLL, "multilabel"), (SOFTMAX, "multiclass")),
]


@pytest.mark.parametrize(("ending", "task"), MEASURED)
@pytest.mark.parametrize("cost", [0.0, 10.0])
def test_every_measure_equals_the_oracle(ending, task, cost):
    objective = nets.objective(nets.sizes(2, outputs=3), TANH, ending, task=task, cost=cost)
    validation = nets.objective(nets.sizes(2, outputs=3), TANH, ending, task=task, examples=19, seed=3).train
    objective = replace(objective, validation=validation)
    theta, l2, l1 = nets.thetas(objective), np.linspace(0.0, 0.5, nets.RUNS), np.linspace(0.3, 0.0, nets.RUNS)
    measured = objective.measure(theta, l2, l1)
    assert tuple(measured) == MEASURES
    for r in range(nets.RUNS):
        expected = expected_measures(objective, l2[r], l1[r], theta[r].tolist())
        for name in MEASURES:
            if expected[name] is None:
                assert np.isnan(measured[name][r])
            else:
                assert nets.close(measured[name][r], expected[name], tolerances.ORACLE_RELATIVE)


def expected_measures(objective, l2, l1, theta):
    expected = {"validation_loss": oracle.mean_loss(nets.problem(objective, sample=objective.validation), theta)}
    for where, sample in (("train", objective.train), ("test", objective.test)):
        problem = nets.problem(objective, l2, l1, sample)
        expected[f"{where}_loss"] = oracle.mean_loss(problem, theta)
        error, cost = None, None
        if objective.task != "regression":
            error, cost = oracle.error_and_cost(problem, theta, objective.task, objective.false_negative_cost)
        expected[f"{where}_error"], expected[f"{where}_cost"] = error, cost
    expected["penalty"] = oracle.penalty(problem, theta)
    return expected | {"J": expected["train_loss"] + expected["penalty"]}


def test_without_test_examples_their_measures_are_missing():
    objective = nets.objective(nets.sizes(2), TANH, NLL)
    alone = Objective(objective.network, objective.train, Sample(np.empty((3, 0)), np.empty((2, 0))), "binary")
    none = np.zeros(nets.RUNS)
    measured = alone.measure(nets.thetas(alone), none, none)
    assert all(np.isnan(measured[f"test_{kind}"]).all() for kind in ("loss", "error", "cost"))
    assert np.array_equal(measured["J"], objective.measure(nets.thetas(alone), none, none)["J"])
