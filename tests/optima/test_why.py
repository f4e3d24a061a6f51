"""Does the paragraph on a run say what is so?"""

import numpy as np
import problems
import pytest

from nnexp.optima.endpoints.verdict import VERDICTS, judge
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
    assert paragraph.startswith("Verdict: at infinity")
    assert "the plateau of loss 0.125, where the guess is 50 % for 2 points" in paragraph
    assert "2 of 4 points are wrong" in paragraph or "1 of 4 points is wrong" in paragraph


def test_saturated_units_are_named():
    objective = problems.xor()
    theta = np.array([1.0, 1.0, 9.0, 0.5, 0.5, 0.1, 1.0, 1.0, 0.0])
    found = judge(objective, theta[None], np.full(1, 0.1), np.zeros(1))
    found.theta[...] = theta
    assert "On 90 % of the points or more, unit 0 of the hidden layer is saturated." in said(
        objective, theta, judged=found
    )


def test_a_saddle_names_the_way_out_and_how_far_j_falls():
    objective = problems.linear((2, 1, 3))
    X, Y = objective.train.X, objective.train.Y
    best = Y @ X.T @ np.linalg.inv(X @ X.T)
    _, U = np.linalg.eigh(best @ X @ Y.T)
    second = U[:, [-2]]
    theta = objective.network.theta([((second.T @ best).T, np.zeros(1)), (second.T, np.zeros(3))])
    paragraph = said(objective, theta)
    assert "Verdict: saddle" in paragraph
    assert "1 of them is negative" in paragraph
    assert "The steepest way out curves by -" in paragraph
    assert "1 by linear" in paragraph


def test_dead_unused_and_doubled_units_are_named():
    X, Y = problems.blobs()
    objective = problems.objective((2, 5, 1), "relu", "nll", "sigmoid", X, Y)
    theta = problems.normal(objective, 1)[0]
    first, last = (layer[0] for layer in objective.network.layers(theta[None]))
    first[1], first[4], last[:, 3] = [0.0, 0.0, -9.0], 2.0 * first[0], 0.0
    found = judge(objective, theta[None], np.zeros(1), np.zeros(1))
    found.theta[...] = theta
    paragraph = said(objective, theta, judged=found)
    assert "No point wakes unit 1 of the hidden layer" in paragraph
    assert "Nothing is taken from unit 3 of the hidden layer" in paragraph
    assert "Unit 4 of the hidden layer takes in 2 times what unit 0 does" in paragraph


def test_wrong_points_are_counted_and_named_as_they_are():
    X, Y = problems.blobs(gap=0.0)
    objective = problems.objective((2, 1), "tanh", "nll", "sigmoid", X, Y)
    found = judge(objective, np.zeros((1, 3)), np.full(1, 0.1), np.zeros(1))
    z = found.theta[0, :2] @ X + found.theta[0, 2]
    wrong = np.flatnonzero((z > 0) != (Y[0] > 0.5))
    paragraph = said(objective, np.zeros(3), l2=0.1)
    assert (
        f"{len(wrong)} of 43 points are wrong: {wrong[0]} at ({X[0, wrong[0]]:.3g}, {X[1, wrong[0]]:.3g})" in paragraph
    )


def test_a_regression_names_the_points_that_are_furthest_off():
    objective = problems.linear((3, 2, 2))
    assert "Of 41 points the guess is furthest off at" in said(objective, problems.normal(objective, 1)[0])


def test_classes_and_optima_are_named():
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(2, 37)), np.eye(3)[:, rng.integers(3, size=37)]
    objective = problems.objective((2, 3), "tanh", "softmax_nll", None, X, Y, task="multiclass")
    paragraph = said(objective, np.zeros(9), l2=0.1, optimum="optimum 0, the lowest")
    assert "of 37 points are wrong" in paragraph
    assert "It is optimum 0, the lowest." in paragraph
    assert "1 by softmax" in paragraph


@pytest.mark.parametrize(("status", "verdict"), [("diverged", "diverged"), ("no_gradient", "no gradient")])
def test_runs_without_an_end_are_said_to_have_none(status, verdict):
    assert (
        said(problems.xor(), np.full(9, np.nan), status=status) == f"Verdict: {verdict}, that is, {VERDICTS[verdict]}."
    )


def test_parameters_are_named_by_layer_unit_and_input():
    network = problems.linear((3, 2, 5), offsets=True).network
    names = [parameter(network, place) for place in range(network.n_parameters)]
    assert len(set(names)) == 23
    assert names[3] == "the offset into unit 0 of layer 1"
    assert names[4] == "the weight of 0 into unit 1 of layer 1"
    assert names[-1] == "the offset into unit 4 of the output"
    with pytest.raises(IndexError):
        parameter(network, 23)
