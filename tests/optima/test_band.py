"""Do bands find the passes of landscapes whose passes are known, and is every pass one by an oracle's Hessian?"""

import hills
import nets
import numpy as np
import oracle
import pytest
import xor
from scipy.integrate import solve_ivp

from nnexp.optima.between.band import bands
from nnexp.optima.between.downhill import downhill
from nnexp.optima.between.passes import passes
from nnexp.optima.between.saddle import climb
from nnexp.optima.distinct import symmetry
from nnexp.optima.distinct.matching import match

PUBLISHED = 2e-6
"""The published numbers have six places."""
AT_REST = 1e-9
"""The gradient of Mueller & Brown's function at rest: its curvature is some 1e3, rounded at 1e-16 with theta around 1."""


@pytest.fixture(scope="module")
def optima():
    """The five minima of XOR, the lowest first."""
    down = downhill(xor.objective(), xor.starts(199), xor.L2)
    order = np.argsort(down.there.J, kind="stable")
    J, theta = down.there.J[order], down.theta[order]
    mirrored = np.flatnonzero(np.abs(J - xor.RUNGS[2]) < 1e-6)
    group = symmetry.of_objective(xor.objective(), xor.L2)
    apart = match(group, np.tile(theta[mirrored[0]], (len(mirrored), 1)), theta[mirrored]).distance
    chosen = [0, np.argmax(xor.RUNGS[0] + 1e-6 < J), mirrored[0], mirrored[apart.argmax()], len(J) - 1]
    return theta[chosen]


@pytest.mark.parametrize("make", [hills.wells, hills.four_wells, hills.waves, hills.mueller_brown, hills.trough])
def test_the_hills_have_the_slopes_that_they_say(make):
    made, theta = make(), np.random.default_rng(1).uniform(-1.0, 1.0, (7, 2))
    h = 1e-6
    for i, side in enumerate(h * np.eye(2)):
        slope = (made.value(theta + side) - made.value(theta - side)) / (2 * h)
        bend = (made.gradient(theta + side) - made.gradient(theta - side)) / (2 * h)
        assert nets.close(made.gradient(theta)[:, i], slope, 1e-6)
        assert nets.close(made.hessian(theta)[:, i], bend, 1e-6)


def test_the_wells_worked_by_hand():
    made = hills.wells()
    laid = bands(made, np.array([[-1.0, 0.0]]), np.array([[1.0, 0.0]]))
    over = passes(made, laid)
    assert laid.ceiling[0] == pytest.approx(1.0, abs=1e-3)
    assert laid.ceiling[0] >= 1.0
    assert over.theta == pytest.approx(np.zeros((1, 2)), abs=1e-12)
    assert pytest.approx([1.0], abs=1e-12) == over.J
    assert over.down_curvature == pytest.approx([-4.0], abs=1e-9)
    assert over.least_up == pytest.approx([2.0], abs=1e-9)
    assert over.certified.all()
    assert sorted(over.ends[:, 0, 0]) == pytest.approx([-1.0, 1.0], abs=1e-9)


def test_the_passes_of_mueller_and_brown_are_the_published_ones():
    made = hills.mueller_brown()
    minima = downhill(made, hills.MUELLER_BROWN_MINIMA + 0.01)
    assert minima.is_strict.all()
    assert minima.theta == pytest.approx(hills.MUELLER_BROWN_MINIMA, abs=PUBLISHED)
    assert pytest.approx(hills.MUELLER_BROWN_J, abs=PUBLISHED) == minima.there.J
    laid = bands(made, minima.theta[[0, 2]], minima.theta[[2, 1]])
    over = passes(made, laid)
    assert over.band.tolist() == [0, 1]
    assert over.theta == pytest.approx(hills.MUELLER_BROWN_PASSES, abs=PUBLISHED)
    assert pytest.approx(hills.MUELLER_BROWN_HEIGHTS, abs=PUBLISHED) == over.J
    assert over.certified.all()
    assert over.gradient_norm.max() <= AT_REST
    assert laid.ceiling == pytest.approx(hills.MUELLER_BROWN_HEIGHTS, abs=0.5)
    assert (laid.ceiling >= over.J).all()
    for k, ends in enumerate(([0, 2], [1, 2])):
        assert sorted(over.end_J[:, k]) == pytest.approx(hills.MUELLER_BROWN_J[ends], abs=PUBLISHED)


def test_a_band_past_a_third_minimum_shows_both_passes_and_the_dip_between():
    made = hills.mueller_brown()
    minima = downhill(made, hills.MUELLER_BROWN_MINIMA).theta
    laid = bands(made, minima[:1], minima[1:2])
    over = passes(made, laid)
    assert laid.humps().sum() == 2
    assert sorted(over.J) == pytest.approx(sorted(hills.MUELLER_BROWN_HEIGHTS), abs=PUBLISHED)
    band, image = np.nonzero(laid.dips())
    assert downhill(made, laid.theta[band, image]).theta == pytest.approx(hills.MUELLER_BROWN_MINIMA[2:], abs=PUBLISHED)


def test_the_pass_is_found_off_the_straight_line():
    made = hills.waves()
    laid = bands(made, np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]))
    over = passes(made, laid)
    assert over.theta == pytest.approx(np.array([[0.5, 0.5]]), abs=1e-9)
    assert pytest.approx([1.0], abs=1e-12) == over.J


def test_a_band_leaves_a_straight_line_that_symmetry_would_hold_it_on():
    """The line from corner to corner runs over the hill of 2 in the middle; the way around it passes a third well."""
    made = hills.four_wells()
    laid = bands(made, np.array([[-1.0, -1.0]]), np.array([[1.0, 1.0]]))
    assert laid.ceiling[0] == pytest.approx(1.0, abs=0.05)
    assert passes(made, laid).theta.round(9).tolist() in ([[-1.0, 0.0], [0.0, 1.0]], [[0.0, -1.0], [1.0, 0.0]])


def test_the_highest_image_climbs_onto_the_pass():
    made = hills.mueller_brown()
    minima = downhill(made, hills.MUELLER_BROWN_MINIMA).theta
    laid = bands(made, minima[[0, 2]], minima[[2, 1]], images=8)
    top = laid.theta[[0, 1], laid.J.argmax(axis=1)]
    assert np.linalg.norm(top - hills.MUELLER_BROWN_PASSES, axis=1).max() <= 0.01


def test_images_keep_their_distance_and_the_ends_stay():
    made = hills.mueller_brown()
    minima = downhill(made, hills.MUELLER_BROWN_MINIMA).theta
    laid = bands(made, minima[[0, 2]], minima[[2, 1]], images=13)
    assert laid.theta.shape == (2, 13, 2)
    assert np.array_equal(laid.theta[:, [0, -1]], minima[[[0, 2], [2, 1]]])
    steps = np.diff(laid.along(), axis=1)
    top = laid.J.argmax(axis=1)
    for k in range(2):  # the climbing image has no spring, so each side of it is even by itself
        for side in (steps[k, : top[k]], steps[k, top[k] :]):
            assert side.max() <= 1.3 * side.min()


def test_a_band_does_not_depend_on_the_others(optima):
    net, a, b = xor.objective(), optima[[0, 0, 1]], optima[[1, 2, 3]]
    together = bands(net, a, b, xor.L2, most_steps=150)
    over = passes(net, together, xor.L2)
    for k in range(3):
        alone = bands(net, a[k : k + 1], b[k : k + 1], xor.L2, most_steps=150)
        assert np.array_equal(alone.theta[0], together.theta[k])
        assert alone.ceiling[0] == together.ceiling[k]
        mine = passes(net, alone, xor.L2)
        assert np.array_equal(mine.theta, over.theta[over.band == k])
        assert np.array_equal(mine.ends, over.ends[:, over.band == k])


def test_xor_has_its_five_minima(optima):
    assert xor.objective().value(optima, xor.L2) == pytest.approx(xor.RUNGS, abs=1e-7)


def test_every_pass_of_xor_is_one_by_the_oracle(optima):
    net, (i, j) = xor.objective(), np.triu_indices(5, 1)
    b = match(symmetry.of_objective(net, xor.L2), optima[i], optima[j]).theta
    laid = bands(net, optima[i], b, xor.L2)
    over, problem = passes(net, laid, xor.L2), nets.problem(net, l2=xor.L2)
    assert over.certified.sum() >= 8
    for k in np.flatnonzero(over.certified):
        theta = over.theta[k].tolist()
        values = np.linalg.eigvalsh(oracle.hessian(problem, theta))
        assert np.linalg.norm(oracle.gradient(problem, theta)) <= 1e-13
        assert (values < -1e-6).sum() == 1
        assert (values > 1e-6).sum() == 8
        assert values[:2] == pytest.approx([over.down_curvature[k], over.least_up[k]], abs=1e-10)
        assert oracle.objective(problem, theta) == pytest.approx(over.J[k], abs=1e-13)


def test_the_ways_down_are_those_of_an_ordinary_integrator(optima):
    net = xor.objective()
    b = match(symmetry.of_objective(net, xor.L2), optima[0], optima[2]).theta
    over = passes(net, bands(net, optima[:1], b[None], xor.L2), xor.L2)
    hessian = net.hessian(over.theta[:1], xor.L2)[0]
    aside = 1e-3 * np.linalg.eigh(hessian)[1][:, 0]
    ends = []
    for start in (over.theta[0] + aside, over.theta[0] - aside):
        flow = solve_ivp(
            lambda _, theta: -net.gradient(theta[None], xor.L2)[0], (0.0, 3e3), start, "LSODA", rtol=1e-8, atol=1e-10
        )
        ends.append(flow.y[:, -1])
    order = [0, 1] if np.linalg.norm(ends[0] - over.ends[0, 0]) < 0.1 else [1, 0]
    assert over.arrived.all()
    assert np.array(ends) == pytest.approx(over.ends[order, 0], abs=1e-5)


def test_a_walk_that_symmetry_leads_onto_a_saddle_goes_on():
    down = downhill(hills.wells(), np.array([[0.0, 0.7], [0.3, -0.4]]))
    assert down.nudges.tolist() == [1, 0]
    assert np.abs(down.theta) == pytest.approx(np.array([[1.0, 0.0], [1.0, 0.0]]), abs=1e-9)
    assert down.is_strict.all()


def test_a_walk_downhill_never_crosses_a_ridge():
    start = np.column_stack([np.linspace(-2.0, 2.0, 8), np.linspace(1.0, -1.0, 8)])
    down = downhill(hills.wells(), start)
    assert np.array_equal(np.sign(down.theta[:, 0]), np.sign(start[:, 0]))


def test_what_the_second_order_cannot_tell_is_not_called_strict():
    down = downhill(hills.trough(), np.array([[0.7, 0.3], [0.0, 0.5]]))
    assert down.at_rest.all()
    assert not down.is_strict.any()


def test_a_walk_to_infinity_never_arrives():
    slope = hills.hill(lambda x, y: (np.exp(-x) + y * y, (-np.exp(-x), 2.0 * y), (np.exp(-x), 0.0 * x, 0.0 * x + 2.0)))
    down = downhill(slope, np.array([[0.0, 0.5]]), most_steps=20)
    assert not down.at_rest.any()


def test_a_climb_onto_a_saddle_of_index_two_goes_on_to_a_pass():
    found = climb(hills.four_wells(), np.array([[0.0, 0.0], [0.1, 0.9]]))
    assert found.certified.all()
    assert found.index.tolist() == [1, 1]
    assert pytest.approx([1.0, 1.0], abs=1e-12) == found.there.J


def test_a_minimum_is_not_taken_for_a_pass():
    found = climb(
        hills.hill(lambda x, y: (x * x + y * y, (2 * x, 2 * y), (0 * x + 2, 0 * x, 0 * x + 2))), np.array([[0.0, 0.0]])
    )
    assert not found.is_pass.any()


def test_without_a_hump_there_is_no_pass():
    made = hills.wells()
    laid = bands(made, np.array([[1.5, 0.0]]), np.array([[1.0, 0.0]]))
    assert laid.ceiling[0] == laid.J[0, 0]
    over = passes(made, laid)
    assert over.theta.shape == (0, 2)
    assert over.ends.shape == (2, 0, 2)


@pytest.mark.parametrize("name", ["theta", "J", "certified", "end_J"])
def test_nothing_walks_nowhere(name):
    made, nothing = hills.wells(), np.empty((0, 2))
    assert len(downhill(made, nothing).theta) == 0
    assert len(climb(made, nothing).there.theta) == 0
    assert getattr(passes(made, bands(made, nothing, nothing)), name).size == 0
