"""Does a stopping rule say when a run is over, each run for itself?"""

import nets
import numpy as np
import pytest

from nnexp.parts import registry

RULES = pytest.mark.parametrize("rule", nets.every("stopping", lambda part: part.watches), ids=nets.label)


def looks(rule, seen):
    """What the rule says at each look: over and better, (looks, runs) each, for seen (looks, runs)."""
    state = rule.state(np.shape(seen)[1])
    said = [rule.look(np.array(row, dtype=float), state) for row in seen]
    return np.array([over for over, _ in said]), np.array([better for _, better in said])


def test_a_gradient_norm_is_small_enough_by_itself():
    rule = registry.make("stopping", "gradient_norm", {"at_most": 0.5})
    over, better = looks(rule, [[0.6, 0.5, 0.4], [0.4, 0.6, np.nan]])
    assert over.tolist() == [[False, True, True], [True, False, False]]
    assert not better.any()


def test_no_improvement_counts_looks_since_the_last_one_by_hand():
    rule = registry.make("stopping", "no_improvement", {"least": 0.1, "patience": 2})
    over, better = looks(rule, [[10.0, 10.0], [9.5, 8.9], [9.1, 8.8], [9.0, 8.7]])
    assert better.tolist() == [[True, True], [False, True], [False, False], [False, False]]
    assert over.tolist() == [[False, False], [False, False], [True, False], [True, True]]


def test_early_stopping_takes_any_improvement():
    rule = registry.make("stopping", "early_stopping", {"patience": 1})
    over, better = looks(rule, [[1.0], [0.999], [0.999]])
    assert better.tolist() == [[True], [True], [False]]
    assert over.tolist() == [[False], [False], [True]]


@RULES
def test_runs_do_not_mix(rule):
    seen = np.random.default_rng(0).exponential(size=(30, nets.RUNS)).cumprod(axis=0)
    together = looks(rule, seen)
    for run in range(nets.RUNS):
        for said, alone in zip(together, looks(rule, seen[:, [run]]), strict=True):
            assert np.array_equal(said[:, [run]], alone)


@RULES
def test_a_run_that_stands_still_is_over(rule):
    seen = np.zeros((30, 1))
    assert looks(rule, seen)[0][-1].all()
    assert rule.interval >= 1
