"""Do the pictures of landscapes, slices and basins show the numbers that they are given?"""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from nnexp.figures import basins as basin_pictures
from nnexp.figures import landscape as pictures
from nnexp.figures import slices as slice_pictures
from nnexp.figures import style
from nnexp.optima.between.band import Bands
from nnexp.optima.between.basins import Field, basins
from nnexp.optima.between.landscape import Landscape, Ways
from nnexp.optima.between.passes import Passes
from nnexp.optima.between.slices import Relief, Seen, Slice


def landscape(J, ends, heights, found=(), flat=()):
    count, marks = len(J), np.ones(len(heights), bool)
    ways = Ways(
        np.array(ends).reshape(-1, 2).astype(int), np.array(heights, float), np.zeros((len(heights), 2)), marks, marks
    )
    new, strict = np.isin(np.arange(count), found), ~np.isin(np.arange(count), flat)
    return Landscape(np.zeros((count, 2)), np.array(J, float), strict, np.arange(count), new, ways, 3)


def drawn(figure):
    figure.savefig("/dev/null", format="png")
    return figure.axes


def verticals(axes):
    """Foot and head of every upright line, by its place."""
    segments = [
        segment for part in axes.collections if hasattr(part, "get_segments") for segment in part.get_segments()
    ]
    return sorted((float(s[0, 0]), float(s[0, 1]), float(s[1, 1])) for s in segments)


def said(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_optima_hang_at_their_height_from_the_level_where_they_merge():
    figure = pictures.disconnectivity(landscape([1.0, 0.0, 2.0], [[0, 1], [1, 2]], [3.0, 5.0]))
    (axes,) = drawn(figure)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["2", "1", "3"]
    top = 5.0 + pictures.ROOM * 5.0
    assert verticals(axes) == [(0.0, 0.0, 3.0), (0.0, 3.0, 5.0), (0.0, 5.0, top), (1.0, 1.0, 3.0), (2.0, 2.0, 5.0)]
    assert said(figure) == ["strict minimum"]


def test_optima_may_have_names():
    figure = pictures.disconnectivity(landscape([1.0, 0.0], [[0, 1]], [3.0]), ["2", "1"])
    assert [tick.get_text() for tick in drawn(figure)[0].get_xticklabels()] == ["1", "2"]


def test_what_no_way_leads_to_reaches_the_top():
    figure = pictures.disconnectivity(landscape([1.0, 0.0, 2.0], [[0, 1]], [3.0], found=[2], flat=[0]))
    (axes,) = drawn(figure)
    heads = [head for _, _, head in verticals(axes)]
    assert heads.count(max(heads)) == 2
    assert said(figure) == ["strict minimum", "flat, or not told", "found on the way"]
    assert "2 optima and 1 found on the way" in axes.get_title()


def test_an_empty_landscape_is_not_drawn():
    with pytest.raises(style.NothingToDraw, match="no optimum"):
        pictures.disconnectivity(landscape([], [], []))


def test_branches_never_cross():
    rng = np.random.default_rng(0)
    ends = np.array([[i, rng.integers(i)] for i in range(1, 17)])
    made = landscape(rng.uniform(0.0, 1.0, 17), ends, rng.uniform(1.0, 2.0, 16))
    order = pictures._order(made, made.superbasins())
    assert sorted(order) == list(range(17))
    for basin in made.superbasins():
        places = sorted(order.index(i) for i in basin.optima)
        assert places == list(range(places[0], places[0] + len(places)))


def test_both_lines_of_each_pair_are_drawn():
    places, J = np.linspace(0.0, 1.0, 5), np.random.default_rng(1).uniform(0.1, 1.0, (2, 29, 5))
    (axes,) = drawn(pictures.lines(places, J[0], J[1]))
    colors = [to_hex(line.get_color()).upper() for line in axes.lines]
    assert colors == [style.ORANGE] * pictures.MOST_LINES + [style.BLUE] * pictures.MOST_LINES
    assert np.array_equal(axes.lines[-1].get_ydata(), J[1, -1])
    assert np.array_equal(axes.lines[0].get_ydata(), J[0, 0])
    assert "12 of 29 pairs" in axes.get_title()
    (negative,) = drawn(pictures.lines(places, J[0] - 0.5, J[1]))
    assert negative.get_yscale() == "linear"


def test_a_pass_stands_at_its_height_on_its_band():
    theta = np.array([[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]] * 2)
    found = Bands(theta, np.array([[0.0, 0.9, 0.5]] * 2), np.ones(2), np.zeros(2), np.ones(2, int))
    ends, yes = np.zeros((2, 2, 2)), np.array([True, False])
    numbers = np.array([1.0, 3.0])
    saddles = np.array([[1.1, 0.3], [1.0, 0.0]])
    over = Passes(
        saddles, numbers, yes, -numbers, numbers, 0 * numbers, ends, ends[:, :, 0], ends[:, :, 0] > 0, np.array([1, 0])
    )
    (axes,) = drawn(pictures.band(found, 1, over, np.array([0.0, 2.0, 0.5])))
    straight, band, dot = axes.lines
    assert band.get_xdata().tolist() == [0.0, 1.0, 2.0]
    assert straight.get_ydata().tolist() == [0.0, 2.0, 0.5]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (1.0, 1.0)
    assert [text.get_text() for text in axes.texts] == ["1"]


def plane_of(J):
    on = Slice(np.zeros(3), np.eye(3)[:, :2], ("first", "second"), (0.6, 0.3))
    return Relief(on, (np.linspace(-1.0, 1.0, 7), np.linspace(-2.0, 2.0, 5)), J)


def test_a_point_off_the_slice_is_larger_and_its_j_is_in_the_table():
    seen = Seen(np.array([[0.0, 0.0], [0.5, 1.0]]), np.array([0.0, 3.0]), np.array([0.25, 0.5]), np.array([0.25, 0.75]))
    J = 1.0 + np.arange(35.0).reshape(5, 7)
    axes, table, *_ = drawn(slice_pictures.plane(plane_of(J), seen, ["here", "there"], [np.zeros((3, 2))]))
    assert axes.get_xlabel() == "first (60% of variance)"
    sizes = next(c for c in axes.collections if len(c.get_offsets()) == 2 and c.get_sizes().size == 2).get_sizes()
    assert sizes[1] > 3.0 * sizes[0]
    words = {text.get_text(): text.get_color() for text in table.texts}
    assert {"here", "there", "0.5", "0.75", "3"} <= set(words)
    assert words["0.75"] == style.RED
    assert words["0.5"] == style.INK


@pytest.mark.parametrize("J", [np.full((5, 7), 2.0), np.where(np.eye(5, 7) > 0, np.inf, -1.0 - np.arange(7.0))])
def test_flat_and_infinite_slices_are_drawn(J):
    seen = Seen(np.zeros((1, 2)), np.zeros(1), np.ones(1), np.ones(1))
    assert drawn(slice_pictures.plane(plane_of(J), seen, ["here"]))


def test_a_slice_without_a_number_is_not_drawn():
    seen = Seen(np.zeros((1, 2)), np.zeros(1), np.ones(1), np.ones(1))
    with pytest.raises(style.NothingToDraw, match="narrower"):
        slice_pictures.plane(plane_of(np.full((5, 7), np.inf)), seen, ["here"])


def test_a_line_shows_the_gap_between_j_and_what_is_drawn():
    on = Slice(np.zeros(3), np.eye(3)[:, :1], ("share",))
    relief = Relief(on, (np.linspace(0.0, 1.0, 5),), np.array([1.0, 2.0, 3.0, 2.0, 1.0]))
    seen = Seen(np.array([[0.5]]), np.array([2.0]), np.array([2.5]), np.array([3.0]))
    axes, _ = drawn(slice_pictures.line(relief, seen, ["pass"]))
    stroke = next(c for c in axes.collections if hasattr(c, "get_segments")).get_segments()[0]
    assert stroke.tolist() == [[0.5, 2.5], [0.5, 3.0]]


def test_each_pixel_has_the_color_of_its_optimum_and_the_legend_its_share():
    field = Field(np.zeros(2), np.eye(2), ((-1.0, 1.0), (0.0, 1.0)), (4, 2), ("w", "v"))
    found = basins(field, np.array([3, 3, 3, 0, 3, 3, -1, 0]))
    figure = basin_pictures.picture(found, np.array([0.5, 9.0, 9.0, 0.25]))
    (axes,) = drawn(figure)
    pixels = axes.images[0].get_array()
    assert to_hex(pixels[0, 0] / 255.0).upper() == style.COLORS[0]
    assert to_hex(pixels[0, 3] / 255.0).upper() == style.COLORS[1]
    assert to_hex(pixels[1, 2] / 255.0) == style.GREY
    assert said(figure) == ["optimum 4: J 0.25, 62.5 %", "optimum 1: J 0.5, 25.0 %", "no optimum, 12.5 %"]
    assert axes.images[0].get_extent() == [-1.0, 1.0, 0.0, 1.0]


def test_many_optima_share_the_last_color():
    field = Field(np.zeros(2), np.eye(2), ((0.0, 1.0), (0.0, 1.0)), (13, 1), ("w", "v"))
    figure = basin_pictures.picture(basins(field, np.arange(13)), np.arange(13.0))
    drawn(figure)
    assert said(figure)[-1] == "3 further optima, 23.1 %"
