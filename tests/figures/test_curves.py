"""Do the curves show the quantiles of the recorded losses, over an axis on which GD and SGD cost the same?"""

import numpy as np
import pytest

from nnexp.figures import curves
from nnexp.figures.style import NothingToDraw


def of(runs, optimizer):
    return runs[(runs["optimizer"] == optimizer) & (runs["depth"] == 2) & (runs["step_size"] == 0.5)]


def test_the_thick_line_is_the_median_and_the_band_the_quantiles(runs):
    group = of(runs, "gd")
    figure = curves.bands(group)
    figure.savefig("/dev/null", format="png")
    for axes, measure in zip(figure.axes, ("train_loss", "test_loss"), strict=True):
        values = np.stack(group[f"curve_{measure}"])
        median, best = axes.lines
        assert np.allclose(median.get_ydata(), np.median(values, axis=0))
        assert np.array_equal(best.get_ydata(), values[group["J"].to_numpy().argmin()])
        corners = axes.collections[0].get_paths()[0].vertices[:, 1]
        assert corners.max() == pytest.approx(np.quantile(values, 0.9, axis=0).max())
        assert corners.min() == pytest.approx(np.quantile(values, 0.1, axis=0).min())
        assert axes.get_yscale() == "log"


@pytest.mark.parametrize(("optimizer", "evaluations_per_step"), [("gd", 42), ("sgd", 1)])
def test_a_gradient_evaluation_is_one_example_of_one_step(runs, optimizer, evaluations_per_step):
    group = of(runs, optimizer)
    steps = np.array(group["curve_steps"].iloc[0])
    assert np.array_equal(curves.reached(group, "steps"), steps)
    assert np.array_equal(curves.reached(group, "gradient evaluations"), steps * evaluations_per_step)
    assert np.allclose(curves.reached(group, "passes"), steps * evaluations_per_step / 42)


def test_the_start_is_in_the_picture_though_the_axis_is_logarithmic(runs):
    axes = curves.bands(of(runs, "sgd"), "gradient evaluations").axes[0]
    assert axes.lines[0].get_xdata()[0] == 0.0
    assert axes.get_xlim()[0] == 0.0


def test_a_net_that_no_gradient_reaches_is_one_point(sweep):
    rows = sweep(activation=["step", "tanh"], width=3)
    figure = curves.bands(rows, "gradient evaluations")
    figure.savefig("/dev/null", format="png")
    points = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert points[0].get_marker() == "o"


def test_runs_that_diverged_are_drawn_as_far_as_they_came_and_counted(diverged):
    figure = curves.bands(diverged)
    figure.savefig("/dev/null", format="png")
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sum("(5 of 5 diverged)" in text for text in said) == 2
    assert figure.axes[0].get_ylim()[1] < 1e9


def test_too_many_configurations_and_unknown_axes_are_refused(runs):
    with pytest.raises(NothingToDraw, match="8 configurations"):
        curves.bands(runs)
    with pytest.raises(NothingToDraw, match="known: steps, passes"):
        curves.bands(of(runs, "gd"), "epochs")
