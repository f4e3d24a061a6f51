"""Do a surface and its view from above say where a function passes its threshold, and does the legend say which is which?"""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from nnexp.figures import style, surfaces
from nnexp.figures.fields import Field, Points
from nnexp.figures.surfaces import Panel, both, grid

X, Y = np.linspace(-2.0, 2.0, 23), np.linspace(-3.0, 3.0, 29)
TILTED = Field(X, Y, X[None, :] + 0.5 * Y[:, None] - 0.25, names=("dose", "age"))
STEPPED = Field(X, Y, (TILTED.heights > 0.0).astype(float), 0.5)
FOUND = Points(np.array([[1.0, -1.0, 0.5], [1.0, -1.0, 2.0]]), np.array([1.0, 0.0, 1.0]))


def drawn(figure):
    figure.savefig("/dev/null", format="png")
    return figure


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def is_orange(colors):
    return colors[..., 0] > colors[..., 2]


def test_colors_turn_at_the_threshold_and_deepen_away_from_it():
    colors = TILTED.colors()
    assert (is_orange(colors) == (TILTED.heights > 0.0)).mean() > 0.97
    depth = colors.max(axis=2) - colors.min(axis=2)
    above = TILTED.heights > 0.0
    order = np.argsort(TILTED.heights[above])
    assert (np.diff(depth[above][order]) >= -1e-12).all()
    assert np.array_equal(TILTED.labels(), above)


def test_deepest_colors_lie_within_reach():
    near = Field(X, Y, TILTED.heights, reach=0.5).colors()
    assert np.ptp(near[TILTED.heights > 0.5], axis=0).max() == 0.0
    assert np.isfinite(Field(X, Y, np.zeros((29, 23))).colors()).all()


def test_both_views_have_the_same_colors_and_the_same_axes():
    figure = drawn(grid([both("z", TILTED)]))
    solid, flat = figure.axes
    assert [axis.get_text() for axis in (solid.xaxis.label, solid.yaxis.label)] == ["dose", "age"]
    assert (flat.get_xlabel(), flat.get_ylabel()) == ("dose", "age")
    assert np.array_equal(flat.images[0].get_array(), TILTED.colors())
    faces = solid.collections[0].get_facecolor()[:, :3]
    assert np.allclose(np.sort(faces, axis=0), np.sort(TILTED.colors()[:-1, :-1].reshape(-1, 3), axis=0))


def test_the_line_runs_where_the_function_passes_its_threshold():
    (axes,) = drawn(grid([[Panel("", TILTED, "above")]])).axes
    places = np.concatenate(axes.collections[0].get_paths()[0].to_polygons(closed_only=False))
    assert np.abs(places[:, 0] + 0.5 * places[:, 1] - 0.25).max() < 1e-9
    (bare,) = drawn(grid([[Panel("", Field(X, Y, TILTED.heights + 9.0), "above")]])).axes
    assert not bare.collections


def test_a_step_has_gray_cliffs_which_have_no_label():
    (axes,) = drawn(grid([[Panel("", STEPPED)]])).axes
    faces = axes.collections[0].get_facecolor()[:, :3]
    gray = np.isclose(faces, to_rgb(surfaces.CLIFF_COLOR)).all(axis=1)
    heights = STEPPED.heights
    corners = np.stack([heights[:-1, :-1], heights[1:, :-1], heights[:-1, 1:], heights[1:, 1:]])
    assert gray.sum() == (np.ptp(corners, axis=0) > 0.0).sum() > 0


def test_labels_have_two_colors_and_points_that_of_their_own_label():
    (axes,) = drawn(grid([[Panel("", TILTED, "labels", FOUND)]])).axes
    shown = axes.images[0].get_array()
    assert (is_orange(shown) == TILTED.labels()).all()
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 2
    zero, one = axes.collections[-2:]
    assert np.allclose(zero.get_offsets(), [[-1.0, -1.0]])
    assert np.allclose(one.get_offsets(), [[1.0, 1.0], [0.5, 2.0]])
    assert is_orange(one.get_facecolor()[0, :3])
    assert not is_orange(zero.get_facecolor()[0, :3])


def test_the_legend_says_which_color_is_which_class():
    said = legend(
        drawn(grid([[Panel("", TILTED), Panel("", TILTED, "labels", FOUND, STEPPED)]], labels=("dry", "wet")))
    )
    assert said == [
        *("below the threshold: dry", "above the threshold: wet", "at the threshold", "where it was"),
        *("point of dry", "point of wet"),
    ]
    assert legend(drawn(grid([[Panel("", TILTED)]]))) == [
        "below the threshold",
        "above the threshold",
        "at the threshold",
    ]
    assert legend(drawn(grid([[Panel("", TILTED, "labels")]])))[:2] == ["label 0", "label 1"]


def test_what_was_there_before_is_dashed():
    moved = Field(X, Y, TILTED.heights - 1.0)
    (axes,) = drawn(grid([[Panel("", moved, "labels", old=TILTED)]])).axes
    now, before = axes.collections
    assert now.get_linestyle()[0][1] is None
    assert before.get_linestyle()[0][1] is not None


def test_rows_are_named_at_their_left_and_may_differ_in_length():
    figure = drawn(grid([both("", TILTED), [Panel("", TILTED, "above")]], ("first", "second"), title="both"))
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert words == ["first", "second"]
    assert len(figure.axes) == 3
    assert figure.get_suptitle() == "both"


@pytest.mark.parametrize("color", [style.BLUE, style.ORANGE])
def test_the_two_colors_differ_in_lightness_from_white_for_who_sees_no_hue(color):
    light = np.array(to_rgb(style.tint(color, "white", 0.42))) @ [0.2126, 0.7152, 0.0722]
    assert light < 0.8


def test_the_line_of_a_step_is_drawn_at_its_finer_places():
    fine_x, fine_y = np.linspace(-2.0, 2.0, 401), np.linspace(-3.0, 3.0, 601)
    z = fine_x[None, :] + 0.5 * fine_y[:, None] - 0.25
    fine = Field(fine_x, fine_y, (z > 0.0).astype(float), 0.5)
    stepped = Field(X, Y, STEPPED.heights, 0.5, fine=fine)
    solid, flat = drawn(grid([both("step", stepped)])).axes
    places = flat.collections[0].get_paths()[0].vertices
    assert np.abs(places[:, 0] + 0.5 * places[:, 1] - 0.25).max() < 0.011
    assert flat.images[0].get_array().shape[:2] == (601, 401)
    assert len(solid.collections[0].get_facecolor()) == (len(X) - 1) * (len(Y) - 1)
