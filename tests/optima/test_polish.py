"""Does the polish land on the stationary point that a run was at, or at the foot of its slope, whoever its neighbors are?"""

import numpy as np
import problems
import pytest
import toys
from scipy.optimize import minimize
from tolerances import ORACLE_RELATIVE

from nnexp.optima.endpoints.polish import polish
from nnexp.optima.endpoints.subproblem import solve

CLOSE = 1e-10
"""A minimum found by another program down to a gradient of some 1e-12, with eigenvalues above 1e-2."""

ANGLES = np.linspace(0.0, 2.0 * np.pi, 20_001)


def polished(objective, theta, l2=0.0, l1=0.0, **given):
    theta = np.atleast_2d(np.asarray(theta, dtype=float))
    with np.errstate(all="raise"):
        return polish(objective, theta, np.full(len(theta), l2), np.full(len(theta), l1), **given)


def test_a_bowl_is_left_at_its_bottom_by_one_newton_step_each_from_near_and_a_few_from_far():
    near, far = polished(toys.BOWL, [[3e-4, 4e-4]]), polished(toys.BOWL, [[30.0, -40.0]])
    assert np.abs(near.theta).max() < 1e-15
    assert near.settled[0]
    assert near.steps[0] == 1
    assert np.abs(far.theta).max() < 1e-15
    assert not far.settled[0]
    assert far.at_rest[0]


def test_a_run_beside_a_saddle_is_taken_to_it_and_one_further_off_down_to_a_minimum():
    theta = polished(toys.WELLS, [[1e-5, -1e-5], [0.2, 0.1], [-0.2, 0.1]])
    assert np.abs(theta.theta - [[0, 0], [1, 0], [-1, 0]]).max() < ORACLE_RELATIVE
    assert theta.settled.tolist() == [True, False, False]


def test_a_quartic_minimum_is_neared_and_is_not_taken_for_one_at_infinity():
    found = polished(toys.QUARTIC, [[0.9, 0.5]])
    assert np.abs(found.theta).max() < 1e-4
    assert found.at_rest[0]
    assert not found.runs_off[0]


@pytest.mark.parametrize("slope", [toys.SLOPE, toys.SLOW_SLOPE])
def test_a_slope_without_end_is_run_off_along(slope):
    found = polished(slope, [[1.5, 0.3]])
    assert found.runs_off[0]
    outward = found.outward[0] / np.linalg.norm(found.outward[0])
    assert outward[0] > 0.99


@pytest.mark.parametrize("l2", [1e-3, 1e-6, 1e-9, 1e-12])
def test_no_penalty_is_so_small_that_weights_are_said_to_grow_for_ever(l2):
    X, _ = problems.blobs()
    objective = problems.objective((2, 1), "tanh", "nll", "sigmoid", X, (X[:1] > 0.2) * 1.0)
    found = polished(objective, problems.normal(objective, 5), l2=l2)
    assert not found.runs_off.any()
    assert np.ptp(found.there.J) < 1e-12
    if l2 >= 1e-6:
        assert found.at_rest.all()


def test_a_convex_problem_ends_where_scipy_ends_from_any_start():
    X, Y = problems.blobs()
    objective = problems.objective((2, 1), "tanh", "nll", "sigmoid", X, Y, penalize_offsets=True)
    found = polished(objective, problems.normal(objective, 7, scale=3.0), l2=0.1)

    def J(theta):
        z = theta[:2] @ X + theta[2]
        return np.mean(np.logaddexp(0.0, z) - Y[0] * z) + 0.05 * theta @ theta

    expected = minimize(J, np.zeros(3), method="BFGS", options={"gtol": 1e-9}).x
    assert np.abs(found.theta - expected).max() < 1e-7
    assert np.ptp(found.theta, axis=0).max() < CLOSE


@pytest.mark.parametrize(("activation", "l1"), [("tanh", 0.0), ("sigmoid", 0.0), ("relu", 0.0), ("tanh", 1e-2)])
def test_a_run_is_polished_to_the_same_bits_alone_as_among_others(activation, l1):
    X, Y = problems.blobs()
    objective = problems.objective((2, 3, 1), activation, "nll", "sigmoid", X, Y)
    theta = problems.normal(objective, 11)
    together = polished(objective, theta, l2=1e-2, l1=l1)
    for run in (0, 5, 10):
        alone = polished(objective, theta[run], l2=1e-2, l1=l1)
        assert np.array_equal(alone.theta[0], together.theta[run])
        assert alone.there.J[0] == together.there.J[run]
        assert np.array_equal(alone.there.values[0], together.there.values[run])
        assert alone.steps[0] == together.steps[run]


@pytest.mark.parametrize(("activation", "l1"), [("tanh", 0.0), ("relu", 0.0), ("leaky_relu", 0.0), ("tanh", 1e-2)])
def test_the_polish_never_ends_higher_than_it_began(activation, l1):
    X, Y = problems.blobs()
    objective = problems.objective((2, 3, 1), activation, "nll", "sigmoid", X, Y)
    theta = problems.normal(objective, 13)
    found = polished(objective, theta, l2=1e-2, l1=l1)
    assert (objective.value(theta, 1e-2, l1) >= found.there.J).all()
    if activation == "tanh":
        assert found.at_rest.all()


def test_l1_leaves_weights_at_exactly_0_and_balances_the_others():
    X, Y = problems.blobs()
    objective = problems.objective((2, 3, 1), "tanh", "nll", "sigmoid", X, Y)
    found = polished(objective, problems.normal(objective, 13), l1=0.03)
    slope = objective.loss_gradient(found.theta, np.empty_like(found.theta))
    weights = objective.is_penalized()
    at_zero = (found.theta == 0.0) & weights
    assert at_zero.any()
    assert (np.abs(slope[at_zero]) <= 0.03).all()
    free = slope + 0.03 * np.sign(found.theta) * weights
    assert np.abs(free[~at_zero]).max() < 1e-11
    assert (found.creases == at_zero.sum(axis=1)).all()


def test_no_steps_leave_a_run_where_it_is():
    theta = problems.normal(problems.xor(), 3)
    found = polished(problems.xor(), theta, l2=1e-2, most_steps=0)
    assert np.array_equal(found.theta, theta)


def test_no_runs_are_polished_to_none():
    assert polished(problems.xor(), np.empty((0, 9))).theta.shape == (0, 9)


def best_on_the_disc(values, slope, radius):
    """The least value of the model, by going round the circle of this radius and looking at Newton's point within."""
    points = radius * np.stack([np.cos(ANGLES), np.sin(ANGLES)])
    best = (slope @ points + 0.5 * values @ points**2).min()
    inside = -slope / values
    if (values > 0).all() and np.linalg.norm(inside) < radius:
        best = min(best, slope @ inside + 0.5 * values @ inside**2)
    return best


def test_the_step_is_the_best_within_its_radius():
    rng = np.random.default_rng(5)
    values, slope = np.sort(rng.normal(size=(200, 2)), axis=1), rng.normal(size=(200, 2))
    values[:40] = np.abs(values[:40])
    slope[80:120, 0] = 0.0  # the hard case, where the curvature is negative
    radius = np.exp(rng.normal(size=200))
    step, _ = solve(np.sort(values, axis=1), slope, radius, np.full(200, 1e-15))
    assert (np.linalg.norm(step, axis=1) <= 1.002 * radius).all()
    for row in range(200):
        best = best_on_the_disc(np.sort(values[row]), slope[row], radius[row])
        found = slope[row] @ step[row] + 0.5 * np.sort(values[row]) @ step[row] ** 2
        assert found <= best + 4e-3 * abs(best)
