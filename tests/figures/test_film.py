"""Do pictures and film of a run show what its net said at the steps at which theta was kept, beside J there?"""

import io
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

import nnexp
from nnexp.errors import UserError
from nnexp.figures import boundary, film, style
from nnexp.figures.style import NothingToDraw
from nnexp.frames import one, recall
from nnexp.records import Records

FEW = {"seeds": 1, "snapshots": 9, "curve_points": 40, "passes": 30}


@pytest.fixture(scope="module")
def row(sweep):
    return sweep(**FEW, dataset={"two_moons": {"examples": 60}}, width=3, step_size=0.5).iloc[0]


def drawn(figure):
    figure.savefig("/dev/null", format="png")
    return figure


def opened(row, **more):
    return Image.open(io.BytesIO(film.film(row, **more)))


def test_moments_are_kept_steps_with_their_theta_and_J(row):
    seen = film.moments(row, 4)
    kept = dict(zip(row["snapshot_steps"], np.reshape(row["snapshots"], (-1, 13)), strict=True))
    assert len(seen.steps) == 4
    assert (seen.steps[0], seen.steps[-1]) == (0, 30)
    for step, theta, J in zip(seen.steps, seen.theta, seen.J, strict=True):
        assert np.array_equal(theta, kept[step])
        assert abs(recall(row).value(theta) - J) <= 1e-12
    assert len(film.moments(row, 100).steps) == len(kept)


def test_a_panel_for_each_step_shows_the_net_of_that_step(row):
    figure = drawn(film.boundaries(row, 4))
    seen, made = film.moments(row, 4), recall(row)
    for axes, step, theta, J in zip(figure.axes, seen.steps, seen.theta, seen.J, strict=False):
        assert axes.get_title() == f"step {step:,}\nJ {J:.3g}"
        shown = np.asarray(axes.images[0].get_array())
        view = boundary.plane(made.configuration.data)
        guess = made.objective.guess(theta[None], view.grid(boundary.FINE))[0, 0].reshape(shown.shape[:2])
        sure = np.abs(guess - 0.5) > 0.02
        assert np.array_equal((shown[..., 0] > shown[..., 2])[sure], (guess > 0.5)[sure])
    curve, marks = figure.axes[-1].lines
    assert np.array_equal(curve.get_ydata(), row["curve_J"])
    assert np.array_equal(marks.get_xdata(), seen.steps)
    assert np.array_equal(marks.get_ydata(), seen.J)


def test_a_film_has_a_frame_a_moment_the_last_the_longest_and_no_two_are_alike(row):
    with opened(row, milliseconds=90) as gif:
        assert gif.n_frames == len(film.moments(row, film.FRAMES).steps) == 9
        assert gif.info["loop"] == 0
        shown, durations = [], []
        for place in range(gif.n_frames):
            gif.seek(place)
            durations.append(gif.info["duration"])
            shown.append(np.asarray(gif.convert("RGB"), int))
    assert durations == [90] * 8 + [film.REST]
    size, title = shown[0].shape[1] // 2, 40
    for before, other in pairwise(shown):
        assert np.abs(before - other)[title:, :size].max() > 30  # what the net says
        assert np.abs(before - other)[title:, size:].max() > 30  # the mark on the curve


def test_a_film_of_fewer_frames_is_shorter(row):
    with opened(row, most=3) as gif:
        assert gif.n_frames == 3


def test_the_mark_stands_at_J_of_the_step_shown(row):
    """Where frames differ on the right, the mark was, is, or the number above changed: it lies at the curve's own place."""
    first, last = film.frames(row, 2)
    blue = np.abs(first.astype(int) - np.round(255 * np.array(to_rgb(style.BLUE)))).max(axis=2) < 8
    half = first.shape[1] // 2
    changed = np.abs(first.astype(int) - last).max(axis=2) > 30
    below_title = changed[40:, half:]
    columns = np.flatnonzero(below_title.any(axis=0))
    on_curve = np.flatnonzero(blue[40 : int(0.85 * len(first)), half:].any(axis=0))
    assert columns.min() <= on_curve.min() + 12
    assert columns.max() >= on_curve.max() - 12


def test_a_films_colors_are_those_of_the_house(row):
    with opened(row) as gif:
        gif.seek(4)
        found = {color for _, color in gif.convert("RGB").getcolors(10**6)}
    for color in (style.BLUE, style.area("", style.ORANGE).get_facecolor(), "white"):
        assert tuple(style.as_pixels(np.array(to_rgb(color))).tolist()) in found


def test_a_run_that_diverged_is_shown_as_far_as_J_can_be(diverged, sweep):
    asked = {"dataset": "noisy_sine", "loss": "squared", "depth": 1, "step_size": 1.5}
    row = sweep(**{**FEW, "passes": 3000, "snapshots": 40}, **asked).iloc[0]
    assert row["status"] == "diverged"
    figure = drawn(film.boundaries(row))
    seen = film.moments(row, 10)
    assert np.isfinite(seen.J).all()
    assert (
        f"diverged at step {row['diverged_at']:,.0f}; it is shown up to step {seen.steps[-1]}" in figure.get_suptitle()
    )
    assert len(film.frames(row)) > 2
    with pytest.raises(NothingToDraw, match="fewer than two kept before"):
        film.moments(diverged.iloc[0], 4)


def test_a_run_that_was_stopped_is_shown_to_its_last_step(sweep):
    stopping = {"gradient_norm": {"at_most": 0.05}}
    row = sweep(**{**FEW, "passes": 500}, dataset="xor", width=2, stopping=stopping).iloc[0]
    assert row["reason"] == "gradient_norm"
    assert 1 < row["steps_taken"] < 500
    seen = film.moments(row, 50)
    assert seen.steps[-1] == row["steps_taken"]
    assert seen.J[-1] == row["J"]


def test_of_several_labels_it_says_which_is_shown(sweep):
    points = {"points": {"points": [[0, 0], [0, 1], [1, 1]], "targets": [[0, 1], [1, 0], [1, 1]]}}
    figure = drawn(film.boundaries(sweep(**FEW, dataset=points, loss="nll", width=2).iloc[0], 2))
    assert figure.get_suptitle() == "Of 2 outputs the first is shown: label 1."


def test_without_a_way_it_says_why(sweep, runs):
    with pytest.raises(NothingToDraw, match="snapshots=48"):
        film.film(sweep(width=2, snapshots=0).iloc[0])
    with pytest.raises(NothingToDraw, match="no gradient reaches"):
        film.boundaries(sweep(width=2, activation="step").iloc[0])


def command(folder, *arguments):
    line = [sys.executable, "-m", "nnexp.figures", *arguments, "--runs-dir", str(folder)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    asked = {"dataset": "xor", "tracking": {"store": "none"}, "backend": {"where": "serial"}, "runs_dir": str(folder)}
    return folder, nnexp.sweep(**{**FEW, "snapshots": 3}, **asked, width=2, activation=["tanh", "step"])


def test_the_command_draws_a_run_and_says_where(recorded):
    folder, runs = recorded
    run = runs[runs["activation"] == "tanh"]["run"].iloc[0]
    done = command(folder, run)
    assert done.returncode == 0, done.stderr
    places = [folder / "figures" / run / name for name in ("graph.png", "units.png", "boundary.png", "film.gif")]
    assert done.stdout.split() == [str(place) for place in places]
    assert sorted(folder.glob("figures/*/*")) == sorted(places)
    with Image.open(places[-1]) as gif:
        assert gif.n_frames == 3
    for place in places[:-1]:
        with Image.open(place) as picture:
            assert run in picture.text["Description"]


def test_the_beginning_of_an_id_and_another_folder_will_do(recorded, tmp_path):
    folder, runs = recorded
    run = runs[runs["activation"] == "step"]["run"].iloc[0]
    done = command(folder, run[:10], "--folder", str(tmp_path / "made"))
    assert done.returncode == 0, done.stderr
    assert sorted(place.name for place in (tmp_path / "made").iterdir()) == ["graph.png", "units.png"]
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == ["no boundary.png", "no film.gif"]
    assert "no gradient" in done.stderr


def test_what_cannot_be_drawn_is_refused_in_one_line(recorded, tmp_path):
    folder, runs = recorded
    (tmp_path / "file").write_text("")
    run = runs["run"][0]
    bare = nnexp.sweep(dataset="xor", width=2, seeds=1, passes=2, snapshots=0, judge=False, runs_dir=str(folder))[
        "run"
    ][0]
    for wrong, says in (
        (("0123456789abcdef",), "no run 0123456789abcdef is on record"),
        ((bare,), "snapshots=48"),
        ((run, "--size", "3"), "unrecognized arguments"),
        ((run, "--folder", str(tmp_path / "file" / "below")), "cannot be written"),
        ((), "required: run"),
    ):
        refused = command(folder, *wrong)
        assert refused.returncode == 2
        assert says in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert refused.stdout == ""
    assert not (folder / "figures" / bare).exists()


def test_an_id_must_be_of_one_run(recorded, monkeypatch):
    folder, runs = recorded
    run = runs["run"][1]
    assert one(run[:12], folder)["run"] == run
    monkeypatch.setattr(Records, "ids", lambda store: {run, run[:8] + "x" * 8})
    assert one(run[:9], folder)["run"] == run
    with pytest.raises(UserError, match=f"2 runs on record .* begin with {run[:8]}; give more"):
        one(run[:8], folder)
    with pytest.raises(UserError, match="run='' is no id"):
        one("", folder)
