"""Does a frame hold what was recorded, and can a run's objective be had from its row?"""

import numpy as np
import pytest

import nnexp
from nnexp import frames
from nnexp.errors import UserError


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("frames"))


@pytest.fixture(scope="module")
def runs(runs_dir):
    return nnexp.sweep(
        dataset="two_moons",
        depth=[1, 3],
        width=3,
        optimizer=["gd", {"sgd": {"batch_size": [1, 8]}}],
        l2=0.01,
        passes=3,
        seeds=[0, 5],
        name="framed",
        runs_dir=runs_dir,
        backend={"where": "serial"},
    )


def test_keys_and_part_parameters_are_columns(runs):
    sgd = runs[runs["optimizer"] == "sgd"]
    assert sorted(sgd["optimizer.sgd.batch_size"].unique()) == [1, 8]
    assert runs.loc[runs["optimizer"] == "gd", "optimizer.sgd.batch_size"].isna().all()
    assert runs.loc[runs["depth"] == 1, "activation"].isna().all()
    assert set(runs["seed"]) == {0, 5}
    assert np.allclose(runs["passes"], 3, atol=0.02)  # whole steps


def test_a_recorded_sweep_is_loaded_by_name(runs, runs_dir):
    loaded = nnexp.load("framed", runs_dir=runs_dir)
    assert list(loaded["run"]) == list(runs["run"])
    assert list(nnexp.load(runs_dir=runs_dir, curves=False)["J"]) == list(runs["J"])
    with pytest.raises(UserError, match="on record: framed"):
        nnexp.load("nothing", runs_dir=runs_dir)


def test_the_objective_of_a_row_gives_the_recorded_value(runs):
    for _, row in runs.iterrows():
        run = nnexp.recall(row)
        assert run.value() == pytest.approx(row["J"], rel=1e-14)
        assert run.theta.shape == (run.objective.network.n_parameters,)


def test_its_gradient_is_the_slope_of_its_value(runs):
    run = nnexp.recall(runs.iloc[-1])
    h = 1e-6 * np.eye(run.theta.size)
    differences = (run.value(run.theta + h) - run.value(run.theta - h)) / 2e-6
    np.testing.assert_allclose(run.gradient(), differences, atol=1e-8)


def test_its_hessian_is_the_slope_of_its_gradient(runs):
    run = nnexp.recall(runs.iloc[0])
    steps = 1e-5 * np.eye(len(run.theta))
    differences = (run.gradient(run.theta + steps) - run.gradient(run.theta - steps)) / 2e-5
    np.testing.assert_allclose(run.hessian(), differences, atol=1e-8)
    assert np.array_equal(run.hessian(run.theta + steps)[0], run.hessian(run.theta + steps[0]))


def test_its_guess_comes_from_its_weights(runs):
    run = nnexp.recall(runs[runs["depth"] == 1].iloc[0])
    ((W, W0),) = run.weights()
    X = np.array([[0.5, -1.0], [0.25, 2.0], [1.0, 3.0]])
    np.testing.assert_allclose(run.guess(X), 1 / (1 + np.exp(-(X @ W + W0))), rtol=1e-14)


def test_a_run_whose_data_changed_is_not_recalled(tmp_path):
    table = tmp_path / "my.csv"
    table.write_text("x,y\n" + "\n".join(f"{i / 2},{i % 2}" for i in range(20)))
    asked = {
        "dataset": {"table": {"path": str(table), "target": "y"}},
        "steps": 3,
        "seeds": 1,
        "runs_dir": str(tmp_path),
    }
    row = nnexp.sweep(**asked, backend={"where": "serial"}).iloc[0]
    assert nnexp.recall(row).value() == pytest.approx(row["J"])
    table.write_text("x,y\n" + "\n".join(f"{i / 2 + 1},{i % 2}" for i in range(20)))
    with pytest.raises(UserError, match="has changed since"):
        nnexp.recall(row)
    table.unlink()
    assert len(nnexp.load(runs_dir=tmp_path)) == 1
    with pytest.raises(UserError, match="no such file"):
        nnexp.recall(row)


def test_a_frame_keeps_the_order_that_is_asked_for(runs, runs_dir):
    wanted = list(runs["run"])[::-1]
    assert list(frames.frame(frames.Records(runs_dir), wanted)["run"]) == wanted
