"""Are pairs the same start, the same everything, but for the optimizer?"""

import json

from nnexp.figures.pairing import finished, pairs


def test_pairs_share_the_start_and_differ_in_the_optimizer_only(runs):
    found = pairs(runs)
    by_run = runs.set_index("run")
    assert len(found) == 2 * 2 * 5
    assert found["run_gd"].is_unique
    assert found["run_sgd"].is_unique
    for _, pair in found.iterrows():
        gd, sgd = by_run.loc[pair["run_gd"]], by_run.loc[pair["run_sgd"]]
        assert gd["init_seed"] == sgd["init_seed"] == pair["init_seed"]
        assert (gd["snapshots"][: len(gd["theta"])] == sgd["snapshots"][: len(sgd["theta"])]).all()
        one, other = json.loads(gd["settings"]), json.loads(sgd["settings"])
        assert {key for key in one if one[key] != other[key]} == {"optimizer", "steps"}
        assert (pair["J_gd"], pair["J_sgd"]) == (gd["J"], sgd["J"])


def test_of_several_lengths_equal_passes_are_compared(sweep):
    rows = sweep(width=2, seeds=2, optimizer=["gd", "sgd"], passes=[2, 5])
    found = pairs(rows)
    assert len(found) == 4
    assert (found["passes_gd"] == found["passes_sgd"]).all()


def test_every_batch_size_meets_the_same_gd(sweep):
    rows = sweep(width=2, seeds=2, passes=2, optimizer={"gd": {}, "sgd": {"batch_size": [1, 7]}})
    found = pairs(rows)
    assert len(found) == 4
    assert found["run_gd"].nunique() == 2


def test_without_sgd_there_is_no_pair(runs):
    found = pairs(runs[runs["optimizer"] == "gd"])
    assert found.empty
    assert "J_sgd" in found


def test_a_pair_with_a_diverged_run_is_not_finished(diverged):
    found = pairs(diverged)
    assert len(found) == 5
    assert finished(found).empty
