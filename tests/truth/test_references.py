"""Do the references that the truths are held against say what is so, where it can be worked out by other means?"""

import itertools

import numpy as np
import pytest

import nnexp
from analysis.experiment import Endpoints
from analysis.truth import critical, lecture, separable, trajectories, xor_plateaus

TINY = {"seeds": 1, "steps": 0, "backend": {"where": "serial"}}


def ends(folder, **asked):
    runs = nnexp.sweep(**TINY, runs_dir=str(folder), **asked)
    return Endpoints(runs, nnexp.recall(runs.iloc[0]))


def linear(folder, depth, noise=0.3):
    data = {"linear_map": {"coordinates": 5, "targets": 3, "noise": noise, "test_share": 0.0}}
    return ends(folder, dataset=data, activation="identity", loss="squared", offsets=False, depth=depth, width=2)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_placed_nets_are_critical_and_have_their_loss(depth, tmp_path):
    recalled = linear(tmp_path, depth).recalled
    data, rng = critical.spectrum(recalled), np.random.default_rng(0)
    sets = critical.subsets(3, 2)
    assert sets == [(0, 1), (0, 2), (1, 2), (0,), (1,), (2,), ()]
    for chosen in sets:
        theta = critical.placed(recalled, data, chosen, rng)
        assert np.abs(recalled.gradient(theta)).max() < 1e-13
        assert recalled.value(theta) == pytest.approx(data.loss(chosen), abs=1e-13)
        assert len(chosen) < 2 or (theta != 0.0).all()


def test_the_index_is_the_number_of_pairs_out_of_order():
    data = critical.Spectrum(1.0, np.array([5.0, 4.0, 2.0, 1.0]), np.eye(4), np.eye(4))
    found = {chosen: data.index(chosen) for chosen in itertools.combinations(range(4), 2)}
    assert found == {(0, 1): 0, (0, 2): 1, (0, 3): 2, (1, 2): 2, (1, 3): 3, (2, 3): 4}
    assert data.loss((0, 3)) == -5.0


def test_the_global_value_is_that_of_the_best_map_of_that_rank(tmp_path):
    """Reduced-rank regression: the least-squares guess, cut down to its first two principal components."""
    recalled = linear(tmp_path, 2).recalled
    X, Y = recalled.configuration.data.X_train, recalled.configuration.data.Y_train
    guess = np.linalg.lstsq(X.T, Y.T)[0].T @ X
    U, s, Vt = np.linalg.svd(guess, full_matrices=False)
    best = (U[:, :2] * s[:2]) @ Vt[:2]
    found = critical.spectrum(recalled).loss((0, 1))
    assert found == pytest.approx(((Y - best) ** 2).sum() / X.shape[1], abs=1e-13)


@pytest.mark.parametrize(("dataset", "expected"), [("points", True), ("xor", False), ("two_moons", False)])
def test_separable_data_are_told(dataset, expected, tmp_path):
    assert separable.separable(ends(tmp_path, dataset=dataset, depth=1)) == expected


def test_the_plateaus_of_xor_are_the_losses_of_its_partial_answers():
    """With k of the four corners learned, the others are all guessed at their mean."""
    surprise = lambda p, y: -np.log(p if y else 1.0 - p)  # noqa: E731
    others = ([0, 1], [0, 0, 1], [0, 0, 1, 1])
    for i, labels in enumerate(others):
        guess = np.mean(labels)
        assert xor_plateaus.LADDERS["squared"][i] == pytest.approx(np.sum((np.array(labels) - guess) ** 2) / 4.0)
        assert xor_plateaus.LADDERS["nll"][i] == pytest.approx(sum(surprise(guess, y) for y in labels) / 4.0)
    assert np.allclose(xor_plateaus.LADDERS["nll"], [0.3466, 0.4774, 0.6931], atol=5e-5)


def test_differences_in_the_limit_are_exact_where_a_wrong_slope_is_seen(tmp_path):
    one = ends(tmp_path, dataset="two_moons", width=3)
    theta = one.stopped[0]
    found = trajectories._limit(one, theta)
    assert np.abs(found - one.recalled.gradient(theta)).max() < 1e-12
    assert np.abs(found - one.recalled.gradient(theta + 1e-9)).max() > 1e-11


def test_the_band_covers_68_percent_of_its_square():
    """On [0, 10]^2 the band lies between the triangles below u + v = 6 and below u + v = 10."""
    side = lecture.HIGH - lecture.LOW
    low, high = 2.0 - 2.0 * lecture.LOW, 6.0 - 2.0 * lecture.LOW
    assert 1.0 - (high**2 / 2.0 - low**2 / 2.0) / side**2 == pytest.approx(lecture.SHARE)
