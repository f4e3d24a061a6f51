"""Do the estimates agree with counts worked by hand, with every subset, with SciPy, and with shares that are known?"""

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from tolerances import ORACLE_RELATIVE

from nnexp.optima.distinct import unseen

COUNTS = [5, 3, 2, 1, 1, 1]
"""13 seeds, 6 optima, f1 = 3, f2 = 1."""


def test_the_unseen_probability_by_hand():
    found = unseen.probability(COUNTS)
    assert found.value == 3 / 13
    assert math.isclose(found.error, math.sqrt(3 * (1 - 3 / 13) + 2) / 13, rel_tol=ORACLE_RELATIVE)
    assert found.low == 0.0
    assert unseen.probability(COUNTS, 26).value == 3 / 26


def test_where_nothing_stands_alone_the_bound_is_that_of_no_case_in_n():
    """No case in n has probability 0.05 where each has 1 - 0.05^(1/n)."""
    assert math.isclose(unseen.probability([50, 50]).high, 1 - 0.05 ** (1 / 100), rel_tol=1e-9)
    assert not unseen.enough([149, 149])
    assert unseen.enough([149, 150])
    assert not unseen.enough([149, 149, 1])
    assert unseen.enough([30, 30], unseen=0.06)


def test_no_seed_says_nothing():
    assert unseen.probability([]).high == 1.0
    assert not unseen.enough([])
    assert unseen.optima([]).high == math.inf
    assert unseen.optima([], 10).value == 0.0


def test_the_number_of_optima_by_hand():
    """6 + 12/13 * 3 * 2 / (2 * 2) = 7.3846."""
    found = unseen.optima(COUNTS)
    more = 12 / 13 * 1.5
    variance = more + (12 / 13) ** 2 * (3 * 25 / 16 + 9 * 4 / 64)
    assert math.isclose(found.value, 6 + more, rel_tol=ORACLE_RELATIVE)
    assert math.isclose(found.error, math.sqrt(variance), rel_tol=ORACLE_RELATIVE)
    reach = math.exp(1.959963984540054 * math.sqrt(math.log(1 + variance / more**2)))
    assert math.isclose(found.low, 6 + more / reach, rel_tol=1e-9)
    assert math.isclose(found.high, 6 + more * reach, rel_tol=1e-9)


def test_where_every_optimum_was_seen_often_there_are_no_more():
    found = unseen.optima([200, 300, 500])
    assert (found.value, found.low) == (3.0, 3.0)
    assert 3.0 <= found.high < 3.001


@pytest.mark.parametrize("nowhere", [0, 2])
def test_the_expected_number_found_is_the_mean_over_every_subset(nowhere):
    counts = [3, 2, 1]
    seeds = [0, 0, 0, 1, 1, 2] + [-1] * nowhere
    for m in range(len(seeds) + 1):
        subsets = [len(set(chosen) - {-1}) for chosen in itertools.combinations(seeds, m)]
        assert math.isclose(
            unseen.expected(counts, [m], len(seeds))[0], sum(subsets) / len(subsets), rel_tol=1e-12, abs_tol=1e-12
        )


def test_the_expected_number_found_agrees_with_the_hypergeometric_distribution():
    counts, spent = np.array([4000, 700, 30, 2, 1]), np.array([1, 10, 500, 4000, 4733])
    missed = stats.hypergeom.pmf(0, counts.sum(), counts[None, :], spent[:, None])
    assert np.allclose(unseen.expected(counts, spent), (1 - missed).sum(axis=1), rtol=1e-8)


def test_found_counts_each_optimum_once_and_no_run_without_one():
    assert unseen.found([2, -1, 2, 0, 0, -1, 1]).tolist() == [1, 1, 1, 2, 2, 2, 3]
    assert unseen.found([-1, -1]).tolist() == [0, 0]


@pytest.mark.parametrize(("count", "n"), [(0, 7), (3, 13), (13, 13), (431, 2000)])
def test_wilsons_interval_is_where_the_score_test_is_just_passed(count, n):
    for end, at in zip(unseen.wilson(count, n), (0.0, 1.0), strict=True):
        if abs(end - at) > 1e-12:
            assert math.isclose(abs(count / n - end), 1.959963984540054 * math.sqrt(end * (1 - end) / n), rel_tol=1e-9)


SHARES = {
    "uniform": np.ones(40),
    "geometric": 0.7 ** np.arange(40),
    "zipf": 1.0 / np.arange(1, 200),
    "rare": np.array([96.0, 2.0, 2.0]),
}


@pytest.mark.parametrize("shares", SHARES.values(), ids=SHARES)
@pytest.mark.parametrize("n", [100, 400])
def test_the_bound_holds_as_often_as_it_says(shares, n):
    """Of 400 repeats 95 % are 380, give or take 4.4; three of these below, and a point for what the estimate leaves out."""
    shares, rng = shares / shares.sum(), np.random.default_rng(7)
    held = 0
    for counts in rng.multinomial(n, shares, size=400):
        held += shares[counts == 0].sum() <= unseen.probability(counts[counts > 0]).high
    assert held >= 363


def test_the_estimate_is_right_on_average():
    shares, rng = 0.8 ** np.arange(60), np.random.default_rng(7)
    shares /= shares.sum()
    draws = rng.multinomial(200, shares, size=800)
    apart = [unseen.probability(c[c > 0]).value - shares[c == 0].sum() for c in draws]
    assert abs(np.mean(apart)) < 5 * np.std(apart) / math.sqrt(800)
    assert np.std(apart) > 0
