"""Do the pictures of a catalogue say what the catalogue says?"""

import numpy as np
import pytest

from nnexp.figures import catalogue as pictures
from nnexp.figures.style import NothingToDraw
from nnexp.frames import recall
from nnexp.optima.distinct.catalogue import Catalogue, catalogue

KINDS = 3


def drawn(figure):
    figure.savefig("/dev/null", format="png")
    return figure


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.fixture(scope="module")
def row(sweep):
    return sweep(dataset="xor", width=2, activation="tanh", l2=0.01, penalize_offsets=True, seeds=1).iloc[0]


@pytest.fixture(scope="module")
def found(row):
    """Three nets said to be minima, reached 23, 7 and once; two more runs end at none."""
    objective = recall(row).objective
    nets = np.random.default_rng(1).normal(size=(KINDS, 9))
    theta = np.repeat(nets, [23, 7, 1], axis=0)[np.random.default_rng(2).permutation(31)]
    theta = np.concatenate([theta, np.full((2, 9), np.nan)])
    with np.errstate(invalid="ignore"):
        J = objective.value(theta, 0.01)
    return catalogue(objective, theta, J, 0.01, zero_directions=np.zeros(33, int))


def test_rungs_stand_at_their_J_with_their_shares(found):
    ladder, bars = drawn(pictures.rungs(found)).axes
    assert ladder.collections[0].get_segments()[1][0][1] == found.optima[1].J
    assert [bar.get_width() for bar in bars.patches] == [each.share for each in found.optima]
    assert [label.get_text().split(":")[0] for label in bars.get_yticklabels()] == ["1", "2", "3"]
    assert [text.strip() for text in texts(bars)] == [str(each.runs) for each in found.optima]


def test_rungs_say_when_not_all_are_shown(found):
    assert "(shown: the 2 lowest)" in drawn(pictures.rungs(found, most=2)).get_suptitle()
    assert "shown" not in drawn(pictures.rungs(found)).get_suptitle()


def test_discovery_ends_where_the_catalogue_does(found):
    figure = drawn(pictures.discovery(found))
    above, below = figure.axes
    _, actual, expected = above.lines
    assert len(actual.get_xdata()) == found.seeds
    assert actual.get_ydata()[-1] == KINDS
    assert np.isclose(expected.get_ydata()[-1], KINDS)
    bound, good = below.lines  # and no goal, since none was asked for
    assert np.isclose(good.get_ydata()[-1], 1 / 33)
    assert bound.get_ydata()[-1] > 1 / 33
    assert "3 distinct optima found" in figure.get_suptitle()


def test_discovery_draws_the_goal_that_was_asked_for(found):
    below = drawn(pictures.discovery(found, goal=0.02)).axes[1]
    assert set(below.lines[-1].get_ydata()) == {0.02}


def test_seeds_that_were_trained_in_several_ways_are_spent_once(found):
    """33 runs from 11 seeds: the last place on the axis is 11, and the intervals are wider."""
    seeds = np.arange(33) % 11
    above = drawn(pictures.discovery(found, seeds)).axes[0]
    assert above.lines[1].get_xdata()[-1] == 11
    assert above.lines[1].get_ydata()[-1] == KINDS
    bars = drawn(pictures.rungs(found, seeds)).axes[1]
    assert "33 runs" in bars.get_xlabel()
    assert "11 seeds" in bars.get_xlabel()


def test_the_gallery_has_a_row_an_optimum_and_a_picture_a_hidden_unit(found, row):
    figure = drawn(pictures.gallery(found, row, most=2))
    assert [axes.get_title() for axes in figure.axes] == [
        f"J {found.optima[0].J:.4g}",
        "unit 1",
        "unit 2",
        f"J {found.optima[1].J:.4g}",
        "unit 1",
        "unit 2",
    ]
    assert "optimum 2" in figure.axes[3].get_ylabel()


def test_a_unit_is_white_where_it_says_nothing_and_blue_below(found, row):
    """Both units of tanh are drawn: the colour at a pixel tells the sign of what the unit says there."""
    axes = drawn(pictures.gallery(found, row, most=1)).axes[1]
    picture = np.asarray(axes.images[0].get_array(), float)
    w = found.optima[0].theta[:3]
    low, high = (recall(row).configuration.data.X_train.min(), recall(row).configuration.data.X_train.max())
    reach = (high - low) * 0.08
    corner = np.tanh(w @ [low - reach, high + reach, 1.0])
    assert (picture[0, 0, 2] > picture[0, 0, 0]) == (corner < 0.0)


def test_a_net_of_one_input_shows_curves(sweep):
    row = sweep(dataset="noisy_sine", loss="squared", width=3, seeds=1).iloc[0]
    run = recall(row)
    found = catalogue(run.objective, run.theta[None], np.array([row["J"]]), zero_directions=np.zeros(1, int))
    axes = drawn(pictures.gallery(found, row)).axes
    assert [len(each.lines) > 0 for each in axes[1:]] == [True] * 3


def test_nothing_to_draw_is_said(row):
    empty = Catalogue((), np.full(3, -1), (), 0)
    for draw in (pictures.rungs, pictures.discovery, lambda found: pictures.gallery(found, row)):
        with pytest.raises(NothingToDraw, match="no run is at a minimum"):
            draw(empty)
