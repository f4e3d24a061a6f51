"""Is a straight line as high as it is said to be, in which sense, and the same from both ends?"""

import hills
import nets
import numpy as np
import oracle
import pytest
from nets import close
from tolerances import ORACLE_RELATIVE, ROUNDING

from nnexp.optima.between.barrier import PLACE, LineBarriers, chain_tops, line_barriers, line_profile
from nnexp.optima.distinct import symmetry
from nnexp.optima.distinct.matching import match
from nnexp.parts import registry

PAIRS = 7
TOP = 1e-10
"""A place known to 1e-6 leaves J off by half its curvature, some 10, times 1e-12."""


@pytest.fixture
def net():
    tanh, ending = (
        registry.make("activation", "tanh"),
        (registry.make("loss", "nll"), registry.make("activation", "sigmoid")),
    )
    return nets.objective((3, 5, 1), tanh, ending)


def ends(net, scale=1.3):
    theta = nets.thetas(net, 2 * PAIRS, scale=scale)
    return theta[:PAIRS], theta[PAIRS:]


def rows(found):
    return [getattr(found, name) for name in LineBarriers.__dataclass_fields__]


def test_two_wells_worked_by_hand():
    a, b = np.array([[-1.0, 0.0]]), np.array([[1.0, 0.0]])
    found = line_barriers(hills.wells(tilt=0.25), a, b)
    assert found.J.tolist() == [[-0.25, 0.25]]
    assert found.length == 2.0
    assert found.over_chord == pytest.approx(1.0, abs=TOP)  # J less the tilt is (x^2 - 1)^2
    assert found.chord_place == pytest.approx(0.5, abs=PLACE)
    top = np.roots([4.0, 0.0, -4.0, 0.25]).real  # the slope is 4 x^3 - 4 x + 1/4
    x = top[np.abs(top).argmin()]
    J = (x * x - 1.0) ** 2 + 0.25 * x
    assert found.top == pytest.approx(J, abs=TOP)
    assert found.place == pytest.approx(0.5 * (1.0 + x), abs=PLACE)
    assert found.over_higher == pytest.approx(J - 0.25, abs=TOP)
    assert found.over_lower == pytest.approx(J + 0.25, abs=TOP)


def test_no_place_on_the_line_is_higher_and_the_oracle_finds_the_same_height_there(net):
    a, b = ends(net)
    found = line_barriers(net, a, b, l2=0.01)
    _, dense = line_profile(net, a, b, l2=0.01, points=1009)
    assert (found.top >= dense.max(axis=1) - ROUNDING).all()
    assert (found.top <= dense.max(axis=1) + 1e-3).all()
    problem = nets.problem(net, l2=0.01)
    for k in range(PAIRS):
        there = (1.0 - found.place[k]) * a[k] + found.place[k] * b[k]
        assert close(found.top[k], oracle.objective(problem, there.tolist()), ORACLE_RELATIVE)
        t, over = found.chord_place[k], found.over_chord[k]
        J = [oracle.objective(problem, theta.tolist()) for theta in (a[k], b[k], (1.0 - t) * a[k] + t * b[k])]
        assert over == pytest.approx(J[2] - (1.0 - t) * J[0] - t * J[1], abs=1e-12)


def test_what_is_over_an_end_is_never_negative_and_ordered(net):
    found = line_barriers(net, *ends(net))
    assert (found.over_higher >= 0.0).all()
    assert (found.over_chord >= found.over_higher - TOP).all()
    assert (found.over_chord <= found.over_lower + TOP).all()


def test_there_and_back_is_the_same_to_the_last_bit(net):
    a, b = ends(net)
    there, back = line_barriers(net, a, b), line_barriers(net, b, a)
    assert np.array_equal(there.top, back.top)
    assert np.array_equal(there.over_chord, back.over_chord)
    assert np.array_equal(there.J, back.J[:, ::-1])
    assert np.array_equal(there.length, back.length)
    assert there.place == pytest.approx(1.0 - back.place, abs=ROUNDING)


def test_a_pair_does_not_depend_on_the_others(net):
    a, b = ends(net)
    together, l2 = line_barriers(net, a, b, l2=np.linspace(0.0, 0.1, PAIRS)), np.linspace(0.0, 0.1, PAIRS)
    for k in range(PAIRS):
        alone = line_barriers(net, a[k : k + 1], b[k : k + 1], l2=l2[k])
        assert all(np.array_equal(one[0], many[k]) for one, many in zip(rows(alone), rows(together), strict=True))


def test_between_a_net_and_its_equal_matching_leaves_no_barrier(net):
    a, _ = ends(net)
    group = symmetry.of_objective(net, 0.01)
    b = symmetry.scrambled(group, a, np.random.default_rng(3))
    before = line_barriers(net, a, b, l2=0.01)
    after = line_barriers(net, a, match(group, a, b).theta, l2=0.01)
    assert (before.over_higher > 0.1).any()
    assert np.abs(after.over_higher).max() <= ROUNDING
    assert np.abs(after.over_chord).max() <= ROUNDING


def test_a_convex_net_has_no_barrier():
    ending = (registry.make("loss", "nll"), registry.make("activation", "sigmoid"))
    found = line_barriers(linear := nets.objective((3, 1), (), ending), *ends(linear), l2=0.01)
    assert np.array_equal(found.over_higher, np.zeros(PAIRS))
    assert found.over_chord.max() <= ROUNDING


def test_a_line_of_no_length_is_flat(net):
    a, _ = ends(net)
    found = line_barriers(net, a, a)
    assert np.array_equal(found.length, np.zeros(PAIRS))
    assert np.abs(found.over_higher).max() <= ROUNDING


def test_a_profile_begins_and_ends_at_the_ends(net):
    a, b = ends(net)
    places, J = line_profile(net, a, b, l2=0.02, points=11)
    assert (places[0], places[-1]) == (0.0, 1.0)
    assert np.array_equal(J[:, 0], net.value(a, 0.02))
    assert np.array_equal(J[:, -1], net.value(b, 0.02))


def test_the_top_of_a_chain_may_lie_beside_a_corner_of_it():
    """On J = -|theta - c|^2 a chain's top is the point closest to c."""
    center = np.array([0.9, 0.3])
    slope = hills.hill(
        lambda x, y: (
            -((x - center[0]) ** 2) - (y - center[1]) ** 2,
            (-2 * (x - center[0]), -2 * (y - center[1])),
            (0 * x - 2, 0 * x, 0 * x - 2),
        )
    )
    chain = np.array([[[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]], [[0.0, 0.3], [1.0, 0.3], [2.0, 0.0]]])
    assert chain_tops(slope, chain) == pytest.approx([-(0.1**2), 0.0], abs=TOP)
