"""Do the ways of runs lie on J: at the run's own J at every point, with all that a slice hides said beside it?"""

import numpy as np
import pytest
from mpl_toolkits.mplot3d import Axes3D

from nnexp.figures import ways
from nnexp.figures.style import NothingToDraw
from nnexp.frames import recall

LONG = {"seeds": 1, "passes": None, "curve_points": 500, "snapshots": 100, "optimizer": ["gd", "sgd"]}
TRUE = 1e-12


def pair(rows):
    return {name.upper(): rows[rows["optimizer"] == name].iloc[0] for name in ("gd", "sgd")}


@pytest.fixture(scope="module")
def whole(sweep):
    """One sigmoid neuron with squared loss and no offset: two parameters."""
    asked = {"dataset": {"two_moons": {"examples": 60}}, "depth": 1, "loss": "squared", "output": "sigmoid"}
    return pair(sweep(**LONG, **asked, offsets=False, steps=30, l2=0.01))


@pytest.fixture(scope="module")
def sliced(sweep):
    return pair(sweep(**LONG, dataset={"two_moons": {"examples": 60}}, width=3, steps=40))


def drawn(figure):
    figure.savefig("/dev/null", format="png")
    return figure


def thick(axes, points):
    """The lines of the ways themselves: those of so many points that are neither white nor dotted."""
    lines = [line for line in axes.lines if len(np.atleast_1d(line.get_xdata())) == points]
    return [line for line in lines if line.get_color() != "white" and line.get_linestyle() == "-"]


def said(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_third_coordinate_is_the_objectives_own_value_at_each_point(whole, sliced):
    for runs in (whole, sliced):
        surface = drawn(ways.of_runs(runs, size=21)).axes[0]
        lines = thick(surface, len(runs["GD"]["snapshot_steps"]))
        for row, line in zip(runs.values(), lines, strict=True):
            run, theta = recall(row), np.reshape(row["snapshots"], (-1, len(row["theta"])))
            x, y, J = line.get_data_3d()
            assert np.abs(np.array(J) - run.value(theta)).max() <= TRUE
            assert np.array_equal(np.stack([x, y], axis=1), theta[:, :2])


def test_the_surface_is_J_at_its_corners(whole, monkeypatch):
    limits, given, draw = [(-1.0, 2.0), (0.0, 3.0)], [], Axes3D.plot_surface
    monkeypatch.setattr(
        Axes3D, "plot_surface", lambda axes, *xyz, **more: (given.extend(xyz), draw(axes, *xyz, **more))
    )
    figure = drawn(ways.of_runs(whole, limits=limits, size=5))
    run, (x, y, J) = recall(whole["GD"]), (np.ravel(each) for each in given)
    assert {(a, b) for a in limits[0] for b in limits[1]} <= set(zip(x, y, strict=True))
    assert np.abs(run.value(np.stack([x, y], axis=1)) - J).max() <= TRUE
    assert figure.axes[1].get_xlim() == limits[0]
    assert figure.axes[1].get_ylim() == limits[1]


def test_of_two_parameters_the_picture_is_the_whole_truth(whole):
    figure = drawn(ways.of_runs(whole, size=11))
    assert "the whole truth" in figure.get_suptitle()
    assert not any("off the slice" in text for text in said(figure))
    assert len(figure.axes) == 3  # the surface, the view from above, its bar
    assert [axes.get_xlabel() for axes in figure.axes[:2]] == ["$W^{1}_{1,1}$"] * 2
    assert figure.axes[0].get_ylabel() == "$W^{1}_{2,1}$"


def test_the_legend_counts_steps_and_gradient_evaluations(whole):
    gd, sgd = said(drawn(ways.of_runs(whole, size=11)))[:2]
    assert gd.startswith("GD: 30 steps, 1,260 gradient evaluations")
    assert sgd.startswith("SGD: 30 steps, 30 gradient evaluations")
    start = recall(whole["GD"]).value(np.array(whole["GD"]["snapshots"][:2]))
    assert f"J from {start:.3g} to {whole['GD']['J']:.3g}" in gd


def test_points_that_were_not_kept_are_counted(sweep):
    rows = pair(sweep(**{**LONG, "snapshots": 4}, dataset="xor", depth=1, steps=20))
    assert said(drawn(ways.of_runs(rows, size=11)))[0].startswith("GD: 20 steps (4 points drawn), ")


def test_a_slice_says_how_far_off_it_a_run_lies_and_shows_both_J(sliced):
    figure = drawn(ways.of_runs(sliced, (4, 11), size=11))
    end = np.array(sliced["GD"]["theta"])
    rest = np.delete(np.arange(len(end)), [4, 11])
    below = figure.axes[-1]
    for place, (row, text) in enumerate(zip(sliced.values(), said(figure), strict=False)):
        theta = np.reshape(row["snapshots"], (-1, len(end)))
        off = np.linalg.norm((theta - end)[:, rest], axis=1)
        assert f"up to {off.max():.2g} off the slice" in text
        own, drawn_at = below.lines[2 * place : 2 * place + 2]
        under = np.tile(end, (len(theta), 1))
        under[:, [4, 11]] = theta[:, [4, 11]]
        assert np.abs(own.get_ydata() - recall(row).value(theta)).max() <= TRUE
        assert np.abs(drawn_at.get_ydata() - recall(row).value(under)).max() <= TRUE
    assert figure.get_suptitle() == "A slice of J: 2 parameters vary, the other 11 are held where GD ended"
    assert {"the run's own J", "J on the slice below it"} <= set(said(figure))
    assert figure.axes[0].get_xlabel() == "$W^{1}_{2,2}$"
    assert figure.axes[0].get_ylabel() == "$W^{2}_{3,1}$"


def test_others_can_be_held_elsewhere(sliced):
    held = np.zeros(13)
    figure = drawn(ways.of_runs(sliced, held=held, names=("theta1", "theta2"), size=11))
    theta = np.reshape(sliced["GD"]["snapshots"], (-1, 13))
    assert f"up to {np.linalg.norm(theta[:, 2:], axis=1).max():.2g} off" in said(figure)[0]
    assert "at the values given" in figure.get_suptitle()
    assert figure.axes[1].get_ylabel() == "theta2"


def test_a_start_and_an_end_are_marked(whole):
    above = drawn(ways.of_runs(whole, size=11)).axes[1]
    for row, (ring, square) in zip(whole.values(), [above.lines[i : i + 2] for i in (2, 6)], strict=True):
        assert (ring.get_marker(), square.get_marker()) == ("o", "s")
        assert np.ravel(ring.get_data()).tolist() == list(row["snapshots"][:2])
        assert np.ravel(square.get_data()).tolist() == list(row["snapshots"][-2:])


def test_a_run_that_diverged_leaves_the_picture_and_it_is_said(sweep):
    asked = {"dataset": "noisy_sine", "depth": 1, "loss": "squared", "step_size": 1.5, "steps": 2000}
    row = sweep(**{**LONG, "optimizer": "gd"}, **asked).iloc[0]
    assert row["status"] == "diverged"
    figure = drawn(ways.of_runs({"GD": row}, size=11))
    (text,) = said(figure)[:1]
    assert f"diverged at step {row['diverged_at']:,.0f}" in text
    assert "outside the picture from step " in text
    line = thick(figure.axes[0], len(figure.axes[0].lines[0].get_data_3d()[0]))[0]
    x, y, _ = np.array(line.get_data_3d())
    low, high = np.transpose([figure.axes[1].get_xlim(), figure.axes[1].get_ylim()])
    seen = ~np.isnan(x)
    assert 2 <= seen.sum() < len(x)
    assert ((np.stack([x, y], axis=1)[seen] >= low) & (np.stack([x, y], axis=1)[seen] <= high)).all()


def test_the_first_way_is_drawn_over_the_second(whole):
    for axes in drawn(ways.of_runs(whole, size=11)).axes[:2]:
        first, second = thick(axes, len(whole["GD"]["snapshot_steps"]))
        assert first.get_zorder() > second.get_zorder() > 3


def test_what_cannot_be_drawn_is_said(runs, sweep, whole):
    with pytest.raises(NothingToDraw, match="no run was given"):
        ways.of_runs({})
    with pytest.raises(NothingToDraw, match="ways of 7 runs"):
        ways.of_runs({str(number): whole["GD"] for number in range(7)})
    with pytest.raises(NothingToDraw, match="do not minimize the same J"):
        ways.of_runs({"one": whole["GD"], "other": runs.iloc[0]})
    with pytest.raises(NothingToDraw, match=r"SGD went no way .* snapshots=200"):
        ways.of_runs({"SGD": sweep(dataset="xor", depth=1, snapshots=1).iloc[0]})
