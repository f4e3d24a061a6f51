"""Do the panels say what the rows say, and does the boundary run where the label changes?"""

import numpy as np
import pytest
from matplotlib.patches import Patch

from nnexp.figures import boundary, style
from nnexp.figures.style import NothingToDraw
from nnexp.optima import seeds


def drawn(figure):
    figure.savefig("/dev/null", format="png")
    return figure


def of_depth(runs, depth):
    return runs[(runs["depth"] == depth) & (runs["optimizer"] == "gd")]


def test_a_panel_for_each_run_with_its_J_and_test_error(runs):
    rows = [row for _, row in of_depth(runs, 2).head(3).iterrows()]
    figure = drawn(boundary.panels(rows, ["a", "b", "c"]))
    titles = [axes.get_title() for axes in figure.axes]
    for row, name, title in zip(rows, "abc", titles, strict=True):
        assert title == f"{name}\nJ {row['J']:.3g}, test error {row['test_error']:.1%}"


def test_the_contour_lies_where_a_linear_net_says_one_half(runs):
    row = of_depth(runs, 1).iloc[0]
    axes = drawn(boundary.panels([row])).axes[0]
    contour = next(c for c in axes.collections if type(c).__name__ == "QuadContourSet")
    places = np.concatenate([path.vertices for path in contour.get_paths()])
    w1, w2, w0 = row["theta"]
    assert np.abs(places @ [w1, w2] + w0).max() < 1e-2 * np.hypot(w1, w2)


def test_every_point_is_drawn_training_filled_and_test_hollow(runs):
    row = of_depth(runs, 1).iloc[0]
    axes = drawn(boundary.panels([row])).axes[0]
    clouds = [c for c in axes.collections if type(c).__name__ == "PathCollection"]
    assert sorted(len(cloud.get_offsets()) for cloud in clouds) == [18, 42]
    hollow = next(cloud for cloud in clouds if len(cloud.get_offsets()) == 18)
    assert len(hollow.get_facecolors()) == 0


def test_the_legend_says_which_colour_is_which_class(sweep, runs):
    said = [handle.get_label() for handle in boundary.key([runs.iloc[0]])]
    assert said == ["label 0", "label 1", "training point", "test point", "decision boundary"]
    flowers = sweep(dataset="iris", loss="softmax_nll", width=3)
    said = [handle.get_label() for handle in boundary.key([flowers.iloc[0]], tested=False)]
    assert said == ["setosa", "versicolor", "virginica", "training point", "decision boundary"]


def test_the_patches_of_the_legend_have_the_colors_of_their_areas(sweep, runs):
    for row in (runs.iloc[0], sweep(dataset="iris", loss="softmax_nll", width=3).iloc[0]):
        patches = [handle for handle in boundary.key([row]) if isinstance(handle, Patch)]
        for place, patch in enumerate(patches):
            deepest = style.ramp(style.COLORS[place])[-1]
            assert np.abs(255.0 * np.array(patch.get_facecolor()[:3]) - deepest).max() <= 1.0


def test_a_slice_says_so(sweep):
    rows = sweep(dataset="breast_cancer", depth=1, passes=1)
    figure = drawn(boundary.panels([rows.iloc[0]]))
    assert "slice of 30 dimensions" in figure.get_suptitle()
    assert figure.axes[0].get_xlabel().startswith("principal direction 1")


def test_a_regression_gives_its_test_loss_since_it_has_no_error(sweep):
    rows = sweep(dataset="noisy_sine", loss="squared", width=3)
    figure = drawn(boundary.panels([rows.iloc[0]], ["one"]))
    assert figure.axes[0].get_title() == f"one\nJ {rows['J'].iloc[0]:.3g}, test loss {rows['test_loss'].iloc[0]:.3g}"


def test_a_diverged_run_says_where(diverged):
    row = diverged.iloc[0]
    figure = drawn(boundary.panels([row]))
    assert "diverged at step" in figure.axes[0].get_title()
    assert "diverged" in [text.get_text() for text in figure.axes[0].texts]


def test_through_training_shows_each_seed_at_each_kept_step(runs):
    rows = seeds.representatives(of_depth(runs, 2)[lambda r: r["step_size"] == 0.5])
    figure = drawn(boundary.through_training(rows, size=40))
    steps = rows["best"]["snapshot_steps"]
    assert [axes.get_title() for axes in figure.axes[: len(steps)]] == [f"step {step:,}" for step in steps]
    assert len(figure.axes) == 3 * len(steps)
    last = figure.axes[len(steps) - 1].images[0].get_array()
    made = boundary.recall(rows["best"])
    assert np.array_equal(last, boundary.image(made.configuration, made.theta, 40))


def test_without_snapshots_it_says_what_to_ask_for(sweep):
    rows = seeds.representatives(sweep(width=2, snapshots=0))
    with pytest.raises(NothingToDraw, match="snapshots=6"):
        boundary.through_training(rows)


def test_nothing_given_is_said(diverged):
    with pytest.raises(NothingToDraw, match="no run"):
        boundary.panels([])
    with pytest.raises(NothingToDraw, match="no run"):
        boundary.through_training(seeds.representatives(diverged))


def test_the_boundary_of_step_units_is_straight(sweep):
    weights = {"W": [[[1, 1], [1, 1]], [[6], [-6]]], "W0": [[-6, -2], [3]]}
    asked = {"dataset": "habitable_zone", "widths": [[2]], "activation": "step", "initializer": {"given": weights}}
    axes = drawn(boundary.panels([sweep(**asked, seeds=1).iloc[0]])).axes[0]
    contour = next(c for c in axes.collections if type(c).__name__ == "QuadContourSet")
    sums = np.concatenate([path.vertices for path in contour.get_paths()]).sum(axis=1)
    pixel = np.ptp(axes.get_xlim()) / axes.bbox.width
    assert np.minimum(np.abs(sums - 6.0), np.abs(sums - 2.0)).max() < 2.0 * pixel
