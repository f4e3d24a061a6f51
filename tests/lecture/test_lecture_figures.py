"""Do the figures of the rows hold what their rows say, read from what is drawn?"""

import numpy as np
import pytest

from nnexp.records import STATUS


def lines(axes):
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def legend(figure):
    return [text.get_text() for found in figure.legends for text in found.get_texts()]


def labels(axes):
    """(rows, columns), True where a panel from above is orange, and the places of its pixels."""
    image = axes.images[0]
    colors, (left, right, low, high) = np.asarray(image.get_array()), image.get_extent()
    rows, columns = colors.shape[:2]
    x = left + (np.arange(columns) + 0.5) / columns * (right - left)
    y = low + (np.arange(rows) + 0.5) / rows * (high - low)
    return colors[..., 0] > colors[..., 2], *np.meshgrid(x, y)


def test_l1_says_1_above_0_and_l3_0_on_the_line(lecture):
    orange, x, y = labels(lecture["L1"].figures[0].axes[2])
    W, W0 = lecture["L1"].ends[0][0].recalled.weights()[0]
    assert np.array_equal(orange, W[0, 0] * x + W[1, 0] * y + W0[0] > 0.0)
    zero = lecture["L3"].figures[0].axes[2].collections[-2].get_offsets()
    assert sum(np.isclose(p + q / 2.0, 1.0) for p, q in zero) == 3


def test_l5_l6_and_l7_label_the_regions_of_their_stories(lecture):
    orange, x, y = labels(lecture["L5"].figures[0].axes[3])
    assert np.array_equal(orange, (x + y > 6.0) | (x + y < 2.0))
    reverse, *_ = labels(lecture["L5"].figures[0].axes[7])
    assert np.array_equal(reverse, ~orange)
    old, x, y = labels(lecture["L6"].figures[0].axes[3])
    new, *_ = labels(lecture["L6"].figures[0].axes[7])
    assert np.array_equal(new, (x + y > 6.0) | (y - x > 2.0))
    assert not np.array_equal(old, new)
    assert "where it was" in legend(lecture["L6"].figures[0])
    orange, p, T = labels(lecture["L7"].figures[0].axes[4])
    assert np.array_equal(orange, (p < 2.0) & (T > 5.0) & (T < 30.0))
    assert "above the threshold: 1: go for a run" in legend(lecture["L7"].figures[0])


@pytest.mark.parametrize("column", range(4))
def test_l8_has_the_same_labels_under_both_outputs(column, lecture):
    plain, squashed = (labels(lecture["L8"].figures[1].axes[column + 4 * row])[0] for row in (0, 1))
    assert (plain == squashed).mean() > 0.999
    assert 0.2 < plain.mean() < 0.9


def test_l9_has_three_regions_for_three_people(lecture):
    (me, p, T), (friend, *_), (neighbor, *_) = (labels(axes) for axes in lecture["L9"].figures[0].axes)
    assert np.array_equal(friend, (T > 5.0) & (T < 30.0))
    assert np.array_equal(neighbor, (p < 2.0) & (T > 5.0))
    assert np.array_equal(me, friend & neighbor)


def test_l11_draws_the_losses_by_their_formulas(lecture):
    actual, _, mistakes = lecture["L11"].figures[0].axes
    g, loss = lines(actual)["nll"].T
    assert np.allclose(loss, -np.log(g))
    g, loss = lines(actual)["asymmetric: 10 if wrong"].T
    assert set(loss[g < 0.5]) == {10.0}
    assert set(loss[g > 0.5]) == {0.0}
    runs = sum(len(each.runs) for each in lecture["L11"].ends[0] if each.recalled.configuration.loss.name != "zero_one")
    assert sum(len(dots.get_offsets()) for dots in mistakes.collections) == 2 * runs


def test_l12_says_why_and_shows_who_moves(lecture):
    (figure,) = lecture["L12"].figures
    assert " ".join(figure.get_suptitle().split()) == f"no_gradient: {STATUS['no_gradient']}"
    _, J, moved = figure.axes
    assert np.ptp(lines(J)["step units"][:, 1]) == 0.0
    assert lines(moved)["step units"][:, 1].max() == 0.0
    assert (np.diff(lines(moved)["sigmoid units"][:, 1]) >= 0.0).mean() > 0.9


def test_l13_and_l14_draw_what_units_can_say(lecture):
    guess = lines(lecture["L13"].figures[0].axes[0])
    assert guess["sigmoid output"][:, 1].min() >= 0.0
    assert guess["identity output"][:, 1].min() < -0.8
    for axes, most in zip(lecture["L14"].figures[0].axes, (0.0, 0.25, 1.0, 1.0), strict=True):
        slopes = [line.get_ydata() for line in axes.lines if line.get_linestyle() == "--"]
        assert max(values.max() for values in slopes) == pytest.approx(most)


def test_l16_draws_a_tangent_and_a_parabola_that_touch(lecture):
    for axes in lecture["L16"].figures[0].axes[:2]:
        drawn = lines(axes)
        J = dict(drawn["J"])
        for name, order in (("with the gradient: a tangent", 2), ("with the Hessian: a parabola", 3)):
            t, value = drawn[name].T
            gap = np.abs(value - [J[x] for x in t])
            near, far = (
                gap[np.isclose(np.abs(t), 0.1, atol=0.01)].max(),
                gap[np.isclose(np.abs(t), 0.2, atol=0.01)].max(),
            )
            assert far / near == pytest.approx(2.0**order, rel=0.35)


def test_l17_ways_stand_at_j_and_l18_counts_what_they_cost(lecture):
    surface = lecture["L17"].figures[0].axes[0]
    ways = [line.get_data_3d() for line in surface.lines]
    heights = max(ways, key=lambda way: len(way[0]))[2]
    J = lecture["L17"].ends[0][0].runs["curve_J"].iloc[0]
    assert np.allclose(heights, J)
    assert any("gradient evaluations" in words for words in legend(lecture["L18"].figures[0]))
    by_cost = lecture["L18"].figures[1].axes[1]
    gd, sgd = (each.runs for each in lecture["L18"].ends[0])
    assert by_cost.lines[0].get_xdata()[-1] == gd["gradient_evaluations"].iloc[0]
    assert len(by_cost.lines) == 1 + len(sgd)


def test_l19_says_which_step_diverged_and_shows_the_noise_floor(lecture):
    gd, sgd = lecture["L19"].figures[1].axes
    said = [text.get_text() for text in gd.get_legend().get_texts()]
    assert said == ["too small: 0.0005", "right: 0.2", "too large: 1.5, diverged"]
    constant, decreasing = (lines(sgd)[f"{name} steps"][-50:, 1] for name in ("constant", "decreasing"))
    assert np.median(constant) > 5.0 * np.median(decreasing)


def test_l20_and_l21_draw_every_optimum(lecture):
    ladder, bars = lecture["L20"].figures[0].axes
    assert len(ladder.collections[0].get_segments()) == len(bars.patches) == 5
    (axes,) = lecture["L21"].figures[2].axes
    train, test = (dots.get_offsets()[:, 1] for dots in axes.collections)
    table = lecture["L21"].ends[3][0].optima.frame()
    assert np.allclose(train, table["train_loss"])
    assert np.allclose(test, table["test_loss"])


def test_l21_training_loss_sinks_while_test_loss_turns(lecture):
    drawn = lines(lecture["L21"].figures[0].axes[0])
    assert (np.diff(drawn["training data"][:, 1]) <= 1e-9).all()
    test = drawn["test data"][:, 1]
    assert 0 < test.argmin() < len(test) - 1


def test_l22_has_a_map_for_every_unit(lecture):
    titles = [axes.get_title() for axes in lecture["L22"].figures[0].axes]
    assert sum(title.startswith("unit ") for title in titles) == 12
    assert "what the net says" in titles
