"""Are arms tuned on some seeds and compared on the others, and are crossings found where there are any?"""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import arms, causes
from analysis.objectives import Minimized
from nnexp.optima.spread import Split

SETTINGS = {"initializer": {"name": "glorot"}, "dataset": {"name": "two_moons", "seed": 0}}


def run(optimizer, step_size, seed, J, optimum=0, **more):
    return {
        "run": f"{optimizer}-{step_size}-{seed}",
        "configuration": f"{optimizer}-{step_size}",
        "settings": json.dumps(SETTINGS),
        "optimizer": optimizer,
        "step_size": step_size,
        "passes": 10.0,
        "init_seed": seed,
        "order_seed": seed if optimizer == "sgd" else None,
        "J": J,
        "test_loss": J,
        "polished_J": J,
        "optimum": optimum,
        "endpoint": "minimum",
        "gradient_evaluations": 100 if optimizer == "gd" else 50,
        "another_basin": False,
        "status": "diverged" if J != J else "finished",
        **more,
    }


def objective(rows):
    return Minimized(
        1, "id", "tiny", pd.DataFrame(rows), None, SimpleNamespace(optima=(), counts=np.array([]), seeds=0)
    )


SEEDS = range(20)


def fight(gd, sgd):
    """The duel of two arms, each a function of step size and seed that gives (J, optimum)."""
    rows = [run("gd", size, seed, *gd(size, seed)) for size in (0.1, 1.0) for seed in SEEDS]
    rows += [run("sgd", size, seed, *sgd(size, seed)) for size in (0.1, 1.0) for seed in SEEDS]
    found = arms.duels([objective(rows)])
    assert len(found) == 1
    return found[0]


def test_the_step_size_is_tuned_on_the_first_quarter_and_compared_on_the_rest():
    """On the first five seeds 1.0 is better for GD, on all others worse: it is taken all the same."""
    found = fight(lambda size, seed: ((size < 1.0) == (seed < 5), 0), lambda size, seed: (size + 2.0, 0))
    assert found.tuned_on == [0, 1, 2, 3, 4]
    assert found.step_size == {"gd": 1.0, "sgd": 0.1}
    assert found.tried == {"gd": 2, "sgd": 2}
    assert found.pairs["init_seed"].tolist() == list(range(5, 20))


def test_runs_that_diverge_are_never_chosen_and_are_in_no_test():
    nan = float("nan")
    found = fight(lambda size, seed: (nan if size == 1.0 and seed % 2 == 0 else 0.5, 0), lambda size, seed: (1.0, 0))
    assert found.step_size["gd"] == 0.1
    lost = fight(lambda size, seed: (nan if seed == 7 else 1.0 + seed, 0), lambda size, seed: (2.0 + seed, 0))
    assert lost.diverged == 1
    assert (lost.J.pairs, lost.J.higher) == (14, 14)


def test_transitions_and_who_reaches_the_lowest():
    """GD ends at optimum 2 from even seeds, else at 1; SGD at 1, but from seed 19 at none."""
    found = fight(lambda size, seed: (1.0, int(seed % 2 == 0)), lambda size, seed: (1.0, -1 if seed == 19 else 0))
    assert found.transitions().to_dict() == {"1": {"1": 7, "2": 7, "none": 0}, "2": {"1": 0, "2": 0, "none": 0}} | {
        "none": {"1": 1, "2": 0, "none": 0}
    }
    assert (found.settled, found.elsewhere) == (14, 7)
    assert (found.lowest.only_first, found.lowest.only_second) == (1, 7)
    table = arms.table([found])
    assert table.loc[0, ["evaluations_gd", "evaluations_sgd"]].tolist() == [100, 50]


def test_too_few_common_starts_are_no_duel():
    rows = [run("gd", 0.1, seed, 1.0) for seed in range(4)] + [run("sgd", 0.1, seed, 1.0) for seed in range(4)]
    assert arms.duels([objective(rows)]) == []
    rows = [run("gd", 0.1, seed, 1.0) for seed in range(5)] + [run("sgd", 0.1, seed, 1.0) for seed in range(5)]
    assert arms.duels([objective(rows)])[0].tuned_on == []


def crossed(data, starts, orders):
    """A crossing in which J = 10 data + start."""
    return pd.DataFrame(
        [
            run("sgd", 0.1, start, 10.0 * seed + start, order_seed=order)
            | {"settings": json.dumps({**SETTINGS, "dataset": {"name": "two_moons", "seed": seed}})}
            | {"configuration": f"{seed}", "dataset.two_moons.seed": seed, "dataset": "two_moons", "test_loss": 1.0}
            for seed in data
            for start in starts
            for order in orders
        ]
    )


def test_a_crossing_is_found_whatever_the_order_of_its_rows():
    runs = crossed((0, 1, 2), (0, 1), (0, 1, 2, 3, 4)).sample(frac=1.0, random_state=1)
    (found,) = causes.crossings(runs)
    assert found.causes == {causes.DATA: 3, causes.START: 2, causes.ORDER: 5}
    made = found.splits["J"]
    assert isinstance(made, Split)
    # variances of 0, 10, 20 and of 0, 1, and nothing else
    assert made.variance[:3] == pytest.approx([100.0, 0.5, 0.0])
    assert made.share[:2] == pytest.approx([100 / 100.5, 0.5 / 100.5])
    assert "the data 100%" in causes.verdict(found)
    assert causes.verdict(found, "test_loss") == "All runs have the same test loss: there is no spread to split."


def test_start_and_order_that_go_together_are_one_cause():
    runs = crossed((0, 1), (0, 1, 2), (0,))
    (found,) = causes.crossings(runs.assign(order_seed=runs["init_seed"]))
    assert list(found.causes) == [causes.DATA, causes.BOTH]


def test_a_crossing_with_a_hole_is_none_and_one_that_diverged_says_so():
    runs = crossed((0, 1), (0, 1), (0, 1))
    assert causes.crossings(runs.iloc[1:]) == []
    runs.loc[3, "J"] = float("nan")
    (found,) = causes.crossings(runs)
    assert causes.verdict(found) == (
        "The spread of J where training stopped cannot be split: 1 runs of the crossing have no number."
    )


def test_one_cause_alone_is_no_crossing():
    assert causes.crossings(crossed((0,), (0, 1, 2), (0,))) == []


def test_where_a_loss_may_be_0_there_is_no_ratio():
    found = fight(lambda size, seed: (0.0, 0), lambda size, seed: (1.0, 0))
    table = arms.table([found])
    assert np.isnan(table.loc[0, "ratio_J"])
    assert table.loc[0, "gd_lower"] == 15


@pytest.mark.parametrize(("taken", "at_rim"), [(0.1, ["gd"]), (0.5, []), (1.0, ["gd"])])
def test_a_best_step_size_at_the_rim_of_those_tried_is_told(taken, at_rim):
    rows = [run("gd", size, seed, 1.0 if size == taken else 2.0) for size in (0.1, 0.5, 1.0) for seed in SEEDS]
    rows += [run("sgd", size, seed, size) for size in (0.1, 1.0) for seed in SEEDS]
    (found,) = arms.duels([objective(rows)])
    assert found.at_rim == at_rim
