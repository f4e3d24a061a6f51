"""Does the duel of two arms count, test and estimate what the textbooks do?"""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import wilcoxon

from nnexp.optima import duel


def brute_force_p(d):
    """Both tails of the signed rank over all 2^n signs."""
    ranks = np.argsort(np.argsort(np.abs(d))) + 1.0
    center = ranks.sum() / 2
    seen = abs(ranks[d > 0].sum() - center)
    signs = np.array(list(itertools.product([0, 1], repeat=len(d))))
    return float((np.abs(signs @ ranks - center) >= seen - 1e-9).mean())


def test_signed_rank_agrees_with_all_signs():
    rng = np.random.default_rng(1)
    for shift in (0.0, 0.5, 2.0):
        a = rng.uniform(1.0, 2.0, 11)
        b = a * np.exp(rng.normal(size=11) + shift)
        found = duel.signed_rank(a, b)
        assert found.p == pytest.approx(brute_force_p(np.log(b / a)))
        assert found.lower + found.higher == found.pairs == 11


def test_a_case_by_hand():
    """log2 of the ratios: -1, -2, 1. Means of all pairs, sorted: -2, -1.5, -1, -0.5, 0, 1; the middle of them is -0.75."""
    found = duel.signed_rank([4.0, 4.0, 4.0], [2.0, 1.0, 8.0])
    assert (found.lower, found.higher, found.alike) == (2, 1, 0)
    assert found.is_ratio
    assert found.effect == pytest.approx(2**-0.75)
    assert (found.low, found.high) == (0.0, math.inf)  # three pairs exclude nothing


def test_the_interval_is_the_test_turned_round():
    d = np.random.default_rng(2).normal(0.4, 1.0, 13)
    _, low, high = duel.typical(d)
    inside, outside = 1e-9, -1e-9
    for end, sign in ((low, 1.0), (high, -1.0)):
        assert wilcoxon(d - (end + sign * inside)).pvalue > 0.05
        assert wilcoxon(d - (end + sign * outside)).pvalue <= 0.05


def test_normal_and_counted_ends_agree_where_they_meet(monkeypatch):
    rng = np.random.default_rng(3)
    d = rng.normal(0.2, 1.0, duel.EXACT)
    counted = duel.typical(d)
    monkeypatch.setattr(duel, "EXACT", 0)
    assert counted == pytest.approx(duel.typical(d), abs=0.02)


def test_pairs_that_end_alike_are_ties():
    a = np.array([1.0, 1.0, 2.0, 2.0])
    found = duel.signed_rank(a, a * (1.0 + 1e-9), alike=1e-6)
    assert (found.alike, found.p, found.effect) == (4, 1.0, 1.0)
    assert duel.signed_rank(a, a * (1.0 + 1e-9)).higher == 4


def test_numbers_that_may_be_0_are_compared_by_difference():
    found = duel.signed_rank([0.0, 1.0, 2.0], [1.0, 2.0, 3.0])
    assert not found.is_ratio
    assert found.effect == 1.0


def test_no_pairs_say_nothing():
    found = duel.signed_rank([], [])
    assert (found.pairs, found.p) == (0, 1.0)
    assert math.isnan(found.effect)
    assert duel.reached([], []).p == 1.0


def test_the_typical_interval_covers_as_often_as_it_says():
    """1,000 samples of 17: five standard errors below 0.95 are 0.9155."""
    rng = np.random.default_rng(4)
    ends = np.array([duel.typical(rng.standard_cauchy(17) + 3.0) for _ in range(1000)])
    covered = ((ends[:, 1] <= 3.0) & (ends[:, 2] >= 3.0)).mean()
    assert covered > 0.9155


def test_mcnemar_by_hand():
    """One pair for the first, five for the second: p = 2 (1 + 6) / 2^6; (5.5 - 1.5) / 12 in the middle, Agresti and Min."""
    first = [True] * 3 + [True] + [False] * 5 + [False]
    second = [True] * 3 + [False] + [True] * 5 + [False]
    found = duel.reached(first, second)
    assert (found.both, found.only_first, found.only_second, found.neither) == (3, 1, 5, 1)
    assert found.difference == pytest.approx(0.4)
    assert found.p == pytest.approx(14 / 64)
    deviation = math.sqrt((5.5 + 1.5) - (5.5 - 1.5) ** 2 / 12) / 12
    assert found.low == pytest.approx(4 / 12 - 1.959964 * deviation, abs=1e-6)
    assert found.high == pytest.approx(4 / 12 + 1.959964 * deviation, abs=1e-6)


def test_transitions_count_every_pair_once():
    table = duel.transitions(["1", "1", "2", "none"], ["1", "2", "2", "1"], ["1", "2", "3", "none"])
    assert table.to_numpy().tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]


def test_holm_by_hand():
    assert duel.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert duel.holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert duel.holm([]).shape == (0,)
