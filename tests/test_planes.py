"""Does each pixel of a plane of initial weights show the optimum that training from there reaches?"""

import numpy as np
import pytest

import nnexp
from analysis import basins as program
from nnexp import planes
from nnexp.config import Backend
from nnexp.errors import UserError
from nnexp.net.training import initial_theta
from nnexp.optima.between.basins import NONE, Field
from nnexp.optima.endpoints.verdict import VERDICTS
from nnexp.plan import Run, stack

SERIAL = Backend(where="serial")
XOR = {"dataset": "xor", "width": 2, "l2": 0.01, "penalize_offsets": True, "step_size": 1.0, "backend": "serial"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return nnexp.sweep(**XOR, steps=2000, seeds=12, runs_dir=str(tmp_path_factory.mktemp("runs")))


def test_a_pixel_reaches_what_the_seed_that_starts_there_reaches(runs):
    made = nnexp.recall(runs.iloc[0]).configuration
    for seed, J in zip(runs["seed"], runs["polished_J"], strict=True):
        start = initial_theta(stack([Run(made, seed, seed)]))[0]
        here = Field(start, np.zeros((9, 2)), ((-1.0, 1.0), (-1.0, 1.0)), (2, 1), ("x", "y"))
        found = planes.plane(made, here, backend=SERIAL)
        assert found.basins.number.shape == (1, 2)
        assert found.J[found.basins.number].ravel() == pytest.approx([J, J], rel=1e-9)


def test_the_plane_varies_two_parameters_and_is_the_same_on_any_backend(runs):
    made, told = nnexp.recall(runs.iloc[0]).configuration, []
    field = planes.around(made, 3, (0, 4), 2.0, 8)
    start = initial_theta(stack([Run(made, 3, 3)]))[0]
    others = [i for i in range(9) if i not in (0, 4)]
    assert np.array_equal(field.theta()[:, others], np.broadcast_to(start[others], (64, 7)))
    assert field.names == (
        "the weight from input 1 to unit 1 of layer 1",
        "the weight from input 2 to unit 2 of layer 1",
    )
    one = planes.plane(made, field, backend=SERIAL, told=lambda done, of: told.append((done, of)))
    two = planes.plane(made, field, backend=Backend(where="processes", workers=2))
    assert np.array_equal(one.basins.number, two.basins.number)
    assert told[-1] == (64, 64)
    assert len(one.basins.optima) > 1


def test_pixels_that_have_not_settled_are_at_no_optimum(runs, tmp_path):
    short = nnexp.sweep(**XOR, steps=3, seeds=1, runs_dir=str(tmp_path))
    made = nnexp.recall(short.iloc[0]).configuration
    found = planes.plane(made, planes.around(made, 0, (0, 1), 2.0, 5), backend=SERIAL)
    assert (found.basins.number == NONE).all()


def test_a_saddle_is_no_optimum(tmp_path):
    """Without a penalty the origin of exclusive or has no gradient, and is no minimum."""
    flat = nnexp.sweep(**XOR | {"l2": 0.0, "penalize_offsets": False}, steps=5, seeds=1, runs_dir=str(tmp_path))
    made = nnexp.recall(flat.iloc[0]).configuration
    origin = Field(np.zeros(9), np.zeros((9, 2)), ((-1.0, 1.0), (-1.0, 1.0)), (1, 1), ("x", "y"))
    assert planes.plane(made, origin, backend=SERIAL).basins.number.item() == NONE


def test_the_command_draws_the_plane_and_refuses_what_makes_none(tmp_path):
    nnexp.sweep(**XOR, steps=50, seeds=2, name="small", runs_dir=str(tmp_path))
    program.main(["small", "--runs-dir", str(tmp_path), "--size", "4"])
    assert (tmp_path / "analysis" / "small" / "basins.png").read_bytes().startswith(b"\x89PNG")
    for wrong, says in (
        (["--parameters", "0", "9"], "0 to 8"),
        (["--parameters", "1", "1"], "0 to 8"),
        (["--size", "1"], "2 to 2,000"),
        (["--reach", "0"], "above 0"),
        (["--run", "nobody"], "is not of this sweep"),
    ):
        with pytest.raises(UserError, match=says):
            program.main(["small", "--runs-dir", str(tmp_path), *wrong])


def test_the_docs_say_what_every_verdict_means():
    from pathlib import Path

    page = (Path(nnexp.__file__).parents[1] / "docs" / "optima.md").read_text(encoding="utf-8")
    for verdict, meaning in VERDICTS.items():
        assert f"| `{verdict}` | {meaning} |" in page
