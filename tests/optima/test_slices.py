"""Do slices go where they say, and is what they hide said?"""

import nets
import numpy as np
import oracle
import pytest
from scipy.optimize import minimize
from tolerances import ORACLE_RELATIVE, ROUNDING

from nnexp.optima.between.slices import limits, principal, random, relief, seen, through
from nnexp.parts import registry

NEAR = 1e-9


@pytest.fixture(scope="module")
def net():
    ending = (registry.make("loss", "nll"), registry.make("activation", "sigmoid"))
    return nets.objective((3, 5, 1), registry.make("activation", "tanh"), ending)


@pytest.fixture(scope="module")
def points(net):
    return nets.thetas(net, 7)


@pytest.mark.parametrize("chosen", [[0, 1, 2], [3, 1, 4], [6, 5, 0], [2, 6, 3], [5, 4, 1]], ids=str)
def test_a_plane_goes_through_its_three_points(net, points, chosen):
    points = points[chosen]
    on = through(points)
    shown = seen(net, on, points, l2=0.01)
    assert on.directions.T @ on.directions == pytest.approx(np.eye(2), abs=ROUNDING)
    assert shown.off == pytest.approx(np.zeros(3), abs=NEAR)
    assert shown.J_drawn == pytest.approx(shown.J, abs=NEAR)
    assert shown.t[0] == pytest.approx([0.0, 0.0], abs=NEAR)
    assert shown.t[1] == pytest.approx([np.linalg.norm(points[1] - points[0]), 0.0], abs=NEAR)
    assert shown.t[2, 1] > 0.0
    apart = np.linalg.norm(points[:, None] - points[None, :], axis=2)
    drawn = np.linalg.norm(shown.t[:, None] - shown.t[None, :], axis=2)
    assert drawn == pytest.approx(apart, abs=NEAR)


def test_a_line_runs_from_0_to_1(net, points):
    shown = seen(net, through(points[:2]), points[:2])
    assert shown.t == pytest.approx(np.array([[0.0], [1.0]]), abs=NEAR)


def test_points_on_one_line_span_no_plane(points):
    with pytest.raises(ValueError, match="span no plane"):
        through(np.stack([points[0], points[1], 0.5 * (points[0] + points[1])]))
    with pytest.raises(ValueError, match="2 or 3 points, not 5"):
        through(points[:5])


def test_a_point_is_drawn_where_the_slice_comes_closest(net, points):
    on = random(net.network, points[0], np.random.default_rng(0))
    shown = seen(net, on, points[3:4])
    closest = minimize(lambda t: np.sum((on.origin + on.directions @ t - points[3]) ** 2), np.zeros(2), tol=1e-14)
    assert shown.t[0] == pytest.approx(closest.x, abs=1e-6)
    assert shown.off[0] == pytest.approx(np.sqrt(closest.fun), abs=1e-9)
    assert on.directions.T @ (points[3] - on.theta(shown.t)[0]) == pytest.approx(np.zeros(2), abs=NEAR)


def test_what_is_hidden_is_said_by_the_oracle(net, points):
    on, problem = through(points[:3]), nets.problem(net, l2=0.02)
    shown = seen(net, on, points[3:], l2=0.02)
    assert (shown.off > 0.1).all()
    for k, theta in enumerate(points[3:]):
        drawn = on.origin + on.directions @ shown.t[k]
        assert nets.close(shown.J[k], oracle.objective(problem, theta.tolist()), ORACLE_RELATIVE)
        assert nets.close(shown.J_drawn[k], oracle.objective(problem, drawn.tolist()), ORACLE_RELATIVE)


def test_each_pixel_is_j_at_its_place(net, points):
    on = through(points[:3])
    made = relief(net, on, [(-1.0, 2.0), (0.0, 5.0)], 11, l2=0.01)
    assert made.J.shape == (11, 11)
    for row, column in ((0, 0), (3, 7), (10, 2)):
        t = np.array([made.axes[0][column], made.axes[1][row]])
        there = on.origin + on.directions @ t
        assert made.J[row, column] == pytest.approx(net.value(there[None], 0.01)[0], abs=ROUNDING)
    assert [float(axis[i]) for axis in made.axes for i in (0, -1)] == [-1.0, 2.0, 0.0, 5.0]


def test_j_on_a_line_has_one_axis(net, points):
    made = relief(net, through(points[:2]), [(0.0, 1.0)], 13)
    assert made.J[[0, -1]] == pytest.approx(net.value(points[:2]), abs=ROUNDING)


def test_principal_directions_explain_all_of_a_plane():
    rng = np.random.default_rng(3)
    base, span = rng.normal(size=11), np.linalg.qr(rng.normal(size=(11, 2)))[0]
    weights = rng.normal(size=(17, 2)) * [3.0, 1.0]
    theta = base + weights @ span.T
    on = principal(theta)
    assert sum(on.explained) == pytest.approx(1.0, abs=ROUNDING)
    variance = np.sort(np.linalg.eigvalsh(np.cov(weights.T, bias=True)))[::-1]
    assert on.explained == pytest.approx(variance / variance.sum(), abs=NEAR)
    assert np.abs(theta - on.theta(on.place(theta))).max() <= NEAR
    assert (on.directions[np.abs(on.directions).argmax(axis=0), [0, 1]] > 0.0).all()


def test_the_end_can_be_the_origin():
    theta = np.random.default_rng(4).normal(size=(13, 7)).cumsum(axis=0)
    on = principal(theta, theta[-1], k=1)
    assert on.place(theta[-1:]) == pytest.approx(np.zeros((1, 1)), abs=NEAR)
    share = ((theta - theta[-1]) @ on.directions[:, 0]) ** 2
    assert on.explained[0] == pytest.approx(share.sum() / ((theta - theta[-1]) ** 2).sum(), abs=NEAR)


def test_two_directions_explain_three_quarters_of_a_random_walk():
    """Antognini & Sohl-Dickstein 2018: 6 / pi^2 (1 + 1/4), whatever the number of steps."""
    walk = np.random.default_rng(5).normal(size=(211, 3001)).cumsum(axis=0)
    assert principal(walk).explained == pytest.approx([6.0 / np.pi**2, 1.5 / np.pi**2], abs=0.02)


def test_random_directions_are_as_long_as_each_unit(net, points):
    on = random(net.network, points[0], np.random.default_rng(6))
    for k in range(2):
        for drawn, own in zip(*(net.network.weights(theta) for theta in (on.directions[:, k], points[0])), strict=True):
            for j in range(len(own[1])):
                length = [np.sqrt((W[:, j] ** 2).sum() + W0[j] ** 2) for W, W0 in (drawn, own)]
                assert length[0] == pytest.approx(length[1], abs=ROUNDING)
    assert np.array_equal(on.origin, points[0])
    again = random(net.network, points[0], np.random.default_rng(6))
    assert np.array_equal(on.directions, again.directions)


def test_limits_leave_room_on_every_side():
    assert limits(np.array([[0.0, 1.0], [4.0, 2.0]]), margin=0.25) == ((-1.0, 5.0), (0.0, 3.0))
    assert limits(np.array([[2.0]])) == ((1.75, 2.25),)
