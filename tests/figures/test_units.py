"""Does every unit have its map, with what it says there, and the net's own answer last?"""

import numpy as np
import pytest

from nnexp.figures import boundary, units
from nnexp.figures.style import NothingToDraw
from nnexp.frames import recall

FINE = boundary.FINE


@pytest.fixture(scope="module")
def zone(sweep):
    """Two steps, at x1 + x2 = 6 and at x1 + x2 = 2, and 6 a1 - 6 a2 + 3 on top."""
    weights = {"W": [[[1, 1], [1, 1]], [[6], [-6]]], "W0": [[-6, -2], [3]]}
    return sweep(
        dataset="habitable_zone", widths=[[2]], activation="step", initializer={"given": weights}, seeds=1
    ).iloc[0]


@pytest.fixture(scope="module")
def deep(sweep):
    return sweep(dataset="two_moons", widths=[[5, 3]], activation="tanh", seeds=1).iloc[0]


def drawn(figure):
    figure.savefig("/dev/null", format="png")
    return figure


def maps(figure):
    """The axes of hidden units."""
    return [axes for axes in figure.axes if axes.get_title().startswith("unit")]


def words(figure):
    return [" ".join(text.get_text().split()) for axes in figure.axes for text in axes.texts]


def test_every_unit_has_a_map_and_every_layer_its_name(deep):
    figure = drawn(units.unit_maps(deep))
    assert [axes.get_title().splitlines()[0] for axes in maps(figure)] == [
        f"unit {i}" for i in (1, 2, 3, 4, 5, 1, 2, 3)
    ]
    assert words(figure) == [
        "layer 1 m = 2, n = 5 tanh features of x",
        "layer 2 m = 5, n = 3 tanh features of features",
        "layer 3 m = 3, n = 1 sigmoid output",
    ]


def test_a_unit_is_said_by_hand(zone):
    (z, a) = units.said(recall(zone), np.array(zone["theta"]))[0]
    view = boundary.plane(recall(zone).configuration.data)
    x = view.grid(FINE)
    assert z == pytest.approx(np.stack([x.sum(axis=0) - 6.0, x.sum(axis=0) - 2.0]), abs=1e-12)
    assert np.array_equal(a, z > 0.0)


def test_a_pixel_is_white_where_a_unit_says_0_and_orange_where_it_says_1(zone):
    first = maps(drawn(units.unit_maps(zone)))[0]
    picture = np.asarray(first.images[0].get_array(), int)
    low_corner, high_corner = picture[-1, 0], picture[0, -1]
    assert low_corner.min() > 235
    assert high_corner[0] - high_corner[2] > 90
    assert first.get_title() == "unit 1\n0 to 1"


def test_the_dashed_line_runs_where_z_is_0(zone):
    for axes, at in zip(maps(drawn(units.unit_maps(zone))), (6.0, 2.0), strict=True):
        (turn,) = [c for c in axes.collections if type(c).__name__ == "QuadContourSet"]
        places = np.concatenate([path.vertices for path in turn.get_paths()])
        assert np.abs(places.sum(axis=1) - at).max() < 1e-6


def test_the_output_comes_last_with_its_boundary_and_the_training_points(deep):
    figure = drawn(units.unit_maps(deep))
    last = figure.axes[-1]
    assert last.get_title() == "what the net says"
    kinds = [type(c).__name__ for c in last.collections]
    assert "QuadContourSet" in kinds
    cloud = last.collections[kinds.index("PathCollection")]
    assert np.array_equal(np.sort(cloud.get_offsets()[:, 0]), np.sort(recall(deep).configuration.data.X_train[0]))
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said == ["label 0", "label 1", "training point", "decision boundary", "z = 0 of a unit"]


def test_of_a_wide_layer_the_first_units_are_shown_and_it_says_so(sweep):
    row = sweep(width=9, seeds=1).iloc[0]
    figure = drawn(units.unit_maps(row))
    assert len(maps(figure)) == units.MOST == 8
    assert "Layer 1 has 9 units: the first 8 are shown" in figure.get_suptitle()
    whole = drawn(units.unit_maps(row, most=9))
    assert len(maps(whole)) == 9
    assert "are shown" not in whole.get_suptitle()


def test_each_of_several_labels_has_its_picture(sweep):
    targets = [[0, 0, 1], [1, 0, 1], [1, 0, 0], [0, 1, 0]]
    points = {"points": {"points": [[0, 0], [0, 1], [1, 0], [1, 1]], "targets": targets}}
    row = sweep(dataset=points, loss="nll", width=4, seeds=1).iloc[0]
    figure = drawn(units.unit_maps(row))
    panels = figure.axes[-3:]
    assert [axes.get_title() for axes in panels] == ["guess 1: label 1", "guess 2: label 2", "guess 3: label 3"]
    run = recall(row)
    guess = run.guess(run.configuration.data.X_train.T).T
    for place, axes in enumerate(panels):
        (cloud,) = [c for c in axes.collections if type(c).__name__ == "PathCollection"]
        orange = cloud.get_facecolors()[:, 0] > cloud.get_facecolors()[:, 2]
        assert orange.tolist() == [bool(target[place]) for target in targets]
        ground = np.asarray(axes.images[0].get_array(), int)
        left, right, low, high = axes.images[0].get_extent()
        for k, (x, y) in enumerate(run.configuration.data.X_train.T):
            row_, column = int((high - y) / (high - low) * FINE), int((x - left) / (right - left) * FINE)
            if abs(guess[place, k] - 0.5) > 0.02:
                assert (ground[row_, column, 0] > ground[row_, column, 2]) == (guess[place, k] > 0.5)


def test_over_one_coordinate_units_are_curves(sweep):
    row = sweep(dataset="noisy_sine", loss="squared", width=3, seeds=1).iloc[0]
    (z, a) = units.said(recall(row), np.array(row["theta"]))[0]
    shown = maps(drawn(units.unit_maps(row)))
    for unit, axes in enumerate(shown):
        assert np.array_equal(axes.lines[0].get_ydata(), a[unit])
        assert len(axes.lines) == 1 + np.count_nonzero(np.diff(np.sign(z[unit])))


def test_a_net_without_hidden_layer_is_its_output(runs, diverged):
    figure = drawn(units.unit_maps(runs[runs["depth"] == 1].iloc[0]))
    assert maps(figure) == []
    assert "No hidden layer" in figure.get_suptitle()
    with pytest.raises(NothingToDraw, match="diverged at step"):
        units.unit_maps(diverged.iloc[0])
