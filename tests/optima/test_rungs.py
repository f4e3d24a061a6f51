"""Are runs counted on the right rungs, and are keys compared with all else equal?"""

import numpy as np
import pandas as pd
import pytest

from nnexp.optima.distinct import rungs, unseen
from nnexp.optima.distinct.unseen import wilson

NAN = float("nan")


def runs(**places):
    """Runs of one objective: the optimum that each reaches, by configuration."""
    rows = [
        {"objective": 1, "configuration": name, "optimum": k, "polished_J": 1.0 + max(k, 0), "lowest_J": 1.0}
        for name, reached in places.items()
        for k in reached
    ]
    return pd.DataFrame(rows).assign(polished_test_error=0.25, polished_test_loss=0.5, width=2)


def test_reach_counts_runs_by_rung_those_at_none_too():
    table = rungs.reach(runs(a=[0, 0, 1, -1], b=[1]))
    assert table[["configuration", "optimum", "runs"]].to_numpy().tolist() == [
        ["a", -1, 1],
        ["a", 0, 2],
        ["a", 1, 1],
        ["b", 1, 1],
    ]
    assert table["share"].tolist() == [0.25, 0.5, 0.25, 1.0]
    assert (table["low"][1], table["high"][1]) == wilson(2, 4)


def test_configurations_by_hand():
    """Of a's four runs three are at an optimum, two of them at the lowest; two drawn from them show more than one optimum."""
    table = rungs.configurations(runs(a=[0, 0, 1, -1], b=[1, 1]), ["width"]).set_index("configuration")
    assert table.loc["a", ["at_optimum", "lowest"]].tolist() == [0.75, 0.5]
    assert table.loc["b", ["at_optimum", "lowest"]].tolist() == [1.0, 0.0]
    # two of the four runs: optimum 1 is missed by 1 of 6 pairs, optimum 2 by 3 of 6
    assert table.loc["a", "optima"] == pytest.approx(5 / 6 + 1 / 2)
    assert table.loc["b", "optima"] == pytest.approx(1.0)
    assert table.loc["a", "excess"] == 0.0  # J is 1, 1, 1, 2
    assert table.loc["b", "excess"] == 1.0


def test_quantiles_are_some_runs_own():
    table = rungs.configurations(runs(a=[0, 1]), ["width"])
    assert table["excess"].tolist() == [0.0]  # not the 0.5 between them


def configurations(*rows):
    """A table of configurations: depth, width, loss, share at the lowest."""
    table = pd.DataFrame(rows, columns=["depth", "width", "loss", "lowest"])
    return table.assign(**{name: 1.0 for name in rungs.MEASURES if name != "lowest"})


def test_effects_set_beside_only_what_is_equal_else():
    table = configurations(
        (2, 4.0, "nll", 0.1), (3, 4.0, "nll", 0.3), (2, 8.0, "nll", 0.5), (3, 8.0, "nll", 0.9), (2, 8.0, "squared", 0.0)
    )
    found = rungs.effects(table, ["depth", "width", "loss"]).set_index(["key", "value"])
    assert found.loc[("depth", 2), ["groups", "lowest"]].tolist() == [2, pytest.approx(0.3)]
    assert found.loc[("depth", 3), ["groups", "lowest"]].tolist() == [2, pytest.approx(0.6)]
    assert found.loc[("width", 4.0), ["groups", "lowest"]].tolist() == [2, pytest.approx(0.2)]
    assert found.loc[("loss", "squared"), ["groups", "lowest"]].tolist() == [1, 0.0]
    assert found.loc[("loss", "nll"), ["groups", "lowest"]].tolist() == [1, 0.5]


def test_the_linear_model_has_no_width_and_stands_beside_every_width():
    table = configurations((1, NAN, "nll", 1.0), (2, 4.0, "nll", 0.2), (2, 8.0, "nll", 0.4))
    found = rungs.effects(table, ["depth", "width"]).set_index(["key", "value"])
    assert found.loc[("depth", 1), ["groups", "lowest"]].tolist() == [2, 1.0]
    assert found.loc[("depth", 2), ["groups", "lowest"]].tolist() == [2, pytest.approx(0.3)]
    assert found.loc[("width", 4.0), "groups"] == 1


def test_the_linear_model_counts_once_for_keys_that_leave_it_its_shape():
    table = configurations(
        (1, NAN, "nll", 1.0),
        (1, NAN, "squared", 1.0),
        (2, 4.0, "nll", 0.2),
        (2, 4.0, "squared", 0.4),
        (2, 8.0, "nll", 0.1),
    )
    found = rungs.effects(table, ["depth", "width", "loss"]).set_index(["key", "value"])
    assert found.loc[("loss", "nll"), ["groups", "lowest"]].tolist() == [2, pytest.approx(0.6)]
    assert found.loc[("loss", "squared"), ["groups", "lowest"]].tolist() == [2, pytest.approx(0.7)]


def test_test_losses_of_different_losses_are_not_mixed():
    table = configurations((2, 4.0, "nll", 0.2), (2, 4.0, "squared", 0.4), (2, 8.0, "nll", 0.1))
    assert rungs.effects(table, ["width", "loss"])["test_loss"].isna().all()
    assert rungs.effects(table[table["loss"] == "nll"], ["width"])["test_loss"].tolist() == [1.0, 1.0]


def test_a_seed_counts_once_however_often_it_was_trained():
    """Seed 7 ends at optimum 0 by both ways, seed 3 at 0 and 2, seed 5 at 1 and none."""
    shares = rungs.over_seeds([0, 0, 1, 0, 2, -1], [7, 3, 5, 7, 3, 5])
    assert shares.tolist() == [[1.0, 0.0, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.0]]
    assert rungs.reached(shares).tolist() == [2, 1, 1]
    # of seeds 3 and 5 half the runs end where no other seed does
    assert rungs.still_unseen(shares).value == pytest.approx((0.5 + 0.5) / 3)


def test_with_a_run_a_seed_all_is_as_over_runs():
    member = [0, 0, 0, 1, 1, 2, 3, -1, 0, 0]
    shares = rungs.over_seeds(member, range(10))
    good, known = rungs.still_unseen(shares), unseen.probability([5, 2, 1, 1], 10)
    assert [good.value, good.error, good.low, good.high] == pytest.approx(
        [known.value, known.error, known.low, known.high]
    )
    assert rungs.interval(0.5, 10) == pytest.approx(wilson(5, 10))


def test_runs_from_the_same_seeds_over_again_tell_nothing_new():
    once, thrice = rungs.over_seeds([0, 1, 0, -1], [1, 2, 3, 4]), rungs.over_seeds([0, 1, 0, -1] * 3, [1, 2, 3, 4] * 3)
    assert (once == thrice).all()


def test_keys_that_never_vary_alone_have_no_effect():
    table = configurations((1, 4.0, "nll", 0.1), (2, 8.0, "nll", 0.2))
    assert rungs.effects(table, ["depth", "width"]).empty


def test_the_lowest_optimum_is_asked_about_test_data():
    optima = pd.DataFrame({"test_loss": [0.5, 0.3, 0.4]})
    assert rungs.tested(optima) == {"J_rank_of_best": 2.0, "regret": pytest.approx(0.2)}
    assert np.isnan(rungs.tested(optima.iloc[:1])["regret"])
    assert np.isnan(rungs.tested(optima.assign(test_loss=NAN))["J_rank_of_best"])


def test_names_count_from_one():
    assert [rungs.name(k) for k in (0, 4, -1)] == ["1", "5", "none"]
