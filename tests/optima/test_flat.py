"""Are the flat directions that are worked out from a net flat in J, and are all there are found?"""

import nets
import numpy as np
import oracle
import problems
import pytest

from nnexp.net.network import Network
from nnexp.net.objective import Sample
from nnexp.net.population import Population
from nnexp.optima.endpoints.flat import directions
from nnexp.parts import registry

EXACT = 1e-12


def regression(sizes, activation, *, examples=17, offsets=True, X=None, seed=3, **given):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(sizes[0], examples)) if X is None else X
    Y = rng.normal(size=(sizes[-1], X.shape[1]))
    loss, output, task = given.get("loss", "squared"), given.get("output", "identity"), given.get("task", "regression")
    if task == "multiclass":
        Y = np.eye(sizes[-1])[:, rng.integers(sizes[-1], size=X.shape[1])]
    return problems.objective(sizes, activation, loss, output, X, Y, task=task, offsets=offsets)


def counts(objective, theta, l2=0.0, l1=0.0):
    with np.errstate(all="raise"):
        found = directions(objective, theta, l2, l1)
    stacked = np.concatenate(list(found.values()), axis=1) if found else np.empty((len(theta), 0))
    assert np.allclose(stacked.T @ stacked, np.eye(stacked.shape[1]), atol=1e-12)
    return {name: columns.shape[1] for name, columns in found.items()}


def slope_along(objective, theta, name, l2=0.0):
    """The oracle's gradient along each direction of this name, whose exact value is 0 wherever theta is."""
    gradient = np.array(oracle.gradient(nets.problem(objective, l2), theta.tolist()))
    return gradient @ directions(objective, theta, l2)[name]


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_each_hidden_unit_of_a_relu_net_has_a_scale(activation):
    objective = regression((2, 3, 5, 2), activation)
    theta = problems.normal(objective, 1)[0]
    for layer in objective.network.layers(theta[None])[:2]:
        layer[0, :, -1] = 0.3  # so that none is dead
    assert counts(objective, theta)["scale"] == 8
    assert np.abs(slope_along(objective, theta, "scale")).max() < EXACT
    assert "scale" not in counts(objective, theta, l2=0.1)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "gelu", "elu"])
def test_nets_without_such_freedoms_have_none(activation):
    objective = regression((2, 3, 2), activation)
    assert counts(objective, problems.normal(objective, 1)[0]) == {}


def test_a_linear_net_is_free_to_change_its_basis_and_its_hidden_offsets():
    objective = regression((5, 3, 4), "identity")
    theta = problems.normal(objective, 1)[0]
    assert counts(objective, theta) == {"linear": 9 + 3}
    assert np.abs(slope_along(objective, theta, "linear")).max() < EXACT
    assert counts(objective, theta, l2=0.1) == {"linear": 3 + 3}
    assert np.abs(slope_along(objective, theta, "linear", l2=0.1)).max() < EXACT
    assert counts(objective, theta, l1=0.1) == {"linear": 3}


def test_relu_units_that_are_awake_on_every_point_are_linear():
    objective = regression((2, 3, 1), "relu")
    theta = problems.normal(objective, 1)[0]
    first = objective.network.layers(theta[None])[0][0]
    first[:2, 2] = 30.0
    found = counts(objective, theta, l2=0.1)
    assert found == {"linear": 1 + 2}  # one rotation, two shifts
    assert np.abs(slope_along(objective, theta, "linear", l2=0.1)).max() < EXACT


def test_a_softmax_does_not_feel_what_every_class_shares():
    objective = regression((2, 3, 5), "tanh", loss="softmax_nll", output=None, task="multiclass")
    theta = problems.normal(objective, 1)[0]
    assert counts(objective, theta) == {"softmax": 4}
    assert counts(objective, theta, l2=0.1) == {"softmax": 1}
    assert np.abs(slope_along(objective, theta, "softmax")).max() < EXACT


def test_what_a_dead_unit_takes_in_and_gives_goes_unfelt():
    objective = regression((2, 3, 2), "relu")
    theta = problems.normal(objective, 1)[0]
    objective.network.layers(theta[None])[0][0, 1] = [0.1, 0.2, -40.0]
    assert counts(objective, theta)["dead unit"] == 3 + 2
    assert counts(objective, theta, l2=0.1)["dead unit"] == 1  # its offset, which no penalty pulls


def test_a_unit_on_the_edge_of_sleep_is_not_dead():
    objective = regression((2, 3, 2), "relu")
    theta = problems.normal(objective, 1)[0]
    first = objective.network.layers(theta[None])[0][0]
    first[1] = [1.0, 0.0, -objective.train.X[0].max()]  # 0 on one point, and negative on all others
    assert "dead unit" not in counts(objective, theta)


def test_what_one_of_two_equal_units_gives_may_be_given_by_the_other():
    objective = regression((2, 3, 2), "tanh")
    theta = problems.normal(objective, 1)[0]
    first = objective.network.layers(theta[None])[0][0]
    first[2] = -first[0]
    assert counts(objective, theta) == {"duplicate units": 2}
    assert np.abs(slope_along(objective, theta, "duplicate units")).max() < EXACT
    assert counts(objective, theta, l2=0.1) == {}


def test_parallel_relu_units_in_balance_may_share_their_work_in_any_proportion():
    objective = regression((2, 3, 1), "relu")
    theta = problems.normal(objective, 1)[0]
    first, last = (layer[0] for layer in objective.network.layers(theta[None]))
    last[:, 0] = np.linalg.norm(first[0, :2])
    first[2], last[:, 2] = 1.7 * first[0], 1.7 * last[:, 0]
    found = directions(objective, theta, 0.1)
    assert found["duplicate units"].shape[1] == 1
    assert np.abs(slope_along(objective, theta, "duplicate units", l2=0.1)).max() < EXACT
    turned = theta.copy()
    first, last = (layer[0] for layer in objective.network.layers(turned[None]))
    for angle in (0.1, 0.5):
        for layer, axis in ((first, 0), (last, 1)):
            rows = layer if axis == 0 else layer.T
            a, b = rows[0].copy(), rows[2].copy()
            rows[0], rows[2] = np.cos(angle) * a + np.sin(angle) * b, np.cos(angle) * b - np.sin(angle) * a
        assert objective.value(turned[None], 0.1)[0] == pytest.approx(objective.value(theta[None], 0.1)[0], abs=EXACT)


def test_a_unit_from_which_nothing_is_taken_may_take_in_what_it_likes():
    objective = regression((2, 3, 2), "tanh")
    theta = problems.normal(objective, 1)[0]
    objective.network.layers(theta[None])[1][0, :, 1] = 0.0
    assert counts(objective, theta) == {"unused unit": 3}
    assert counts(objective, theta, l2=0.1) == {"unused unit": 1}


def test_a_unit_without_weights_is_an_offset():
    objective = regression((2, 3, 2), "tanh")
    theta = problems.normal(objective, 1)[0]
    objective.network.layers(theta[None])[0][0, 1, :2] = 0.0
    assert counts(objective, theta) == {"constant unit": 1 + 2}
    assert np.abs(slope_along(objective, theta, "constant unit")).max() < EXACT
    assert counts(objective, theta, l2=0.1) == {"constant unit": 1}


def test_inputs_that_depend_on_each_other_leave_every_unit_free():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(3, 17))
    X = np.concatenate([X, X[:1] - 2.0 * X[2:], np.zeros((1, 17))])
    objective = regression((5, 3, 2), "tanh", X=X)
    theta = problems.normal(objective, 1)[0]
    assert counts(objective, theta) == {"dependent inputs": 3 * 2}
    few = regression((5, 3, 2), "tanh", examples=4)
    assert counts(few, problems.normal(few, 1)[0]) == {"dependent inputs": 3 * 2}  # 5 inputs and a 1, on 4 points


def test_straight_directions_leave_j_where_it_is_a_step_away():
    rng = np.random.default_rng(7)
    X = np.concatenate([rng.normal(size=(2, 13)), np.zeros((1, 13))])
    objective = regression((3, 5, 2), "tanh", X=X)
    theta = problems.normal(objective, 1)[0]
    first, last = (layer[0] for layer in objective.network.layers(theta[None]))
    first[1], last[:, 3] = first[0], 0.0
    J = oracle.objective(nets.problem(objective), theta.tolist())
    found = directions(objective, theta)
    assert set(found) == {"dependent inputs", "duplicate units", "unused unit"}
    for name, columns in found.items():
        for direction in columns.T:
            moved = oracle.objective(nets.problem(objective), (theta + 0.1 * direction).tolist())
            assert moved == pytest.approx(J, abs=EXACT), name


def test_an_objective_without_data_has_none():
    network = Network((3, 5), (), registry.make("activation", "relu"), registry.make("loss", "squared"), False)
    none = Sample(np.empty((3, 0)), np.empty((3, 0)))
    assert directions(Population(network, none, none), np.ones(15)) == {}
