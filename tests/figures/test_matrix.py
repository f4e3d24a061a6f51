"""Does the picture of a matrix say its entries, and where its blocks end?"""

import numpy as np

from nnexp.figures.matrix import heat

MATRIX = np.array([[2.0, -1.0, 0.0], [-1.0, 0.5, 0.0], [0.0, 0.0, -2.0]])


def test_entries_are_said_and_colored_by_sign_and_size():
    figure = heat(MATRIX, ["a", "b", "c"], "H", (2, 1))
    figure.savefig("/dev/null", format="png")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == [f"{entry:.2f}" for entry in MATRIX.ravel()]
    colors = np.asarray(axes.images[0].get_array(), float)
    warmth = colors[..., 0] - colors[..., 2]
    assert (np.sign(np.where(np.abs(warmth) < 6.0, 0.0, warmth)) == np.sign(MATRIX)).all()
    assert warmth[0, 0] > warmth[1, 1] > 0.0
    assert [line.get_ydata()[0] for line in axes.lines[::2]] == [1.5]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]


def test_a_matrix_of_zeros_is_white():
    axes = heat(np.zeros((2, 2)), ["a", "b"]).axes[0]
    assert np.asarray(axes.images[0].get_array()).min() > 240
