"""Do the pictures of optima, keys, arms and causes show what they are given?"""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nnexp.figures import arms, causes, effects, ladders
from nnexp.figures.style import NothingToDraw
from nnexp.optima.distinct import rungs
from nnexp.optima.spread import split


def texts(figure, axes=0):
    return [label.get_text() for label in figure.axes[axes].get_yticklabels()]


def runs():
    """Five runs of objective 1, two configurations: three at rung 0, one at rung 1, one saddle."""
    places = [0, 0, 1, 0, -1]
    return pd.DataFrame(
        {
            "objective": 1,
            "configuration": ["a", "a", "a", "b", "b"],
            "optimizer": ["gd", "gd", "gd", "sgd", "sgd"],
            "optimum": places,
            "polished_J": [1.0, 1.0, 2.0, 1.0, 1.5],
            "endpoint": ["minimum"] * 4 + ["saddle"],
        }
    )


def test_ends_are_shares_that_fill_the_bar():
    figure = ladders.ends(runs(), {1: "1: xor"})
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == pytest.approx([0.6, 0.2, 0.2])
    assert texts(figure) == ["1: xor"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "lowest optimum",
        "another optimum",
        "saddle",
    ]


def test_runs_that_nobody_judged_have_an_end_of_their_own():
    kinds = ladders.kind_of_end(runs().assign(endpoint=None, optimum=-1))
    assert kinds.tolist() == ["not judged"] * 5


def test_a_ladder_has_a_circle_a_rung_as_large_as_its_share():
    figure = ladders.ladders([runs()], ["xor"], ["optimizer"])
    circles = figure.axes[0].collections
    assert texts(figure) == ["gd", "sgd"]
    assert circles[0].get_offsets().tolist() == [[1.0, 0.0], [2.0, 0.0]]
    assert circles[0].get_sizes() == pytest.approx([ladders.AREA * 2 / 3, ladders.AREA / 3])
    assert circles[1].get_offsets().tolist() == [[1.0, 1.0]]
    assert circles[1].get_sizes() == pytest.approx([ladders.AREA / 2])
    assert "50%\nat none" in [text.get_text() for text in figure.axes[0].texts]


def test_optima_are_tested_and_the_best_is_ringed():
    table = pd.DataFrame({"J": [1.0, 2.0, 3.0], "test_loss": [0.7, 0.2, 0.5], "share": [0.2, 0.3, 0.5]})
    figure = ladders.tested([table], ["xor"])
    dots, lowest, ring = figure.axes[0].collections
    assert dots.get_offsets().tolist() == [[1.0, 0.7], [2.0, 0.2], [3.0, 0.5]]
    assert lowest.get_offsets().tolist() == [[1.0, 0.7]]
    assert ring.get_offsets().tolist() == [[2.0, 0.2]]


def test_effects_draw_the_configurations_that_can_be_compared():
    table = pd.DataFrame({"depth": [2, 3, 2, 3], "width": [4, 4, 8, 8], "lowest": [0.1, 0.3, 0.5, 0.9]})
    table = table.assign(**{name: np.nan for name in rungs.MEASURES if name != "lowest"})
    figure = effects.effects(table, ["depth", "width"])
    assert len(figure.axes) == 2
    drawn = sorted(
        y for collection in figure.axes[0].collections for _, y in getattr(collection, "get_offsets", list)()
    )
    assert {0.1, 0.3, 0.5, 0.9} <= set(np.round(drawn, 12))
    assert figure.axes[0].get_title() == "depth"


def test_a_forest_has_a_dot_a_ratio_full_where_it_is_no_chance():
    table = pd.DataFrame(
        {
            "objective": ["1", "2"],
            "ratio_J": [0.5, 1.1],
            "ratio_low": [0.4, 0.9],
            "ratio_high": [0.6, np.inf],
            "p_holm": [0.01, 0.6],
        }
    )
    _, full, hollow = arms.forest(table).axes[0].collections
    assert full.get_offsets().tolist() == [[0.5, 0.0]]
    assert hollow.get_offsets().tolist() == [[1.1, 1.0]]


def test_transitions_write_every_count_but_none():
    table = pd.DataFrame([[3, 0], [2, 5]], index=["1", "2"], columns=["1", "2"])
    figure = arms.transitions([table], ["xor"])
    said = {(text.get_position(), text.get_text()) for text in figure.axes[0].texts}
    assert said == {((0, 0), "3"), ((0, 1), "2"), ((1, 1), "5")}


def test_transitions_leave_out_places_where_nobody_ends_and_keep_the_diagonal_bold():
    """GD ends at 1 and 3, SGD at 3 alone."""
    table = pd.DataFrame([[0, 0, 4], [0, 0, 0], [0, 0, 2]], index=list("123"), columns=list("123"))
    axes = arms.transitions([table], ["xor"]).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1", "3"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["3"]
    assert {text.get_text(): text.get_fontweight() for text in axes.texts} == {"4": "normal", "2": "bold"}


def test_of_many_optima_those_are_drawn_where_most_starts_end_and_it_is_said():
    names, counts = [str(number) for number in range(1, 21)], np.ones((20, 20), int)
    counts[4:9] += 3
    axes = arms.transitions([pd.DataFrame(counts, index=names, columns=names)], ["xor"]).axes[0]
    assert axes.get_ylabel() == "optimum where GD ends (12 of 20)"
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert len(shown) == 12
    assert set("56789") <= set(shown)
    assert shown == sorted(shown, key=int)


def test_causes_draw_a_share_a_set():
    made = split(np.random.default_rng(0).normal(size=(3, 5)), ("data", "start"))
    figure = causes.causes({"width 2": {"J": made}})
    assert texts(figure) == ["data", "start", "data x start"]
    dots = figure.axes[0].collections[1]
    assert dots.get_offsets()[:, 0].tolist() == pytest.approx(made.share.tolist())


@pytest.mark.parametrize(
    "draw",
    [
        lambda: ladders.ladders([runs().assign(optimum=-1)], ["xor"], []),
        lambda: ladders.tested([pd.DataFrame({"test_loss": [0.5]})], ["xor"]),
        lambda: effects.effects(
            pd.DataFrame({"depth": [2], "lowest": [0.1]} | {m: [0.0] for m in rungs.MEASURES}), ["depth"]
        ),
        lambda: arms.forest(pd.DataFrame({"ratio_J": [np.nan]})),
        lambda: arms.transitions([], []),
        lambda: causes.causes({"width 2": {}}),
    ],
)
def test_what_cannot_be_drawn_is_said(draw):
    with pytest.raises(NothingToDraw, match=r"\w+ \w+"):
        draw()


def test_pictures_are_figures_that_can_be_saved(tmp_path):
    for number, figure in enumerate(
        [ladders.ends(runs(), {1: "x"}), ladders.ladders([runs()], ["xor"], ["optimizer"])]
    ):
        assert isinstance(figure, Figure)
        figure.savefig(tmp_path / f"{number}.png")
