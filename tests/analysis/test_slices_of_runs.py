"""Are slices drawn for any run that was judged, and do they say how far off the plane their points lie?"""

import numpy as np
import pytest

import nnexp
from analysis import slices as program
from nnexp.errors import UserError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    xor = {"dataset": "xor", "width": 2, "l2": 0.01, "penalize_offsets": True, "step_size": 1.0, "backend": "serial"}
    nnexp.sweep(**xor, steps=300, seeds=16, name="sliced", runs_dir=str(root))
    return root


def test_three_pictures_are_made(folder):
    program.main(["sliced", "--runs-dir", str(folder), "--size", "7"])
    made = sorted(file.name for file in (folder / "analysis" / "sliced").glob("slice_*.png"))
    assert made == ["slice_optima.png", "slice_path.png", "slice_random.png"]


def test_optima_lie_on_their_plane_and_where_training_stopped_need_not(folder):
    runs = nnexp.load("sliced", folder, curves=True)
    minimized, row = program._chosen(runs, runs["run"][3])
    assert row["run"] == runs["run"][3]
    (_, through, optima, _, _), (_, along, ends, _, path), _ = program._slices(minimized, row, seed=0)
    shown = program.slices.seen(minimized.recalled.objective, through, optima, 0.01)
    assert np.max(shown.off) < 1e-9
    assert sorted(shown.J) == pytest.approx(sorted(optimum.J for optimum in minimized.found.optima[:3]), rel=1e-9)
    assert np.array_equal(ends[1], np.array(row["theta"]))
    assert len(path) == len(row["snapshot_steps"])
    assert along.explained[0] >= along.explained[1]


@pytest.mark.parametrize(("wrong", "says"), [(["--size", "1"], "2 to 500"), (["--run", "nobody"], "not of this sweep")])
def test_what_cannot_be_drawn_is_refused(folder, wrong, says):
    with pytest.raises(UserError, match=says):
        program.main(["sliced", "--runs-dir", str(folder), *wrong])
