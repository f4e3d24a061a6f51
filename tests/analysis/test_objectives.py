"""Do runs share a catalogue where they minimize the same J, and only there?"""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import nnexp
from analysis import objectives
from analysis.objectives import Minimized

ASKED = {
    "dataset": "xor",
    "width": 2,
    "l2": [0.01, 0.1],
    "loss": ["nll", "squared"],
    "step_size": [0.3, 0.5],
    "optimizer": ["gd", "sgd"],
    "initializer": ["glorot", "normal"],
    "seeds": 2,
    "passes": 5,
    "snapshots": 0,
    "backend": {"where": "serial"},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return nnexp.sweep(name="ways", runs_dir=str(tmp_path_factory.mktemp("objectives")), **ASKED)


def test_ways_of_training_share_an_objective_and_losses_and_penalties_do_not(runs):
    found = objectives.objectives(runs)
    assert [each.number for each in found] == [1, 2, 3, 4]
    assert {each.label for each in found} == {f"{loss}, l2 {l2:g}" for loss in ASKED["loss"] for l2 in ASKED["l2"]}
    for each in found:
        assert len(each.runs) == 16
        assert each.runs.groupby(["loss", "l2"]).ngroups == 1
    together = objectives.together(found)
    assert sorted(together["run"]) == sorted(runs["run"])


def test_every_optimum_is_of_the_objective_of_its_runs(runs):
    for each in objectives.objectives(runs):
        at = each.runs[each.runs["optimum"] >= 0]
        for k, optimum in enumerate(each.found.optima):
            J = at[at["optimum"] == k]["polished_J"]
            assert len(J) == optimum.runs
            assert np.ptp(np.append(J, each.recalled.value(optimum.theta))) < 1e-7
        minima = each.runs["endpoint"].isin(objectives.MINIMA)
        assert (minima == (each.runs["optimum"] >= 0)).all()


def test_a_stopping_rule_counts_only_where_it_sets_examples_aside(tmp_path):
    rules = ["steps", "gradient_norm", "early_stopping"]
    found = nnexp.sweep(
        runs_dir=str(tmp_path),
        dataset="two_moons",
        stopping=rules,
        seeds=1,
        passes=3,
        width=2,
        backend={"where": "serial"},
    )
    identity = found["configuration"].map(objectives.identities(found)).set_axis(found["stopping"])
    assert identity["steps"] == identity["gradient_norm"] != identity["early_stopping"]


def test_runs_without_judgement_are_refused(runs):
    with pytest.raises(nnexp.UserError, match="none of these runs has been judged"):
        objectives.objectives(runs.assign(endpoint=None))


def known(number, counts, parameters, by="parameters"):
    """An objective whose optima were reached so often."""
    optima = tuple(SimpleNamespace(runs=n, by=by) for n in counts)
    found = SimpleNamespace(optima=optima, counts=np.array(counts), seeds=sum(counts))
    return Minimized(number, "", "", pd.DataFrame(), SimpleNamespace(theta=np.zeros(parameters)), found)


def test_the_close_look_goes_to_the_best_known_catalogue():
    one, two, three = known(1, [9], 5), known(2, [5, 3, 1], 5), known(3, [4, 4, 2], 5)
    flat, large, rich = known(4, [5, 5, 5, 5], 5, "guesses"), known(5, [3] * 6, 500), known(6, [2] * 20, 5)
    assert objectives.close_look([one, two, three, flat, large, rich], 12, 40) is three
    assert objectives.close_look([one, rich], 12, 40) is rich
    assert objectives.close_look([one, large], 12, 40) is large
    assert objectives.close_look([one], 12, 40) is None
