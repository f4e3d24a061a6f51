"""Do equals compute the same, and is the canonical form of all equals one?"""

import nets
import numpy as np
import pytest
from tolerances import DEEP_RELATIVE, ROUNDING

from nnexp.net.network import Network
from nnexp.net.objective import Sample
from nnexp.net.population import Population
from nnexp.optima.distinct import linear, symmetry
from nnexp.parts import registry

SHAPES = [(3, 5, 2), (3, 5, 7, 2), (2, 3, 5, 7, 2)]
SQUARED = next(e for e in nets.endings() if e[0].name == "squared")
L2 = np.array([0.3])
FELT = 1e-3
"""A change of J that is no rounding."""


def made(name, shape=(3, 5, 2), **more):
    return nets.objective(shape, registry.make("activation", name), SQUARED, **more)


def trainable():
    return nets.activations(with_slope=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("identity", ["order", "sign", "scale"]),
        ("tanh", ["order", "sign"]),
        ("sine", ["order", "sign"]),
        ("sigmoid", ["order", "complement"]),
        ("relu", ["order", "scale"]),
        ("leaky_relu", ["order", "scale"]),
        ("softplus", ["order"]),
        ("elu", ["order"]),
        ("gelu", ["order"]),
        ("step", ["order"]),
    ],
)
def test_which_symmetries_an_activation_has(name, expected):
    assert symmetry.of_network(made(name).network).freedoms[0].names() == expected


def test_a_linear_net_is_one_of_identities_not_one_of_units_that_nearly_are():
    slow = registry.make("activation", "sine", {"frequency": 1e-9})
    assert symmetry.of_network(made("identity").network).linear
    assert not symmetry.of_network(nets.objective((3, 5, 2), slow, SQUARED).network).linear
    assert not symmetry.of_network(made("identity", (3, 2)).network).linear


def test_without_an_offset_above_nothing_takes_up_a_complement():
    assert symmetry.of_network(made("sigmoid", offsets=False).network).freedoms[0].names() == ["order"]


def test_the_complement_of_a_sigmoid_worked_by_hand():
    """3 f(2 x - 1) + 0.5 = -3 f(-2 x + 1) + 3.5."""
    group = symmetry.of_network(made("sigmoid", (1, 1, 1)).network)
    theta = np.array([[2.0, -1.0, 3.0, 0.5]])
    there = symmetry.chart(group, theta)
    flipped = symmetry.act(there.layers, 0, np.zeros((1, 1), int), -np.ones((1, 1)))
    assert symmetry.theta_of(group, flipped, there.scales).tolist() == [[-2.0, 1.0, -3.0, 3.5]]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("f", trainable(), ids=nets.label)
def test_equals_compute_the_same_and_have_one_canonical_form(f, shape):
    objective = nets.objective(shape, f, SQUARED)
    group, theta = symmetry.of_network(objective.network), nets.thetas(objective)
    equal = symmetry.scrambled(group, theta, np.random.default_rng(3))
    form = symmetry.canonical(group, theta)
    said = objective.guess(theta, objective.train.X)
    assert np.abs(equal - theta).max(axis=1).min() > 0.1
    assert nets.close(objective.guess(equal, objective.train.X), said, DEEP_RELATIVE)
    assert nets.close(objective.guess(form, objective.train.X), said, DEEP_RELATIVE)
    assert nets.close(symmetry.canonical(group, equal), form, DEEP_RELATIVE)


@pytest.mark.parametrize("f", trainable(), ids=nets.label)
def test_a_net_of_layers_that_differ(f):
    tanh = registry.make("activation", "tanh")
    objective = nets.objective((3, 5, 7, 2), (f, tanh), SQUARED)
    group, theta = symmetry.of_network(objective.network), nets.thetas(objective)
    equal = symmetry.scrambled(group, theta, np.random.default_rng(3))
    assert not group.linear
    assert nets.close(
        objective.guess(equal, objective.train.X), objective.guess(theta, objective.train.X), DEEP_RELATIVE
    )
    assert nets.close(symmetry.canonical(group, equal), symmetry.canonical(group, theta), DEEP_RELATIVE)


@pytest.mark.parametrize("f", trainable(), ids=nets.label)
@pytest.mark.parametrize("penalize_offsets", [False, True])
def test_what_J_does_not_feel(f, penalize_offsets):
    objective = nets.objective((3, 5, 2), f, SQUARED, penalize_offsets=penalize_offsets)
    group = symmetry.of_objective(objective, 0.3)
    if group.linear:
        return
    theta = nets.thetas(objective)
    equal = symmetry.scrambled(group, theta, np.random.default_rng(3))
    assert nets.close(objective.value(equal, L2), objective.value(theta, L2), DEEP_RELATIVE)
    assert nets.close(objective.value(symmetry.canonical(group, theta), L2), objective.value(theta, L2), DEEP_RELATIVE)


@pytest.mark.parametrize(("name", "penalize_offsets"), [("relu", False), ("sigmoid", True)])
def test_a_penalty_tells_some_nets_of_one_function_apart(name, penalize_offsets):
    objective = made(name, penalize_offsets=penalize_offsets)
    theta = nets.thetas(objective)
    equal = symmetry.scrambled(symmetry.of_network(objective.network), theta, np.random.default_rng(3))
    assert np.abs(objective.value(equal, L2) - objective.value(theta, L2)).min() > FELT
    assert symmetry.of_objective(objective, 0.3).freedoms[0].names() == ["order"]
    assert symmetry.of_objective(objective, 0.0, 0.3).freedoms[0].names() == ["order"]
    assert len(symmetry.of_objective(objective).freedoms[0].names()) == 2


def test_the_students_of_a_population_only_change_places():
    loss, relu = registry.make("loss", "squared"), registry.make("activation", "relu")
    none = Sample(np.empty((3, 0)), np.empty((1, 0)))
    students = Population(Network((3, 5), (), relu, loss, offsets=False), none, none)
    group, theta = symmetry.of_objective(students), nets.thetas(students)
    equal = symmetry.scrambled(group, theta, np.random.default_rng(3))
    assert np.abs(equal - theta).max() > 0.1
    assert nets.close(students.value(equal), students.value(theta), ROUNDING * 100)
    assert np.array_equal(symmetry.canonical(group, equal), symmetry.canonical(group, theta))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_chart_has_the_least_sum_of_squares_and_leads_back(shape):
    objective = made("relu", shape)
    group, theta = symmetry.of_network(objective.network), nets.thetas(objective)
    there = symmetry.chart(group, theta)
    assert nets.close(symmetry.theta_of(group, there.layers, there.scales), theta, DEEP_RELATIVE)
    least = (there.flat**2).sum(axis=1)
    for seed in range(5):
        equal = symmetry.scrambled(group, theta, np.random.default_rng(seed))
        assert ((equal**2).sum(axis=1) > least).all()
    for below, above in zip(there.layers, there.layers[1:], strict=False):
        taken, given = np.linalg.norm(below, axis=2), np.linalg.norm(above[:, :, : below.shape[1]], axis=1)
        assert nets.close(taken, given, DEEP_RELATIVE)


def test_a_relu_unit_that_takes_in_or_gives_nothing_is_0_in_canonical_form():
    objective = made("relu")
    theta = nets.thetas(objective, runs=2)
    first, second = objective.network.layers(theta)
    first[0, 1], second[1, :, 3] = 0.0, 0.0
    form = symmetry.canonical(symmetry.of_network(objective.network), theta)
    below, above = objective.network.layers(form)
    dead = (below == 0.0).all(axis=2)
    assert dead.sum(axis=1).tolist() == [1, 1]
    assert (np.swapaxes(above[:, :, :5], 1, 2)[dead] == 0.0).all()
    assert nets.close(
        objective.guess(form, objective.train.X), objective.guess(theta, objective.train.X), DEEP_RELATIVE
    )


@pytest.mark.parametrize("f", trainable(), ids=nets.label)
def test_a_net_alone_has_the_same_bits(f):
    objective = nets.objective((3, 5, 7, 2), f, SQUARED)
    group, theta = symmetry.of_network(objective.network), nets.thetas(objective)
    alone = [symmetry.canonical(group, each[None]) for each in theta]
    assert np.array_equal(np.concatenate(alone), symmetry.canonical(group, theta))


def test_the_map_of_a_linear_net_is_what_it_says():
    objective = made("identity", (3, 5, 7, 2))
    theta, X = nets.thetas(objective), objective.train.X
    M = linear.function(objective.network, theta)
    assert nets.close(M[:, :, :3] @ X + M[:, :, 3:], objective.guess(theta, X), DEEP_RELATIVE)
