"""Runs that an earlier version recorded as finished though they exploded: are they trained, judged and shown again?"""

import numpy as np
import pyarrow.parquet as pq
import pytest
from tracking.conftest import entries, run, synced

import nnexp
from nnexp import judging, records
from nnexp.net import history

LARGE = {"dataset": "linear_map", "loss": "squared", "depth": 1, "activation": "tanh", "seeds": 2, "steps": 60}
STEP_SIZES = [0.1, 2.0]


def as_earlier(root, **asked):
    """The sweep as an earlier version left it: only overflow was divergence, for the trainer and for the judge."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "exploded_at", lambda J, *_: np.full(len(J), -1))
        patch.setattr(records, "EXPLODED", None)
        patch.setattr(judging, "SCHEMA", judging.SCHEMA.with_metadata({"nnexp.judge": "2"}))
        outcome = run(root, **LARGE, step_size=STEP_SIZES, **asked)
        before = outcome.frame()
    for file in (root / "records").glob("*.parquet"):
        rows = pq.read_table(file).drop_columns(list(records.RMSE))  # which earlier versions did not write
        pq.write_table(rows, file, write_page_checksum=True)
    return outcome, before


@pytest.mark.parametrize("judge", [True, False])
def test_they_are_trained_judged_and_shown_as_diverged(tmp_path, judge):
    outcome, before = as_earlier(tmp_path, judge=judge)
    assert set(before["status"]) == {"finished"}
    again = run(tmp_path, **LARGE, step_size=STEP_SIZES, judge=judge)
    after = again.frame()
    assert again.trained == 2
    assert list(after["run"]) == list(before["run"])
    large = after["step_size"] == 2.0
    assert set(after["status"][large]) == {"diverged"}
    assert np.isnan(after["J"][large]).all()
    assert after["curve_J"][large].tolist()[0].tolist() == before["curve_J"][large].tolist()[0].tolist()
    assert after["J"][~large].tolist() == before["J"][~large].tolist()
    assert run(tmp_path, **LARGE, step_size=STEP_SIZES, judge=judge).trained == 0
    if judge:
        assert set(after["endpoint"][large]) == {"diverged"}
    _, levels = entries(tmp_path, outcome)
    assert [sweep.data.metrics["sweep/diverged"] for sweep in levels["sweep"]] == [2.0]
    assert len(levels["configuration"]) == 2
    shown = {r.data.tags["key"]: r.data for r in levels["run"]}
    for _, row in after.iterrows():
        data = shown[row["run"]]
        assert data.tags["status"] == row["status"]
        assert ("final/J" in data.metrics) == (row["status"] == "finished")


def test_until_then_they_are_left_out_and_it_is_said(tmp_path):
    outcome, before = as_earlier(tmp_path)
    with pytest.warns(
        UserWarning, match=r"2 of the 4 runs .* recorded them as finished, but they diverged; run the sweep"
    ):
        runs = nnexp.load(runs_dir=tmp_path)
    assert list(runs["run"]) == list(before["run"][before["step_size"] == 0.1])
    assert synced(tmp_path, outcome.record)[0]
    _, levels = entries(tmp_path, outcome)
    assert {r.data.tags["key"] for r in levels["run"]} == set(runs["run"])


def test_a_run_that_started_at_an_optimum_and_rose_a_little_stays_on_record(tmp_path):
    """Adam's steps are as long as its step size, however small the gradient. J at theta = 0 is worked out again."""
    linear = {
        "dataset": {"linear_map": {"noise": 0.0}},
        "loss": "squared",
        "depth": 1,
        "seeds": 1,
        "backend": "serial",
        "judge": False,
    }
    best = nnexp.sweep(**linear, steps=5000, step_size=0.1, runs_dir=str(tmp_path / "best")).iloc[0]
    ((W, W0),) = nnexp.recall(best).weights()
    start = {"given": {"W": [W.tolist()], "W0": [W0.tolist()]}}
    asked = {**linear, "optimizer": "adam", "steps": 20, "step_size": 0.02, "initializer": start}
    for missing in (1, 0):
        outcome = run(tmp_path, **asked, tracking={"store": "none"}, activation="tanh")
        runs = outcome.frame()
        assert outcome.trained == missing
        assert runs["status"].tolist() == ["finished"]
        assert runs["J"][0] > 1e3 * runs["curve_J"][0][0]
