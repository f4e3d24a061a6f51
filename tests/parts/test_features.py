"""What does the net see of a data point, under every feature map?"""

import math

import nets
import numpy as np
import pytest
import tolerances

from nnexp.errors import UserError
from nnexp.parts import registry

EVERY = pytest.mark.parametrize("features", nets.every("features"), ids=nets.label)
D, EXAMPLES = 3, 11


def points(d=D):
    return np.random.default_rng(0).normal(size=(d, EXAMPLES))


@EVERY
def test_points_stay_columns_and_never_mix(features):
    X = points()
    whole = features.transform(X)
    assert whole.shape[1] == EXAMPLES
    assert whole.dtype == np.float64
    alone = [features.transform(X[:, i : i + 1])[:, 0] for i in range(EXAMPLES)]
    assert nets.close(whole.T, alone, tolerances.ORACLE_RELATIVE)


@EVERY
def test_the_same_at_every_call_and_for_no_points(features):
    X = points()
    assert np.array_equal(features.transform(X), features.transform(X))
    assert np.array_equal(X, points())
    assert features.transform(X[:, :0]).shape == (features.transform(X).shape[0], 0)


def test_identity():
    assert np.array_equal(registry.make("features", "identity").transform(points()), points())


def test_polynomial_terms_by_hand():
    terms = registry.make("features", "polynomial", {"order": 3}).transform(np.array([[2.0, -1.0], [3.0, 0.5]]))
    assert terms[:, 0].tolist() == [2.0, 3.0, 4.0, 6.0, 9.0, 8.0, 12.0, 18.0, 27.0]
    assert terms[:, 1].tolist() == [-1.0, 0.5, 1.0, -0.5, 0.25, -1.0, 0.5, -0.25, 0.125]


@pytest.mark.parametrize(("d", "order"), [(1, 1), (1, 5), (2, 3), (5, 2)])
def test_polynomial_has_every_term_once(d, order):
    terms = registry.make("features", "polynomial", {"order": order}).transform(points(d))
    assert len(terms) == math.comb(d + order, order) - 1
    assert len(np.unique(terms.round(12), axis=0)) == len(terms)


def test_polynomial_refuses_too_many_terms():
    with pytest.raises(UserError, match="lower it"):
        registry.make("features", "polynomial", {"order": 9}).transform(points(30))


def test_given_lines_by_hand():
    """The band of the habitable zone: above x1 + x2 = 6, and below x1 + x2 = 2; on a line is not above it."""
    steps = registry.make("features", "steps", {"w": [[1.0, 1.0], [-1.0, -1.0]], "w0": [-6.0, 2.0]})
    seen = steps.transform(np.array([[5.0, 0.0, 2.0, 3.0, 1.0], [5.0, 0.0, 2.0, 3.0, 1.0]]))
    assert seen.T.tolist() == [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]


def test_random_lines_by_their_own_seed():
    def lines(**given):
        return registry.make("features", "steps", {"count": 7, **given}).lines(2)

    w, w0 = lines(seed=1)
    assert (w.shape, w0.shape) == ((7, 2), (7,))
    assert np.array_equal(w, lines(seed=1)[0])
    assert not np.array_equal(w, lines(seed=2)[0])


def test_random_lines_lie_as_far_from_the_origin_as_spread_says():
    w, w0 = registry.make("features", "steps", {"count": 4000, "spread": 2.5}).lines(2)
    assert np.allclose(np.linalg.norm(w, axis=1), 1.0)  # then |w0| is the distance, normal with this deviation
    assert abs(w0.std() / 2.5 - 1.0) < tolerances.STATISTICAL / math.sqrt(2.0 * 4000)
    assert np.abs(w.mean(axis=0)).max() < tolerances.STATISTICAL / math.sqrt(2.0 * 4000)


@pytest.mark.parametrize("given", [{"w": [[1.0]], "w0": [0.0]}, {"w": [[1.0, 1.0]], "w0": []}])
def test_lines_that_do_not_fit_are_refused(given):
    with pytest.raises(UserError, match=r"features\.steps\.w"):
        registry.make("features", "steps", given).transform(points(2))
