"""Does the paragraph on a run say what is so?"""

import re

import numpy as np
import problems
import pytest

from nnexp.optima.endpoints import inquiry
from nnexp.optima.endpoints.local import Terrain
from nnexp.optima.endpoints.verdict import VERDICTS, judge, remedy
from nnexp.optima.endpoints.why import parameter, why


def said(objective, theta, **given):
    with np.errstate(all="raise"):
        return why(objective, np.asarray(theta, dtype=float), **given)


def test_a_run_stuck_on_a_plateau_of_xor_names_it_and_its_points():
    objective = problems.xor("sigmoid", "squared")
    theta = problems.descended(objective, problems.normal(objective, 61, scale=1.0), 3000, 0.5)
    found = judge(objective, theta, np.zeros(61), np.zeros(61))
    stuck = int(np.argmax(np.abs(found.J_limit - 1 / 8) < 1e-3))
    paragraph = said(objective, theta[stuck])
    assert "\nVerdict: at infinity" in paragraph
    assert "the plateau of loss 0.125, where the net predicts 50 % for 2 points" in paragraph
    assert "2 of 4 training points are wrong (50.0%)" in paragraph or "1 of 4 training points is wrong" in paragraph
    assert paragraph.endswith("What to do: without l2 weights grow for ever; try l2=0.001.")


def test_saturated_units_are_named():
    objective = problems.xor()
    theta = np.array([1.0, 1.0, 9.0, 0.5, 0.5, 0.1, 1.0, 1.0, 0.0])
    found = judge(objective, theta[None], np.full(1, 0.1), np.zeros(1))
    found.theta[...] = theta
    sentence = "Unit 1 of the hidden layer is saturated: the slope is nearly 0 at 90 % of the training points or more."
    assert sentence in said(objective, theta, judged=found)


def test_a_saddle_names_the_way_out_and_how_far_j_falls():
    objective = problems.linear((2, 1, 3))
    X, Y = objective.train.X, objective.train.Y
    best = Y @ X.T @ np.linalg.inv(X @ X.T)
    _, U = np.linalg.eigh(best @ X @ Y.T)
    second = U[:, [-2]]
    theta = objective.network.theta([((second.T @ best).T, np.zeros(1)), (second.T, np.zeros(3))])
    paragraph = said(objective, theta)
    assert "Verdict: saddle" in paragraph
    assert "; 1 of them is negative" in paragraph
    assert "along a direction of curvature -" in paragraph
    assert "1 because of linear units" in paragraph


def test_dead_unused_and_doubled_units_are_named():
    X, Y = problems.blobs()
    objective = problems.objective((2, 5, 1), "relu", "nll", "sigmoid", X, Y)
    theta = problems.normal(objective, 1)[0]
    first, last = (layer[0] for layer in objective.network.layers(theta[None]))
    first[1], first[2], first[4], last[:, 3] = [0.0, 0.0, -9.0], 0.5 * first[0], 2.0 * first[0], 0.0
    found = judge(objective, theta[None], np.zeros(1), np.zeros(1))
    found.theta[...] = theta
    paragraph = said(objective, theta, judged=found)
    assert "Unit 2 of the hidden layer is dead: the output is 0 at every training point." in paragraph
    assert "Unit 4 of the hidden layer is unused: the outgoing weights are 0." in paragraph
    twins = "Units 3 and 5 of the hidden layer duplicate unit 1: their incoming weights are 0.5 and 2 times those of unit 1."
    assert twins in paragraph


def test_a_saddle_whose_least_eigenvalue_is_0_to_rounding_names_a_direction_along_which_j_falls():
    """At 0, J of a linear net with two hidden layers has no curvature at all, and falls with the third power."""
    objective = problems.linear((2, 1, 1, 3))
    theta = np.zeros(objective.network.n_parameters)
    paragraph = said(objective, theta)
    assert "Verdict: saddle" in paragraph
    assert "eigenvalues go from 0 (to rounding)" in paragraph
    fall = re.search(
        r"The way out: J falls by (\S+) within a distance of (\S+), along a direction of no curvature", paragraph
    )
    down = inquiry.way_down(Terrain(objective, np.zeros(1), np.zeros(1)), look(objective, theta))
    assert float(fall[1]) == pytest.approx(down.fall, rel=1e-2)
    there = theta + down.distance * down.direction
    lower = objective.value(theta[None])[0] - objective.value(there[None])[0]
    assert 0.0 < lower <= down.fall * (1.0 + 1e-9)
    (strongest, *_) = np.argsort(-np.abs(down.direction))
    assert parameter(objective.network, int(strongest)) in paragraph


def test_a_saddle_off_whose_crease_j_falls_says_so():
    """At 0, J of a penalized ReLU net curves upward by its Hessian, and falls on one side of the kinks of its units."""
    paragraph = said(problems.xor("relu", penalize_offsets=True), np.zeros(9), l2=1e-3)
    assert "Verdict: saddle" in paragraph
    assert "along a direction off a crease of J, which falls on one side of it, mostly the " in paragraph


def look(objective, theta):
    return Terrain(objective, np.zeros(1), np.zeros(1)).look(theta[None])


def test_from_where_j_does_not_fall_there_is_no_way_down():
    objective = problems.linear((2, 3))
    best = judge(objective, np.zeros((1, 6)), np.zeros(1), np.zeros(1))
    assert inquiry.way_down(Terrain(objective, np.zeros(1), np.zeros(1)), look(objective, best.theta[0])) is None


def test_the_trained_net_and_the_polished_one_each_have_their_own_mistakes():
    """Stopped early, a separable problem has mistakes that the polished net has not."""
    X, Y = problems.blobs(gap=6.0)
    objective = problems.objective((2, 1), "tanh", "nll", "sigmoid", X, Y)
    theta = np.array([-1.0, 0.5, 0.0])
    wrong = np.flatnonzero((theta[:2] @ X + theta[2] > 0) != (Y[0] > 0.5))
    trained, polished, verdict, *_ = said(objective, theta).splitlines()
    assert trained.startswith(f"Trained net: training stopped at J = {objective.value(theta[None])[0]:.6g}")
    assert f"{len(wrong)} of 43 training points are wrong" in trained
    assert "All 43 training points are right." in polished
    assert verdict.startswith("Verdict: at infinity")


def test_where_the_polish_does_not_move_the_mistakes_are_said_once():
    X, Y = problems.blobs(gap=0.0)
    objective = problems.objective((2, 1), "tanh", "nll", "sigmoid", X, Y)
    at = judge(objective, np.zeros((1, 3)), np.full(1, 0.1), np.zeros(1)).theta[0]
    text = said(objective, at, l2=0.1)
    assert text.count("training points are wrong") == 1
    assert "\nPolished net: the same, to rounding" in text


@pytest.mark.parametrize("verdict", [name for name in VERDICTS if name != "minimum"])
@pytest.mark.parametrize("penalized", [False, True])
def test_every_verdict_but_a_minimum_says_what_to_do(verdict, penalized):
    advice = remedy(verdict, penalized)
    assert advice
    assert not penalized or "l2=" not in advice


def test_wrong_points_are_counted_and_named_as_they_are():
    X, Y = problems.blobs(gap=0.0)
    objective = problems.objective((2, 1), "tanh", "nll", "sigmoid", X, Y)
    found = judge(objective, np.zeros((1, 3)), np.full(1, 0.1), np.zeros(1))
    z = found.theta[0, :2] @ X + found.theta[0, 2]
    wrong = np.flatnonzero((z > 0) != (Y[0] > 0.5))
    paragraph = said(objective, np.zeros(3), l2=0.1)
    first = f"point {wrong[0] + 1} at ({X[0, wrong[0]]:.3g}, {X[1, wrong[0]]:.3g})"
    assert f"{len(wrong)} of 43 training points are wrong ({len(wrong) / 43:.1%}): {first}" in paragraph


def test_a_regression_names_the_points_that_are_furthest_off():
    objective = problems.linear((3, 2, 2))
    theta = problems.normal(objective, 1)
    off = objective.guess(theta, objective.train.X)[0] - objective.train.Y
    worst = int(np.abs(off).max(axis=0).argmax())
    (trained, *_) = said(objective, theta[0]).splitlines()
    assert f"The root mean squared error of 41 training points is {np.sqrt((off**2).mean()):.4g}" in trained
    assert f"furthest off: point {worst + 1} at (" in trained


def test_classes_and_optima_are_named():
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(2, 37)), np.eye(3)[:, rng.integers(3, size=37)]
    objective = problems.objective((2, 3), "tanh", "softmax_nll", None, X, Y, task="multiclass")
    paragraph = said(objective, np.zeros(9), l2=0.1, optimum="optimum 1, the lowest")
    assert "of 37 training points are wrong" in paragraph
    assert "It is optimum 1, the lowest." in paragraph
    assert "1 because of softmax" in paragraph


@pytest.mark.parametrize(("status", "verdict"), [("diverged", "diverged"), ("no_gradient", "no gradient")])
def test_runs_without_an_end_are_said_to_have_none(status, verdict):
    text = f"Verdict: {verdict}, that is, {VERDICTS[verdict]}.\nWhat to do: {remedy(verdict, False)}."
    assert said(problems.xor(), np.full(9, np.nan), status=status) == text


def test_parameters_are_named_by_layer_unit_and_input():
    network = problems.linear((3, 2, 5), offsets=True).network
    names = [parameter(network, place) for place in range(network.n_parameters)]
    assert len(set(names)) == 23
    assert names[3] == "the offset of unit 1 of layer 1"
    assert names[4] == "the weight from input 1 to unit 2 of layer 1"
    assert names[-2:] == ["the weight from unit 2 to output 5", "the offset of output 5"]
    with pytest.raises(IndexError):
        parameter(network, 23)
