"""Is the nearest equal found, and is it known where it may not be?

The brute force goes through every order and sign in plain loops, on a net written as lists of units.
"""

import itertools

import nets
import numpy as np
import pytest
from tolerances import DEEP_RELATIVE, ORACLE_RELATIVE

from nnexp.optima.distinct import deep, symmetry
from nnexp.optima.distinct.matching import match
from nnexp.parts import registry

SQUARED = next(e for e in nets.endings() if e[0].name == "squared")
SHAPES = [(3, 5, 2), (2, 7, 1), (3, 5, 7, 2), (2, 3, 5, 7, 2), (3, 11, 13, 2)]
NOT_ZERO = 1e-2


def made(name, shape):
    return nets.objective(shape, registry.make("activation", name), SQUARED)


def two(objective, pairs=5):
    theta = nets.thetas(objective, 2 * pairs)
    return theta[:pairs], theta[pairs:]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("f", nets.activations(with_slope=True), ids=nets.label)
def test_a_planted_equal_is_always_recovered(f, shape):
    """T9: every order, sign and scale that was put on is taken off again, and nothing lies between the two nets."""
    objective = nets.objective(shape, f, SQUARED)
    a = nets.thetas(objective, 23)
    b = symmetry.scrambled(symmetry.of_network(objective.network), a, np.random.default_rng(5))
    found = match(objective.network, a, b)
    assert nets.close(found.theta, a, DEEP_RELATIVE)
    assert np.abs(found.distance).max() <= DEEP_RELATIVE * np.linalg.norm(a, axis=1).max()
    assert found.exact.all()
    assert not found.gap.any()
    halfway = [objective.value(0.5 * (a + other)) for other in (found.theta, b)]
    assert nets.close(halfway[0], objective.value(a), DEEP_RELATIVE)
    assert np.abs(halfway[1] - objective.value(a)).max() > NOT_ZERO


def test_worked_by_hand():
    """Units (1, 0; 2) and (0, 3; 1) against (0, -3; -1) and (1, 1; 2): swapped, one flipped; only (1, 0) - (1, 1) is left."""
    network = made("tanh", (1, 2, 1)).network
    a, b = np.array([1.0, 0.0, 0.0, 3.0, 2.0, 1.0, 7.0]), np.array([0.0, -3.0, 1.0, 1.0, -1.0, 2.0, 7.0])
    found = match(network, a, b)
    assert found.theta.tolist() == [1.0, 1.0, 0.0, 3.0, 2.0, 1.0, 7.0]
    assert (found.distance, found.exact, found.gap) == (1.0, True, 0.0)


def test_a_relu_net_is_laid_at_the_scales_of_the_other():
    """Two units, 2 relu(3 x) and 6 relu(x), are one at different scales."""
    network = nets.objective((1, 1, 1), registry.make("activation", "relu"), SQUARED, offsets=False).network
    found = match(network, np.array([3.0, 2.0]), np.array([1.0, 6.0]))
    assert np.allclose(found.theta, [3.0, 2.0], rtol=ORACLE_RELATIVE)
    assert found.distance < ORACLE_RELATIVE


def brute_force(a, b, flips):
    """The least distance of a from equals of b, both lists of layers, each a list of rows."""
    hidden = [len(layer) for layer in a[:-1]]
    best = float("inf")
    for orders in itertools.product(*(itertools.permutations(range(n)) for n in hidden)):
        for signs in itertools.product(
            *(itertools.product((1.0, -1.0) if flips else (1.0,), repeat=n) for n in hidden)
        ):
            total = 0.0
            for k, layer in enumerate(a):
                for i, row in enumerate(layer):
                    source, row_sign = (orders[k][i], signs[k][i]) if k < len(hidden) else (i, 1.0)
                    for j, w in enumerate(row):
                        column, sign = j, row_sign
                        if k and j < hidden[k - 1]:
                            column, sign = orders[k - 1][j], row_sign * signs[k - 1][j]
                        total += (w - sign * b[k][source][column]) ** 2
            best = min(best, total)
    return best**0.5


def as_lists(objective, theta, name):
    """Layers as lists of rows; of a sigmoid, f - 1/2 is what is odd, so offsets above take up half of what its units give."""
    layers = [layer[0].tolist() for layer in objective.network.layers(theta[None])]
    if name == "sigmoid":
        for layer in layers[1:]:
            for row in layer:
                row[-1] += 0.5 * sum(row[:-1])
    return layers


@pytest.mark.parametrize("shape", [(2, 5, 1), (2, 3, 2, 1), (1, 2, 3, 2, 1)], ids=str)
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize("most", [5000, 0], ids=["by enumeration", "by turns"])
def test_no_equal_is_nearer_than_what_is_called_exact(name, shape, most, monkeypatch):
    monkeypatch.setattr(deep, "MOST_ELEMENTS", most)
    objective = made(name, shape)
    a, b = two(objective, 3)
    found = match(objective.network, a, b)
    least = [
        brute_force(*(as_lists(objective, t, name) for t in pair), name != "gelu") for pair in zip(a, b, strict=True)
    ]
    assert (found.distance >= np.array(least) * (1.0 - ORACLE_RELATIVE)).all()
    assert (found.distance - found.gap <= np.array(least) * (1.0 + ORACLE_RELATIVE)).all()
    assert found.exact.all() == (most > 0 or len(shape) == 3)
    assert nets.close(found.distance[found.exact], np.array(least)[found.exact], ORACLE_RELATIVE)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "gelu", "identity"])
@pytest.mark.parametrize("shape", [(3, 5, 2), (2, 3, 5, 1)], ids=str)
def test_what_is_found_computes_what_b_does(name, shape):
    objective = made(name, shape)
    a, b = two(objective)
    found = match(objective.network, a, b)
    X = objective.train.X
    assert nets.close(objective.guess(found.theta, X), objective.guess(b, X), DEEP_RELATIVE)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "identity"])
@pytest.mark.parametrize("shape", [(3, 5, 2), (2, 3, 2, 1)], ids=str)
def test_the_distance_is_a_metric(name, shape):
    objective = made(name, shape)
    a, b, c = np.split(nets.thetas(objective, 21), 3)
    ab, bc, ac = (match(objective.network, x, y).distance for x, y in ((a, b), (b, c), (a, c)))
    assert nets.close(ab, match(objective.network, b, a).distance, DEEP_RELATIVE)
    assert (ac <= ab + bc).all()
    assert ab.min() > NOT_ZERO


@pytest.mark.parametrize("shape", [(3, 5, 2), (3, 5, 7, 2), (3, 11, 13, 2)], ids=str)
@pytest.mark.parametrize("name", ["tanh", "relu", "identity"])
def test_a_pair_alone_has_the_same_bits(name, shape):
    objective = made(name, shape)
    a, b = two(objective, 3)
    found = match(objective.network, a, b)
    for k in range(3):
        alone = match(objective.network, a[k], b[k])
        assert np.array_equal(alone.theta, found.theta[k])
        assert (alone.distance, alone.gap, alone.exact) == (found.distance[k], found.gap[k], found.exact[k])


def test_beyond_enumeration_the_gap_is_told():
    objective = made("tanh", (3, 11, 13, 2))
    found = match(objective.network, *two(objective))
    assert not found.exact.any()
    assert (found.gap > 0.0).all()
    assert (found.gap < found.distance).all()


def test_a_single_layer_has_nothing_to_match():
    objective = made("tanh", (3, 2))
    a, b = two(objective)
    found = match(objective.network, a, b)
    assert np.array_equal(found.theta, b)
    assert nets.close(found.distance, np.linalg.norm(a - b, axis=1), ORACLE_RELATIVE)
    assert found.exact.all()


def test_linear_nets_of_one_map_are_one_though_no_change_of_basis_leads_from_one_to_the_other():
    """M = 1 with one of two hidden units dead in each: of rank 1 both, along other hidden directions."""
    network = nets.objective((1, 2, 1), registry.make("activation", "identity"), SQUARED, offsets=False).network
    found = match(network, np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.0, 2.0, 5.0, 0.5]))
    assert found.distance < ORACLE_RELATIVE
    assert np.allclose(found.theta, [1.0, 0.0, 1.0, 0.0], atol=ORACLE_RELATIVE)
