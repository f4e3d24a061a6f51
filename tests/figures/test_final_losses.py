"""Is every seed in the picture, and is the picture in the order it claims?"""

import numpy as np
import pytest

from nnexp.figures import losses
from nnexp.figures.overview import overview, telling
from nnexp.figures.pairing import pairs
from nnexp.figures.style import NothingToDraw


def dots(axes):
    return np.concatenate([c.get_offsets() for c in axes.collections[::2]])


def test_every_seed_is_a_dot_on_its_configurations_row(runs):
    figure = losses.distribution(runs)
    figure.savefig("/dev/null", format="png")
    found = dots(figure.axes[0])
    assert sorted(found[:, 0]) == pytest.approx(sorted(runs["J"]))
    for place, configuration in enumerate(losses.ranking(runs)):
        row = found[np.round(found[:, 1]) == place, 0]
        assert sorted(row) == pytest.approx(sorted(runs[runs["configuration"] == configuration]["J"]))


def test_rows_are_in_the_order_of_the_median_run(runs):
    middle = [np.sort(runs[runs["configuration"] == c]["J"])[2] for c in losses.ranking(runs)]
    assert middle == sorted(middle)


def test_of_many_configurations_some_are_shown_and_how_many_is_said(runs):
    figure = losses.distribution(runs, most=3)
    assert figure.axes[0].get_title().endswith("3 of 8 configurations, evenly through the ranking")
    assert losses.evenly(list("abcdefg"), 3) == ["a", "d", "g"]


def test_losses_that_cannot_be_compared_have_axes_of_their_own(sweep):
    figure = losses.distribution(sweep(width=2, loss=["nll", "squared"]))
    assert [axes.get_title().split(":")[0] for axes in figure.axes] == [
        "two_moons, loss nll",
        "two_moons, loss squared",
    ]


def test_runs_that_diverged_are_counted_at_the_margin(diverged):
    figure = losses.distribution(diverged)
    figure.savefig("/dev/null", format="png")
    assert [text.get_text() for text in figure.axes[0].texts] == ["5 of 5 diverged"] * 2
    assert all(text.get_window_extent().x0 >= figure.axes[0].bbox.x1 for text in figure.axes[0].texts)


def test_dots_that_would_hide_one_another_are_heaped_as_high_as_they_are_many():
    heights = losses.heaped(np.array([1.0, 1.001, 1.002, 1.003, 1.004, 5.0, 5.001]))
    first, second = heights[:5], heights[5:]
    assert len(set(first)) == 5
    assert np.ptp(first) > np.ptp(second) > 0
    assert np.abs(losses.heaped(np.ones(1000))).max() <= 0.4


def test_the_duel_has_a_dot_a_pair_and_counts_who_ends_lower(runs):
    figure = losses.duel(runs)
    figure.savefig("/dev/null", format="png")
    found = pairs(runs)
    shown = np.concatenate([c.get_offsets() for c in figure.axes[0].collections])
    assert np.array_equal(np.sort(shown, axis=0), np.sort(found[["J_gd", "J_sgd"]].to_numpy(), axis=0))
    lower = (shown[:, 1] < shown[:, 0]).sum()
    assert f"SGD ends lower in {lower} of 20 pairs\n" in figure.axes[0].get_title()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["step size 0.1", "step size 0.5"]


def test_a_duel_that_cannot_be_says_why(runs, diverged):
    with pytest.raises(NothingToDraw, match=r"optimizer=\[gd,sgd\]"):
        losses.duel(runs[runs["optimizer"] == "sgd"])
    with pytest.raises(NothingToDraw, match="diverged"):
        losses.duel(diverged)


def test_the_overview_tells_of_the_extremes(runs):
    chosen = telling(runs)
    J = runs.groupby("configuration")["J"]
    by_reason = {part: c for c, reason in chosen.items() for part in reason.split(", ")}
    assert by_reason["lowest median J"] == losses.ranking(runs)[0]
    assert by_reason["seeds furthest apart"] == (J.max() / J.min()).idxmax()
    assert by_reason["seeds closest together"] == (J.max() / J.min()).idxmin()
    assert 3 <= len(chosen) <= 4


def test_the_overview_shows_best_median_and_worst_beside_every_seed(runs):
    figure = overview(runs)
    figure.savefig("/dev/null", format="png")
    assert figure.get_size_inches()[0] * figure.dpi == 1200
    for place, configuration in enumerate(telling(runs)):
        J = np.sort(runs[runs["configuration"] == configuration]["J"])
        line = figure.axes[4 * place : 4 * place + 4]
        assert [axes.get_title().split("J ")[1] for axes in line[:3]] == [f"{J[i]:.3g}" for i in (0, 2, 4)]
        assert sorted(dots(line[3])[:, 0]) == pytest.approx(J)


@pytest.mark.parametrize("seeds", [1, 5])
def test_the_overview_of_one_configuration(sweep, seeds):
    rows = sweep(dataset="xor", width=2, seeds=seeds)
    overview(rows).savefig("/dev/null", format="png")
    assert list(telling(rows).values()) == [""]


def test_the_overview_of_nothing_but_diverged_runs_says_so(diverged):
    figure = overview(diverged)
    figure.savefig("/dev/null", format="png")
    assert "every seed diverged" in figure.axes[3].get_title(loc="left")
