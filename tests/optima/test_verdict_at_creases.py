"""What is said of points where J has a crease, or where units are dead?"""

from collections import Counter

import numpy as np
import problems
import pytest

EXACT = 1e-12
LEVELS = {"squared": (0.0, 1 / 8, 1 / 6, 1 / 4), "nll": (0.0, 0.5 * np.log(2), 0.4774, np.log(2))}


judged, only = problems.judged, problems.only


def relu(sizes=(2, 3, 1), **given):
    X, Y = problems.blobs()
    return problems.objective(sizes, "relu", "nll", "sigmoid", X, Y, **given)


def test_dead_units_are_flat_and_are_said_to_be():
    objective = relu()
    theta = np.zeros(13)
    for layer in objective.network.layers(theta[None])[:1]:
        layer[0, :, 2] = -50.0  # no point gets this far
    found = judged(objective, theta)
    assert only(found) == "flat minimum"
    assert found.explained == [{"dead unit": 12}]
    assert found.zero_directions[0] == 12


def test_the_origin_of_a_relu_net_is_not_taken_for_a_net_of_dead_units():
    assert only(judged(relu(), np.zeros(13))) not in ("minimum", "flat minimum")


@pytest.mark.parametrize("l2", [1e-3, 0.01])
def test_the_origin_of_a_penalized_relu_net_is_not_a_minimum_though_its_hessian_says_so(l2):
    """J falls as v relu(w1 x1 - w1 x2) with v w1 of the right sign: by the second order, on one side of a crease."""
    found = judged(problems.xor("relu", penalize_offsets=True), np.zeros(9), l2=l2)
    assert found.least_eigenvalue[0] == pytest.approx(l2)
    assert only(found) == "saddle"


def test_a_net_that_is_dead_throughout_is_flat_in_all_directions():
    X = np.array([[-1.0, -2.0, -3.0]])
    objective = problems.objective((1, 2, 1), "relu", "squared", "identity", X, X, task="regression", offsets=False)
    found = judged(objective, [1.0, 2.0, 3.0, 4.0])
    assert only(found) == "flat minimum"
    assert found.explained == [{"dead unit": 4}]


def test_relu_nets_come_to_rest_in_creases_and_no_way_down_is_left_around_them():
    objective = relu()
    found = judged(objective, problems.normal(objective, 19), l2=1e-2)
    counts = Counter(found.endpoint)
    assert counts["minimum"] == 0 or (found.creases[np.array(found.endpoint) == "minimum"] == 0).all()
    assert counts["kink"] > 5
    rng = np.random.default_rng(4)
    for run in np.flatnonzero(np.array(found.endpoint) == "kink"):
        around = rng.normal(size=(500, 13))
        around /= np.linalg.norm(around, axis=1)[:, None]
        for distance in (1e-6, 1e-4, 1e-2):
            J = objective.value(found.theta[run] + distance * around, 1e-2)
            assert J.min() >= found.J[run] - EXACT


def test_a_crease_with_a_side_that_goes_down_is_left():
    """J = |a relu(w) - 1|^2 at w = 0 from where a > 0: J falls as w grows, and is flat as w falls."""
    objective = problems.objective(
        (1, 1, 1), "relu", "squared", "identity", np.array([[1.0]]), np.array([[1.0]]), task="regression", offsets=False
    )
    found = judged(objective, [1e-12, 2.0])
    assert only(found) not in ("minimum", "kink")
    assert found.J[0] < 1e-20


def test_l1_holds_weights_at_a_kink():
    X, Y = problems.blobs()
    objective = problems.objective((2, 3, 1), "tanh", "nll", "sigmoid", X, Y)
    found = judged(objective, problems.normal(objective, 7), l1=0.03)
    assert only(found) == "kink"
    assert (found.creases > 0).all()


def dead_output(output="relu", hidden="tanh"):
    """A 1-1-1 net with a unit that can be dead at its output, and two points that are to be 1."""
    X, Y = np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]])
    return problems.objective((1, 1, 1), hidden, "squared", output, X, Y, task="regression", offsets=False)


def test_a_crease_of_the_output_unit_is_no_minimum():
    """At 0 a ReLU at the output hides the slope of the loss: J falls as soon as both weights grow."""
    objective = dead_output()
    assert objective.value(np.array([[1e-2, 1e-2]]), 1e-2)[0] < 1.0
    assert only(judged(objective, [0.0, 0.0], l2=1e-2)) in ("saddle", "undecided")


def test_a_level_plateau_is_no_saddle_though_j_falls_far_away():
    """The output is dead: J is constant all around, and lower only on the other side."""
    assert only(judged(dead_output(), [1.0, -1.0])) not in ("saddle", "minimum", "at infinity")


def test_dead_deep_nets_at_zero_are_no_saddles():
    """With all weights 0 and a penalty, what varies with x is of third order in the weights: J rises all around."""
    X = np.random.default_rng(3).normal(size=(2, 11))
    Y = (X[:1] > 0.0).astype(float)
    objective = problems.objective((2, 2, 2, 1), "relu", "squared", "identity", X, Y)
    theta = np.zeros(objective.network.n_parameters)
    theta[[2, 5, 8, 11, 14]] = [0.8, 0.3, 0.2, 1.1, Y.mean()]
    found = judged(objective, theta, l2=1e-3)
    assert found.moved[0] < 1e-9
    assert only(found) not in ("saddle", "minimum", "at infinity")


def test_nothing_left_to_adapt_is_no_crash():
    """All weights held at 0 by l1, a ReLU at its crease."""
    found = judged(dead_output("leaky_relu", "relu"), [0.0, 0.0], l2=1e-2, l1=1e-3)
    assert only(found) != "saddle"
