"""Do panels show the lines and dots that they are given, on axes that say what they are?"""

import numpy as np
import pytest

from nnexp.figures import style
from nnexp.figures.panels import Dots, Line, Panel, panels

T = np.linspace(1.0, 9.0, 11)


def drawn(figure):
    figure.savefig("/dev/null", format="png")
    return figure


def one(**given):
    return drawn(panels([Panel("title", "x", "y", **given)])).axes[0]


def test_lines_and_dots_are_where_they_are_given():
    axes = one(marks=[Line(T, T**2, "square", style.RED), Dots(T, -T, "minus")])
    assert np.array_equal(axes.lines[0].get_xydata(), np.column_stack([T, T**2]))
    assert axes.lines[0].get_color() == style.RED
    assert np.array_equal(axes.collections[0].get_offsets(), np.column_stack([T, -T]))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["square", "minus"]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("x", "y", "title")


def test_marks_without_a_name_have_no_place_in_the_legend():
    assert one(marks=[Line(T, T)]).get_legend() is None
    assert len(one(marks=[Line(T, T), Line(T, T, "named")]).get_legend().get_texts()) == 1


def test_hollow_dots_show_what_is_behind_and_dots_can_lie_behind_lines():
    front, behind = one(marks=[Dots(T, T, hollow=True), Line(T, T), Dots(T, T, behind=True)]).collections
    assert front.get_facecolor().size == 0
    assert front.get_zorder() > 2 > behind.get_zorder()


def test_a_note_is_wrapped_below_the_title():
    title = one(marks=[Line(T, T)], note="many words " * 12).get_title().splitlines()
    assert title[0] == "title"
    assert len(title) > 2
    assert max(map(len, title)) < 60


def test_axes_have_the_scales_limits_and_ticks_that_are_asked_for():
    axes = one(
        marks=[Line(T, T)], x_scale="log", y_scale="log", y_limits=(0.5, 20.0), ticks=([1.0, 4.0], ["one", "four"])
    )
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_ylim() == (0.5, 20.0)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["one", "four"]


def test_a_log_axis_of_few_decades_has_numbers_as_people_write_them():
    axes = one(marks=[Line(T, T / 100.0)], y_scale="log")
    low, high = axes.get_ylim()
    shown = [label.get_text() for label in axes.get_yticklabels() if low <= label.get_position()[1] <= high]
    assert shown == ["0.01", "0.02", "0.05", "0.1"]


@pytest.mark.parametrize(("count", "columns", "rows"), [(2, 3, 1), (4, 3, 2), (4, 4, 1)])
def test_panels_stand_in_rows(count, columns, rows):
    figure = drawn(panels([Panel("", "x", "y", [Line(T, T)])] * count, columns, title="all"))
    assert len(figure.axes) == count
    assert len({round(axes.get_position().y0, 2) for axes in figure.axes}) == rows
    assert figure.get_suptitle() == "all"
