"""Are the units that were made idle taken out, no others, and does the net still say the same?"""

import nets
import numpy as np
import pytest
from tolerances import DEEP_RELATIVE

from nnexp.optima.distinct.reduction import activations, reduced
from nnexp.parts import registry

SQUARED = next(e for e in nets.endings() if e[0].name == "squared")
SHAPE = (3, 7, 5, 2)


def made(name, **more):
    objective = nets.objective(SHAPE, registry.make("activation", name), SQUARED, **more)
    theta = nets.thetas(objective, 1)
    return objective, theta, [layer[0] for layer in objective.network.layers(theta)]


def check(objective, theta, widths):
    network, left = reduced(objective.network, theta[0], objective.train.X)
    assert network.sizes == (3, *widths, 2)
    X = objective.train.X
    assert nets.close(network.guess(left[None], X), objective.guess(theta, X), DEEP_RELATIVE)


@pytest.mark.parametrize("f", nets.activations(with_slope=True), ids=nets.label)
def test_a_net_at_random_needs_all_its_units(f):
    objective = nets.objective(SHAPE, f, SQUARED, seed=3)
    if f.name != "relu":
        check(objective, nets.thetas(objective, 1), (7, 5))


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "gelu"])
def test_units_that_give_or_take_nothing_go(name):
    objective, theta, (first, second, third) = made(name)
    third[:, 2] = 0.0
    if name == "relu":  # none is to be dead by chance
        first[:, -1] += 2.0
        second[:, -1] += 9.0
    second[:, 4] = 0.0
    first[1, :3] = 0.0
    check(objective, theta, (5, 4))


def test_a_relu_that_is_never_active_goes_and_one_that_always_is_stays():
    objective, theta, (first, second, _) = made("relu")
    first[:, -1] = 50.0
    second[:, -1] = 900.0
    first[3, -1] = -50.0
    check(objective, theta, (6, 5))


@pytest.mark.parametrize(
    ("name", "factor", "left"),
    [
        ("tanh", -1.0, 6),
        ("sigmoid", -1.0, 6),
        ("relu", 2.5, 6),
        ("relu", -1.0, 7),
        ("tanh", 2.5, 7),
        ("gelu", 1.0, 6),
        ("gelu", -1.0, 7),
    ],
)
def test_units_alike_up_to_symmetry_become_one(name, factor, left):
    objective, theta, (first, second, _) = made(name)
    if name == "relu":  # none is to be dead by chance
        first[:, -1] += 1.0
        second[:, -1] += 9.0
    active = [np.ptp(a) > 0.0 for a in activations(objective.network, theta, objective.train.X)[0][0]]
    assert all(active)
    first[5] = factor * first[2]
    dead = name == "relu" and factor < 0.0 and not (first[5] @ objective.network.inputs(objective.train.X) > 0).any()
    check(objective, theta, (left - dead, 5))


def test_without_offsets_a_constant_unit_has_to_stay():
    objective, theta, _ = made("sigmoid", offsets=False)
    first, _, third = (layer[0] for layer in objective.network.layers(theta))
    first[4] = 0.0
    check(objective, theta, (7, 5))
    third[:, 1] = 0.0
    check(objective, theta, (7, 4))


def test_a_net_that_says_one_thing_needs_no_unit():
    objective, theta, (first, _, _) = made("tanh")
    first[:, :3] = 0.0
    check(objective, theta, (0, 0))


def test_activations_are_those_of_the_net():
    objective, theta, (first, _, third) = made("tanh")
    a, b = activations(objective.network, theta, objective.train.X)
    assert nets.close(a[0], np.tanh(first[:, :3] @ objective.train.X + first[:, 3:]), DEEP_RELATIVE)
    assert nets.close(
        third[:, :5] @ b[0] + third[:, 5:], objective.network.preactivation(theta, objective.train.X)[0], DEEP_RELATIVE
    )
