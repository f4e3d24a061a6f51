"""Are a picture's colours those that the net's guesses and the data's labels call for?"""

from types import SimpleNamespace

import numpy as np
import pytest

from nnexp.figures import pixels, style
from nnexp.figures.boundary import image, images
from nnexp.figures.plane import plane
from nnexp.frames import recall

SIZE = 60


def configuration(rows):
    return recall(rows.iloc[0]).configuration


def is_orange(color):
    return int(color[0]) > int(color[2])


def pixel(view, point, size=SIZE):
    """Row and column of a data point, worked out from the limits alone."""
    (left, right), (low, high) = view.limits
    column = int((point[0] - left) / (right - left) * size)
    return size - 1 - int((point[1] - low) / (high - low) * size), column


def test_every_pixel_of_a_linear_classifier_has_its_labels_colour(runs):
    made = configuration(runs[runs["depth"] == 1])
    theta = np.array([3.0, -2.0, 0.4])
    inputs = plane(made.data).grid(SIZE)
    shown = pixels.colors(made.data, next(pixels.guesses(made, theta[None, :], inputs)))
    says_one = theta[:2] @ inputs + theta[2] > 0.2
    says_zero = theta[:2] @ inputs + theta[2] < -0.2
    assert all(is_orange(color) for color in shown[says_one])
    assert not any(is_orange(color) for color in shown[says_zero])


def test_the_picture_stands_upright_and_dots_wear_their_labels_colour(sweep):
    rows = sweep(dataset="xor", width=2)
    made = configuration(rows)
    shown = image(made, rows["theta"].iloc[0], SIZE)
    for x, label in zip(made.data.X_train.T, made.data.Y_train[0], strict=True):
        assert is_orange(shown[pixel(plane(made.data), x)]) == bool(label)


def test_where_the_label_changes_there_is_a_dark_line(runs):
    made = configuration(runs[runs["depth"] == 1])
    shown = image(made, np.array([0.0, 50.0, -1e-6]), SIZE)
    dark = (shown.max(axis=2) < 80).mean(axis=1)
    row, _ = pixel(plane(made.data), (0.0, 0.0))
    assert dark.max() > 0.8
    assert abs(int(dark.argmax()) - row) <= 1


def test_a_stack_gives_the_same_pictures_as_one_at_a_time(runs):
    rows = runs[runs["configuration"] == runs["configuration"].iloc[-1]]
    thetas = np.stack(rows["theta"])
    together = images(configuration(rows), thetas, SIZE)
    alone = [image(configuration(rows), theta, SIZE) for theta in thetas]
    assert together.shape == (5, SIZE, SIZE, 3)
    assert together.dtype == np.uint8
    assert np.array_equal(together, np.stack(alone))


def test_no_picture_at_all_is_an_empty_stack(runs):
    made = configuration(runs)
    assert images(made, np.empty((0, made.network().n_parameters))).shape == (0, 120, 120, 3)


def test_a_diverged_run_is_grey_but_for_its_dots(runs):
    made = configuration(runs[runs["depth"] == 1])
    shown = image(made, np.full(3, np.nan), SIZE)
    corner = shown[0, 0].astype(int)
    assert np.ptp(corner) == 0
    assert ((shown == shown[0, 0]).all(axis=2)).mean() > 0.6


def test_each_class_has_its_own_colour_paler_where_it_leads_less():
    data = SimpleNamespace(task="multiclass")
    guess = np.array([[0.98, 0.4, 0.1], [0.01, 0.3, 0.2], [0.01, 0.3, 0.7]])
    shown = pixels.colors(data, guess).astype(int)
    assert shown[0, 2] > shown[0, 0]  # class 0 is blue
    assert shown[2, 1] > shown[2, 0]  # class 2 is green
    assert shown[1].sum() > shown[0].sum()
    assert pixels.labels(data, guess).tolist() == [0, 0, 2]


def test_of_several_labels_the_first_is_shown():
    guess = np.array([[0.9, 0.2], [0.1, 0.8]])
    several = pixels.colors(SimpleNamespace(task="multilabel"), guess)
    assert np.array_equal(several, pixels.colors(SimpleNamespace(task="binary"), guess[:1]))


def test_the_map_is_palest_where_the_net_does_not_know():
    brightness = style.diverging().astype(int).sum(axis=1)
    assert brightness.argmax() in (127, 128)
    assert brightness[0] < brightness[64] < brightness[127]


def test_a_regression_over_one_coordinate_is_a_curve_at_the_guess(sweep):
    rows = sweep(dataset="noisy_sine", loss="squared", depth=1)
    made = configuration(rows)
    shown = image(made, np.array([0.5, 0.2]), SIZE)
    view, (low, high) = plane(made.data), pixels.heights(made.data)
    for column in (5, 30, 55):
        x = view.grid(SIZE)[0, column]
        row = int((high - (0.5 * x + 0.2)) / (high - low) * SIZE)
        near = shown[max(row - 1, 0) : row + 3, column]
        assert (near.max(axis=1) < 80).any()


def test_a_curve_that_leaves_the_picture_is_not_drawn_at_its_rim(sweep):
    made = configuration(sweep(dataset="noisy_sine", loss="squared", depth=1))
    without = image(made, np.array([0.0, np.nan]), SIZE)
    assert np.array_equal(image(made, np.array([0.0, 1e9]), SIZE), without)


def test_many_dimensions_are_seen_in_the_plane_of_most_variance(sweep):
    data = configuration(sweep(dataset="breast_cancer", depth=1, passes=1)).data
    view = plane(data)
    centred = data.X_train - data.X_train.mean(axis=1, keepdims=True)
    left, spread, _ = np.linalg.svd(centred, full_matrices=False)
    assert np.allclose(np.abs(view.directions.T @ left[:, :2]), np.eye(2), atol=1e-9)
    assert np.allclose(view.seen(data.X_train.mean(axis=1, keepdims=True)), 0.0)
    off = 1.0 - (spread[:2] ** 2).sum() / (spread**2).sum()
    assert f"{off:.0%} of their variance lies off it" in view.note
    assert "slice of 30 dimensions" in view.note


@pytest.mark.parametrize("asked", [{"dataset": "two_moons"}, {"dataset": "noisy_sine", "loss": "squared"}])
def test_few_dimensions_are_seen_as_they_are(sweep, asked):
    data = configuration(sweep(**asked)).data
    view = plane(data)
    assert view.names == data.inputs
    assert view.note == ""
    assert np.array_equal(view.seen(data.X_test), data.X_test)
    for (low, high), row in zip(view.limits, np.hstack([data.X_train, data.X_test]), strict=True):
        assert low < row.min() <= row.max() < high
