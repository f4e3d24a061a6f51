"""Is the closed form of a student's distance from its teacher what an expectation over Gaussian inputs says?"""

import differences
import nets
import numpy as np
import pytest
import tolerances

from nnexp.net import cache
from nnexp.net.network import Network
from nnexp.net.objective import MEASURES, Sample
from nnexp.net.population import SHORTEST, Population
from nnexp.parts import registry

SHAPES = [(1, 1), (2, 2), (5, 3), (3, 7), (7, 7), (4, 1), (1, 3)]
EVERY_SHAPE = pytest.mark.parametrize("shape", SHAPES, ids=str)
LEAST_EIGENVALUE = 1.0 / 4.0 - 1.0 / (2.0 * np.pi)
"""Of the Hessian at a global minimum (Safran & Shamir 2018)."""


def population(k, n):
    """The distance of n students from k teachers."""
    relu, squared = registry.make("activation", "relu"), registry.make("loss", "squared")
    none = Sample(np.empty((k, 0)), np.empty((1, 0)))
    return Population(Network((k, n), (), relu, squared, offsets=False), none, none)


def drawn(k, n, runs=5, seed=0):
    return np.random.default_rng(seed).normal(size=(runs, n * k))


def gradient(objective, theta):
    return objective.loss_gradient(theta, np.full_like(theta, np.nan))


def loss(k, W):
    """F of one run's students, a list of rows."""
    W = np.array(W, dtype=float)
    return population(k, len(W)).mean_loss(W.reshape(1, -1))[0]


def at_zero(k):
    """F without students: half of the teachers' kappas, 1/2 for each with itself and 1 / (2 pi) for each pair."""
    return k / 4.0 + k * (k - 1) / (4.0 * np.pi)


def turn(angle):
    return np.array([np.cos(angle), np.sin(angle)])


def test_one_student_and_one_teacher_by_hand():
    """On one axis E relu(x)^2 = 1/2, so F = (w - 1)^2 / 4 for w > 0 and (w^2 + 1) / 4 for w < 0."""
    for w in (0.5, 1.0, 3.0):
        assert loss(1, [[w]]) == pytest.approx((w - 1.0) ** 2 / 4.0, abs=tolerances.ROUNDING)
    assert loss(1, [[-2.0]]) == pytest.approx(5.0 / 4.0, abs=tolerances.ROUNDING)


def test_kappa_of_equal_orthogonal_and_opposite_vectors():
    """|w|^2 / 2, |w| |v| / (2 pi) and 0, read off F of two students, which holds kappa of them once."""
    w = np.array([0.6, -0.8, 0.0])
    for scale, direction, kappa in [
        (3.0, w, 3.0 / 2.0),
        (3.0, [0.8, 0.6, 0.0], 3.0 / (2.0 * np.pi)),
        (3.0, -w, 0.0),
    ]:
        u = scale * np.array(direction)
        both = loss(3, [w, u]) - loss(3, [w]) - loss(3, [u]) + at_zero(3)
        assert both == pytest.approx(kappa, abs=tolerances.ROUNDING)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8])
def test_without_students_only_the_teacher_is_left(k):
    objective, nothing = population(k, k), np.zeros((1, k * k))
    assert objective.mean_loss(nothing)[0] == pytest.approx(at_zero(k), rel=1e-15)
    assert at_zero(2) == 0.5 + 1.0 / (2.0 * np.pi)


@pytest.mark.parametrize("seed", range(3))
def test_by_quadrature_in_the_plane(seed):
    """Both nets grow along rays, and E r^2 = 2, so F is the mean of the squared difference over the circle."""
    W = np.random.default_rng(seed).normal(size=(3, 2))

    kinks = np.arctan2(W[:, 1], W[:, 0])[:, None] + np.array([-0.5, 0.5]) * np.pi
    ends = np.unique([*np.arange(5) * np.pi / 2.0, *np.mod(kinks, 2.0 * np.pi).ravel()])
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = 0.5 * np.diff(ends)
    x = turn((ends[:-1] + half)[:, None] + half[:, None] * nodes).reshape(2, -1)
    squares = (np.maximum(W @ x, 0.0).sum(axis=0) - np.maximum(x, 0.0).sum(axis=0)) ** 2
    mean = (half[:, None] * weights).ravel() @ squares / (2.0 * np.pi)
    assert loss(2, W) == pytest.approx(mean, rel=tolerances.ORACLE_RELATIVE)


@pytest.mark.parametrize("shape", [(3, 5), (7, 7)], ids=str)
def test_by_many_random_inputs(shape):
    k, n = shape
    objective, theta = population(k, n), drawn(k, n, runs=2)
    X = np.random.default_rng(1).normal(size=(k, 200_000))
    squares = 0.5 * (objective.guess(theta, X)[:, 0] - np.maximum(X, 0.0).sum(axis=0)) ** 2
    error = squares.std(axis=1) / np.sqrt(squares.shape[1])
    assert (error < 0.02 * squares.mean(axis=1)).all()
    assert (np.abs(squares.mean(axis=1) - objective.mean_loss(theta)) < tolerances.STATISTICAL * error).all()


def test_a_guess_is_the_sum_of_relus():
    theta, X = np.array([[1.0, -2.0, 0.5, 1.0]]), np.array([[1.0, 3.0], [2.0, -1.0]])
    assert population(2, 2).guess(theta, X).tolist() == [[[2.5, 5.5]]]


@pytest.mark.parametrize("k", [1, 2, 6, 7, 13])
def test_the_teacher_in_any_order_is_the_global_minimum(k):
    objective, rng = population(k, k), np.random.default_rng(k)
    theta = np.stack([np.eye(k)[rng.permutation(k)].ravel() for _ in range(3)])
    assert np.abs(objective.mean_loss(theta)).max() < tolerances.ROUNDING
    assert np.abs(gradient(objective, theta)).max() < tolerances.ROUNDING
    least = np.linalg.eigvalsh(objective.loss_hessian(theta))[:, 0]
    assert np.abs(least - (LEAST_EIGENVALUE if k > 1 else 0.5)).max() < tolerances.ROUNDING


@EVERY_SHAPE
def test_gradient_is_the_derivative_of_the_loss(shape):
    objective, theta = population(*shape), drawn(*shape)
    claimed = gradient(objective, theta)
    for i, axis in enumerate(np.eye(theta.shape[1])):
        assert differences.is_derivative(lambda h: objective.mean_loss(theta + h * axis), claimed[:, i], 0.0)  # noqa: B023


@EVERY_SHAPE
def test_hessian_is_the_derivative_of_the_gradient(shape):
    objective, theta = population(*shape), drawn(*shape)
    claimed = objective.loss_hessian(theta)
    assert np.array_equal(claimed, claimed.swapaxes(1, 2))
    for i, axis in enumerate(np.eye(theta.shape[1])):
        assert differences.is_derivative(lambda h: gradient(objective, theta + h * axis), claimed[:, i], 0.0)  # noqa: B023


def test_hessian_product_is_the_hessian_times_a_vector():
    objective, theta, v = population(5, 3), drawn(5, 3), drawn(5, 3, seed=1)
    expected = np.einsum("rij,rj->ri", objective.loss_hessian(theta), v)
    assert nets.close(objective.loss_hessian_product(theta, v), expected, tolerances.ORACLE_RELATIVE)


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-9, 1e-8, 1e-5, 1e-2])
@pytest.mark.parametrize("opposite", [False, True])
def test_as_exact_near_parallel_and_opposite_vectors(angle, opposite):
    """What one unit adds to the other's gradient, (sin t w + (pi - t) u) / (2 pi) for unit vectors, with t known beforehand."""
    sign, W = -1.0 if opposite else 1.0, np.zeros((1, 2, 3))
    W[0, 0, 1:], W[0, 1, 1:] = turn(0.3), sign * turn(0.3 + angle)
    found = gradient(population(3, 2), W.reshape(1, 6)).reshape(2, 3)
    rest = np.pi - angle if not opposite else angle  # pi - t
    for w, u, slope in ((W[0, 0], W[0, 1], found[0]), (W[0, 1], W[0, 0], found[1])):
        alone = gradient(population(3, 1), w.reshape(1, 3))[0]
        expected = alone + (np.sin(angle) * w + rest * u) / (2.0 * np.pi)
        assert np.abs(slope - expected).max() < tolerances.ROUNDING


@pytest.mark.parametrize("angle", [1e-12, 1e-9, 1e-7, 1e-5])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_hessian_is_continuous_where_vectors_become_parallel_or_opposite(angle, sign):
    """A turn by an angle changes it by a few angles, and the trace of d2kappa/dw du, k (pi - t) / (2 pi), exactly so."""
    objective, W = population(3, 2), np.zeros((3, 2, 3))
    for run, turned in enumerate((0.0, angle, -angle)):
        W[run, 0, 1:], W[run, 1, 1:] = turn(0.3), sign * turn(0.3 + turned)
    H = objective.loss_hessian(W.reshape(3, 6))
    assert np.abs(H[1:] - H[0]).max() < 3.0 * angle + tolerances.ROUNDING
    traces = np.trace(H[:, :3, 3:], axis1=1, axis2=2)
    assert np.abs(traces[1:] - traces[0] + sign * 3.0 * angle / (2.0 * np.pi)).max() < tolerances.ROUNDING


@EVERY_SHAPE
@pytest.mark.parametrize("runs", [1, 2, 3, 17])
def test_the_same_bits_alone_as_in_stacks(shape, runs):
    objective, theta = population(*shape), drawn(*shape, runs=41)
    v = drawn(*shape, runs=41, seed=1)
    for start in (0, 1, 24):
        part = slice(start, start + runs)
        for f in (
            lambda t, v: objective.mean_loss(t),
            lambda t, v: gradient(objective, t),
            lambda t, v: objective.loss_hessian(t),
            objective.loss_hessian_product,
        ):
            assert np.array_equal(f(theta[part].copy(), v[part].copy()), f(theta, v)[part])


@pytest.mark.parametrize("size", [1, 2**12, 2**14, 2**30])
def test_the_same_bits_on_a_machine_with_another_cache(monkeypatch, size):
    objective, theta = population(7, 7), drawn(7, 7, runs=41)
    expected = objective.mean_loss(theta), gradient(objective, theta)
    monkeypatch.setattr(cache, "second_level_bytes", lambda: size)
    assert np.array_equal(objective.mean_loss(theta), expected[0])
    assert np.array_equal(gradient(objective, theta), expected[1])


@pytest.mark.parametrize("length", [0.0, 1e-300, SHORTEST])
def test_a_unit_of_no_length_has_no_slope_and_disturbs_nobody(length):
    W = drawn(5, 3, runs=1).reshape(3, 5)
    with_it, without = W.copy(), W[[0, 2]].reshape(1, 10)
    with_it[1] = 0.0
    with_it[1, 2] = length
    theta = with_it.reshape(1, 15)
    few, many = population(5, 2), population(5, 3)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        slope, hessian = gradient(many, theta).reshape(3, 5), many.loss_hessian(theta).reshape(3, 5, 3, 5)
    assert many.mean_loss(theta)[0] == pytest.approx(few.mean_loss(without)[0], rel=1e-15)
    assert (slope[1] == 0.0).all()
    assert nets.close(slope[[0, 2]].ravel(), gradient(few, without)[0], tolerances.ROUNDING)
    assert (hessian[1] == 0.0).all()
    assert (hessian[:, :, 1] == 0.0).all()
    rest = hessian[[0, 2]][:, :, [0, 2]].reshape(10, 10)
    assert nets.close(rest, few.loss_hessian(without)[0], tolerances.ROUNDING)


@pytest.mark.parametrize("scale", [1e-100, 1e-9, 1.0, 1e9, 1e70])
def test_finite_at_any_size(scale):
    W = np.repeat(scale * drawn(3, 2, runs=4), 2, axis=0).reshape(8, 2, 3)
    W[1, 1], W[2, 1], W[3, 1], W[4] = W[1, 0], -W[2, 0], 2.0 * W[3, 0], scale * np.eye(3)[:2]
    objective, theta = population(3, 2), W.reshape(8, 6)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        for found in (objective.mean_loss(theta), gradient(objective, theta), objective.loss_hessian(theta)):
            assert np.isfinite(found).all()


def test_a_broken_run_stays_broken_and_breaks_no_other():
    objective, theta = population(3, 2), drawn(3, 2)
    broken = theta.copy()
    broken[1, 2], broken[3, 0] = np.nan, np.inf
    with np.errstate(all="ignore"):
        slopes, losses = gradient(objective, broken), objective.mean_loss(broken)
    assert (~np.isfinite(slopes[[1, 3]])).any(axis=1).all()
    assert (~np.isfinite(losses[[1, 3]])).all()
    assert np.array_equal(slopes[[0, 2, 4]], gradient(objective, theta)[[0, 2, 4]])


def test_the_penalty_is_kept_apart_and_what_needs_examples_is_not_a_number():
    objective, theta = population(5, 3), drawn(5, 3)
    l2, l1 = np.linspace(0.0, 0.4, 5), np.linspace(0.3, 0.0, 5)
    measured = objective.measure(theta, l2, l1)
    penalty = 0.5 * l2 * (theta**2).sum(axis=1) + l1 * np.abs(theta).sum(axis=1)
    assert tuple(measured) == MEASURES
    assert np.array_equal(measured["train_loss"], objective.mean_loss(theta))
    assert nets.close(measured["penalty"], penalty, tolerances.ORACLE_RELATIVE)
    assert np.array_equal(measured["J"], measured["train_loss"] + measured["penalty"])
    assert all(np.isnan(measured[name]).all() for name in set(MEASURES) - {"J", "penalty", "train_loss"})
    pulled = gradient(objective, theta) + l2[:, None] * theta + l1[:, None] * np.sign(theta)
    assert nets.close(objective.gradient(theta, l2, l1), pulled, tolerances.ORACLE_RELATIVE)


def test_an_empty_stack_is_one_too():
    objective, none = population(3, 2), np.empty((0, 6))
    assert objective.mean_loss(none).shape == (0,)
    assert gradient(objective, none).shape == (0, 6)


def test_gradient_descent_finds_the_published_minima():
    """7 students from normal starts: seed 0 ends at the teacher, seed 5 in the spurious minimum of Safran & Shamir."""
    objective, k = population(7, 7), 7
    theta = np.stack([np.random.default_rng(seed).normal(0.0, k**-0.5, k * k) for seed in (0, 5)])
    for _ in range(20_000):
        theta -= 0.1 * gradient(objective, theta)
    assert np.abs(gradient(objective, theta)).max() < 1e-12
    least = np.linalg.eigvalsh(objective.loss_hessian(theta))[:, 0]
    F = objective.mean_loss(theta)
    assert F[0] < tolerances.ROUNDING
    assert least[0] == pytest.approx(LEAST_EIGENVALUE, abs=1e-10)
    assert F[1] == pytest.approx(0.0232027149, abs=5e-11)
    assert least[1] == pytest.approx(0.014059, abs=5e-7)
