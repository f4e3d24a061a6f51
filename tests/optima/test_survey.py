"""Does a survey join the optima of known landscapes by their known passes, and find those that it was not given?"""

import hills
import nets
import numpy as np
import pytest
import xor

from nnexp.optima.between import survey as module
from nnexp.optima.between.band import bands
from nnexp.optima.between.downhill import downhill
from nnexp.optima.between.passes import passes
from nnexp.optima.between.survey import NEAREST, _neighbors, survey
from nnexp.optima.distinct import symmetry
from nnexp.parts import registry

PUBLISHED = 2e-6
RUNGS = 1e-7
"""The heights of XOR's optima are written to seven places."""


@pytest.fixture(scope="module")
def found():
    return survey(xor.objective(), downhill(xor.objective(), xor.starts(199), xor.L2).theta, xor.L2)


def test_the_third_minimum_of_mueller_and_brown_is_found_on_the_way():
    made = survey(hills.mueller_brown(), hills.MUELLER_BROWN_MINIMA[:2])
    assert made.found.tolist() == [False, False, True]
    assert made.theta == pytest.approx(hills.MUELLER_BROWN_MINIMA, abs=PUBLISHED)
    assert made.ways.ends.tolist() == [[1, 2], [0, 2]]
    assert pytest.approx(hills.MUELLER_BROWN_HEIGHTS[::-1], abs=PUBLISHED) == made.ways.J
    assert made.ways.certified.all()
    assert made.highest()[0, 1] == pytest.approx(hills.MUELLER_BROWN_HEIGHTS[0], abs=PUBLISHED)


def test_a_band_with_three_humps_is_split():
    made = survey(hills.waves(), np.array([[0.0, 0.0], [3.0, 0.0]]))
    order = np.argsort(made.theta[:, 0])
    assert made.theta[order, 0] == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=1e-9)
    assert made.found[order].tolist() == [False, True, True, False]
    assert pytest.approx(np.ones(3), abs=1e-9) == made.ways.J
    assert made.superbasins()[0].optima == (0, 1, 2, 3)


def test_from_dip_to_dip_bands_are_asked_for_where_no_pass_is_known(monkeypatch):
    made, wells = hills.waves(), hills.wells()
    none = passes(wells, bands(wells, np.array([[1.5, 0.0]]), np.array([[1.0, 0.0]])))
    assert none.J.size == 0
    monkeypatch.setattr(module, "passes", lambda *_: none)
    search = module._Search(made, 0.0, 0.0, 25)
    search.known.given(np.array([[0.0, 0.0], [3.0, 0.0]]))
    search.lay([(0, 1)])
    assert search.known.theta[:, 0] == pytest.approx([0.0, 3.0, 1.0, 2.0], abs=1e-9)
    assert search.wanted(2) == [(0, 2), (2, 3), (1, 3)]


def test_the_five_minima_of_xor_are_joined_by_certified_passes(found):
    assert sorted(found.J) == pytest.approx(xor.RUNGS, abs=RUNGS)
    assert found.is_strict.all()
    assert np.isfinite(found.highest()).all()
    assert found.ways.certified[found.tree()].all()
    assert np.bincount(found.number, minlength=5).sum() == 199
    by_height = np.argsort(found.J)
    levels = found.highest()[by_height[0], by_height]
    assert levels == pytest.approx([found.J.min(), 0.5590178, 0.5590178, 0.5590178, 0.6933775], abs=RUNGS)


def test_no_way_is_lower_than_its_ends(found):
    assert (found.ways.J[:, None] >= found.J[found.ways.ends]).all()
    assert (found.ways.ends[:, 0] < found.ways.ends[:, 1]).all()
    assert found.ways.is_saddle.all()
    assert xor.objective().value(found.ways.theta, xor.L2) == pytest.approx(found.ways.J, abs=1e-12)


def test_equals_are_one_optimum_and_have_the_same_landscape(found):
    group = symmetry.of_objective(xor.objective(), xor.L2)
    other = symmetry.scrambled(group, found.theta, np.random.default_rng(1))
    again = survey(xor.objective(), np.concatenate([found.theta, other]), xor.L2)
    assert again.number.tolist() == [*range(5), *range(5)]
    assert again.highest() == pytest.approx(found.highest(), abs=1e-9)


def test_a_survey_is_the_same_every_time(found):
    again = survey(xor.objective(), found.theta, xor.L2)
    twice = survey(xor.objective(), found.theta, xor.L2)
    assert np.array_equal(again.ways.J, twice.ways.J)
    assert np.array_equal(again.ways.theta, twice.ways.theta)


def test_nothing_overflows_or_is_divided_by_0(found):
    with np.errstate(all="raise"):
        strictly = survey(xor.objective(), xor.starts(5), xor.L2)
    assert strictly.is_strict.all()
    assert np.isin(strictly.J.round(9), found.J.round(9)).all()


def test_the_budget_holds(found):
    assert survey(xor.objective(), found.theta, xor.L2, most_bands=3).bands == 3
    assert survey(xor.objective(), found.theta, xor.L2, most_bands=0).ways.J.size == 0


def test_one_optimum_is_a_landscape():
    alone = survey(hills.wells(), np.array([[0.9, 0.1], [1.1, 0.0]]))
    assert alone.number.tolist() == [0, 0]
    assert alone.bands == 0
    assert alone.highest() == pytest.approx(np.zeros((1, 1)), abs=1e-12)


def test_where_there_is_no_gradient_at_rest_a_ceiling_is_given():
    """At a kink no walk comes to rest; optima stay where they were given, and bands still show a way between them."""
    relu, ending = registry.make("activation", "relu"), nets.endings(1)
    net = nets.objective((2, 3, 1), relu, next(e for e in ending if e[0].name == "squared"))
    theta = nets.thetas(net, 2, scale=1.0)
    for _ in range(300):
        theta -= 0.05 * net.gradient(theta, 0.01)
    made = survey(net, theta, 0.01, most_bands=5)
    assert len(made.J) >= 2
    assert (made.ways.J[:, None] >= made.J[made.ways.ends] - 1e-9).all()
    assert np.isfinite(made.highest()[made.number[0], made.number[1]])


def test_neighbors_reach_everyone_and_make_one_piece():
    rng = np.random.default_rng(2)
    places = np.concatenate([rng.normal(size=(7, 3)), 50.0 + rng.normal(size=(6, 3))])
    pairs = np.array(np.triu_indices(13, 1)).T
    apart = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1)
    order = np.argsort(apart)
    chosen = pairs[order][_neighbors(13, pairs[order], apart[order])]
    assert np.bincount(chosen.ravel(), minlength=13).min() >= NEAREST
    across = (chosen < 7).sum(axis=1) == 1
    assert across.sum() == 1
    assert len(chosen) < len(pairs) / 2
