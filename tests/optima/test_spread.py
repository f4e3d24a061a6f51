"""Is the spread over runs put down to the causes that made it?"""

import itertools

import numpy as np
import pytest
from tolerances import ORACLE_RELATIVE, STATISTICAL

from nnexp.optima import spread
from nnexp.optima.spread import split

LEVELS = (5, 3, 7)
CAUSES = ("data", "start", "order")


def effects(rng, variances, levels=LEVELS):
    """A crossing with these variances by set of axes, each effect drawn on its own."""
    y = np.zeros(levels)
    for kept, variance in variances.items():
        shape = [n if i in kept else 1 for i, n in enumerate(levels)]
        y = y + np.sqrt(variance) * rng.normal(size=shape)
    return y


def test_two_by_two_by_hand():
    """Rows 1 and 3 apart by 2, columns by 4, and one cell that is 2 too high.

    y = [[0, 4], [2, 8]]: mean 3.5; row means 2, 5; column means 1, 6; interaction +-0.5.
    MS_row = 2 * 2 * 1.5^2 = 9, MS_column = 2 * 2 * 2.5^2 = 25, MS_both = 4 * 0.25 = 1; so v = 4, 12, 1.
    """
    found = split([[0.0, 4.0], [2.0, 8.0]], ("row", "column"))
    assert found.sets == [("row",), ("column",), ("row", "column")]
    assert found.mean_square == pytest.approx([9.0, 25.0, 1.0])
    assert found.variance == pytest.approx([4.0, 12.0, 1.0])
    assert found.share == pytest.approx([4 / 17, 12 / 17, 1 / 17])
    assert found.involved == pytest.approx([5 / 17, 13 / 17])
    assert found.degrees.tolist() == [1, 1, 1]


def test_mean_squares_agree_with_sums_over_cells():
    """Inclusion and exclusion of cell means, cell by cell, in loops."""
    y = np.random.default_rng(3).normal(size=LEVELS)
    found = split(y, CAUSES)
    for place, names in enumerate(found.sets):
        kept = tuple(CAUSES.index(name) for name in names)
        total = 0.0
        for cell in itertools.product(*(range(n) for n in LEVELS)):
            effect = 0.0
            for size in range(len(kept) + 1):
                for part in itertools.combinations(kept, size):
                    at = tuple(cell[i] if i in part else slice(None) for i in range(3))
                    effect += (-1) ** (len(kept) - size) * y[at].mean()
            total += effect**2
        degrees = np.prod([LEVELS[i] - 1 for i in kept])
        assert found.mean_square[place] == pytest.approx(total / degrees, rel=ORACLE_RELATIVE)


def test_the_sums_of_squares_add_up_to_the_whole():
    y = np.random.default_rng(4).normal(size=LEVELS)
    found = split(y, CAUSES)
    assert np.sum(found.mean_square * found.degrees) == pytest.approx(np.sum((y - y.mean()) ** 2), rel=ORACLE_RELATIVE)
    assert found.degrees.sum() == y.size - 1


TRUE = {(0,): 4.0, (1,): 1.0, (2,): 0.0, (0, 1): 2.0, (0, 2): 0.5, (1, 2): 0.0, (0, 1, 2): 1.0}


def test_simulated_components_are_found_without_bias(monkeypatch):
    monkeypatch.setattr(spread, "DRAWS", 2)  # the intervals are not looked at
    rng = np.random.default_rng(5)
    drawn = np.array([split(effects(rng, TRUE), CAUSES).variance for _ in range(1500)])
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert np.all(np.abs(drawn.mean(axis=0) - list(TRUE.values())) < STATISTICAL * error)
    assert error.max() < 0.2


def test_the_intervals_cover_as_often_as_they_say(monkeypatch):
    """95 % intervals of the shares in 400 crossings: five binomial standard errors below 0.95 are 0.896."""
    monkeypatch.setattr(spread, "DRAWS", 2000)
    rng, covered = np.random.default_rng(6), np.zeros(7)
    shares = np.array(list(TRUE.values())) / sum(TRUE.values())
    for _ in range(400):
        found = split(effects(rng, TRUE), CAUSES)
        covered += (found.low <= shares + 1e-12) & (shares <= found.high)
    assert covered.min() / 400 > 0.896


def test_intervals_tighten_with_levels():
    rng, wide, narrow = np.random.default_rng(7), [], []
    for _ in range(20):
        few, many = (split(effects(rng, {(0,): 1.0, (0, 1): 1.0}, n), ("a", "b")) for n in ((3, 2), (37, 31)))
        wide.append(few.high[0] - few.low[0])
        narrow.append(many.high[0] - many.low[0])
    assert np.median(narrow) < 0.35 < 0.5 < np.median(wide)


def test_units_order_of_levels_and_order_of_causes_do_not_matter():
    y = np.random.default_rng(8).normal(size=LEVELS)
    found = split(y, CAUSES)
    assert split(3.0 * y + 7.0, CAUSES).share == pytest.approx(found.share)
    assert split(y[::-1, :, ::-1], CAUSES).share == pytest.approx(found.share)
    turned = split(y.transpose(2, 0, 1), ("order", "data", "start"))
    shares = {frozenset(s): share for s, share in zip(turned.sets, turned.share, strict=True)}
    assert [shares[frozenset(s)] for s in found.sets] == pytest.approx(found.share)


def test_one_cause_alone_has_it_all():
    y = np.broadcast_to(np.arange(5.0)[:, None, None], LEVELS)
    found = split(y, CAUSES)
    assert found.share == pytest.approx([1.0, 0, 0, 0, 0, 0, 0])
    assert (found.involved_low[0], found.involved_high[0]) == pytest.approx((1.0, 1.0))


def test_runs_that_are_all_equal_have_no_shares():
    found = split(np.full((3, 2), 0.5), ("data", "start"))
    assert np.isnan(found.share).all()
    assert (found.variance == 0.0).all()


def test_a_crossing_with_holes_or_a_single_level_is_refused():
    with pytest.raises(ValueError, match="two levels"):
        split(np.ones((3, 1)), ("data", "start"))
    with pytest.raises(ValueError, match="1 runs of the crossing have no number"):
        split([[1.0, np.nan], [0.0, 1.0]], ("data", "start"))


def test_the_same_crossing_gives_the_same_bits():
    y = np.random.default_rng(9).normal(size=LEVELS)
    assert np.array_equal(split(y, CAUSES).low, split(y.copy(), CAUSES).low)
