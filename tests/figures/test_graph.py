"""Does a function graph show the net that was asked for, whole or with a sentence on what is left out, and its weights?"""

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Circle
from matplotlib.text import Annotation

from nnexp import config
from nnexp.figures import style
from nnexp.figures.graph import LEAST_WIDTH, MOST_WIDTH, function_graph
from nnexp.figures.style import NothingToDraw
from nnexp.plan import plan


def configuration(**asked):
    return plan(config.check({"seeds": 1, "dataset": "habitable_zone", **asked})).configurations[0]


def drawn(*given, **more):
    figure = function_graph(*given, **more)
    figure.savefig("/dev/null", format="png")
    return figure.axes[0]


def strokes(axes):
    return {c.get_gid(): c for c in axes.collections if isinstance(c, LineCollection)}


def circles(axes):
    return [patch.get_gid() for patch in axes.patches if isinstance(patch, Circle)]


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.fixture(scope="module")
def net():
    return configuration(widths=[[3]], activation="sigmoid")


@pytest.fixture(scope="module")
def theta(net):
    """W1 = [[1, 2, -3], [4, 5, 6]], W0 = [0, -7, 8]; W2 = [9, -10, 11], W0 = 12."""
    W = (np.array([[1.0, 2.0, -3.0], [4.0, 5.0, 6.0]]), np.array([[9.0], [-10.0], [11.0]]))
    return net.network().theta([(W[0], np.array([0.0, -7.0, 8.0])), (W[1], np.array([12.0]))])


def test_a_circle_for_each_sum_each_f_and_the_loss_and_none_for_values(net):
    sums = [f"sum 1 {i}" for i in (1, 2, 3)] + ["sum 2 1"]
    assert sorted(circles(drawn(net))) == sorted([*sums, *(name.replace("sum", "f") for name in sums), "loss"])


def test_z_and_a_of_every_unit_and_m_and_n_of_every_layer_are_named(net):
    said = texts(drawn(net))
    for index in ("^{1}_{1}", "^{1}_{2}", "^{1}_{3}", "^{2}_{1}"):
        assert said.count(f"$z{index}$") == said.count(f"$a{index}$") == 1
    for words in ("layer 1:  m = 2, n = 3", "layer 2:  m = 3, n = 1", r"$W^{1}: 2 \times 3$,  $W_0^{1}: 3 \times 1$"):
        assert words in said
    assert {"hidden layer", "output layer", "distance", "star size", "$x_{2}$", "actual", "guess"} <= set(said)
    assert "x_3" not in "".join(said)
    assert any("sigmoid" in words for words in said)
    assert any(words.endswith("nll") for words in said)


def test_a_line_for_each_weight_as_wide_as_it_is_large_in_the_color_of_its_sign(net, theta):
    found = strokes(drawn(net, theta))
    assert [len(found[name].get_segments()) for name in ("W1", "W01", "W2", "W02")] == [6, 3, 3, 1]
    sizes = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert found["W1"].get_linewidths() == pytest.approx(LEAST_WIDTH + (MOST_WIDTH - LEAST_WIDTH) * sizes / 12.0)
    assert found["W02"].get_linewidths() == pytest.approx([MOST_WIDTH])
    blue = [to_hex(color).upper() == style.BLUE for color in found["W1"].get_colors()]
    assert blue == [False, False, True, False, False, False]
    assert [to_hex(color).upper() == style.BLUE for color in found["W01"].get_colors()] == [False, True, False]


def test_the_line_of_a_weight_leads_from_its_value_to_its_unit(net, theta):
    axes = drawn(net, theta)
    centers = {patch.get_gid(): patch.center for patch in axes.patches if isinstance(patch, Circle)}
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts}
    segment = strokes(axes)["W1"].get_segments()[2]  # the weight of x1 into unit 3: -3
    assert segment[0][1] == pytest.approx(heights["$x_{1}$"])
    assert segment[1] == pytest.approx(centers["sum 1 3"])


def test_the_key_says_what_color_and_width_mean(net, theta):
    said = [text.get_text() for text in drawn(net, theta).get_legend().get_texts()]
    assert said == ["weight or offset below 0", "weight or offset above 0", "size 12", "size 6"]
    assert drawn(net).get_legend() is None


def test_backward_shows_the_derivatives_and_forward_none(net):
    arrows = [sum(isinstance(t, Annotation) for t in drawn(net, backward=b).texts) for b in (False, True)]
    assert arrows == [1, 5]
    said = texts(drawn(net, backward=True))
    for layer in (1, 2):
        assert {rf"$\partial L/\partial {value}^{{{layer}}}$" for value in "az"} <= set(said)
    assert r"$\partial L/\partial W^{2} = a^{1}\,(\partial L/\partial z^{2})^\top$" in said
    assert not any("partial" in words for words in texts(drawn(net)))


def test_the_softmax_is_one_function_and_gives_its_derivative_at_once():
    axes = drawn(configuration(dataset="iris", loss="softmax_nll", widths=[[8, 8]]), backward=True)
    assert len(circles(axes)) == 2 * (8 + 8) + 3 + 1
    assert [patch.get_gid() for patch in axes.patches if patch.get_gid() and not isinstance(patch, Circle)] == ["f 3"]
    said = texts(axes)
    assert r"$\partial L/\partial a^{3}$" not in said
    assert "hidden layers" in said
    assert len(strokes(axes)["W2"].get_segments()) == 64


def test_of_a_wide_net_seven_units_are_shown_and_it_says_so():
    made = configuration(dataset="breast_cancer", widths=[[16]])
    theta = np.arange(1.0, made.network().n_parameters + 1.0)
    axes = drawn(made, theta)
    assert len(strokes(axes)["W1"].get_segments()) == 7 * 7
    W = made.network().weights(theta)[0][0]
    scale = (MOST_WIDTH - LEAST_WIDTH) / theta[-1]
    assert np.array(strokes(axes)["W1"].get_linewidths())[[6, -1]] == pytest.approx(
        LEAST_WIDTH + scale * W[[0, 29], [15, 15]]
    )
    said = texts(axes)
    assert "The net has 30 inputs: the first 6 and the last are drawn." in said
    assert "Layer 1 has 16 units: the first 6 and the last are drawn." in said
    assert "$z^{1}_{16}$" in said
    assert "$z^{1}_{7}$" not in said


def test_features_go_in_instead_of_x():
    said = texts(drawn(configuration(features="polynomial", depth=1, offsets=False)))
    assert r"$\varphi_{5}$" in said
    assert "distance" not in said
    assert any("polynomial features of the 2 coordinates" in words for words in said)
    assert "W_0" not in "".join(said)


def test_nothing_is_cut_off():
    for asked in ({"dataset": "breast_cancer", "depth": 1}, {"depth": 5, "width": 9}, {"depth": 1}):
        figure = function_graph(made := configuration(**asked), np.ones(made.network().n_parameters), backward=True)
        figure.savefig("/dev/null", format="png")
        axes = figure.axes[0]
        for artist in (*axes.texts, axes.get_legend()):
            box = artist.get_window_extent()
            assert box.x0 >= 0, artist
            assert box.x1 <= figure.bbox.x1, artist
            assert box.y0 >= 0, artist
            assert box.y1 <= figure.bbox.y1, artist


def test_what_cannot_be_read_is_refused(net):
    with pytest.raises(NothingToDraw, match=r"graph of 6 layers .* depth 5"):
        function_graph(configuration(depth=6))
    with pytest.raises(NothingToDraw, match="diverged"):
        function_graph(net, np.full(net.network().n_parameters, np.nan))
