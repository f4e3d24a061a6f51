"""Does every loss, on every output unit and task it allows, give its own slope and curvature, and finite numbers?"""

import functools
import math

import differences
import nets
import numpy as np
import pytest
import tolerances

from nnexp.parts import registry

CASES = [(loss, unit, task) for loss, unit in nets.endings() for task in nets.tasks(loss)]
EVERY = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{nets.ending_label(c)}-{c[2]}")
OUTPUTS, EXAMPLES = 3, 101
TANH = registry.make("activation", "tanh")


@functools.cache
def points(unit, task):
    """Z (outputs, examples) away from the unit's kinks, and Y of the task."""
    rng = np.random.default_rng(0)
    z = 1.5 * rng.normal(size=2 * OUTPUTS * EXAMPLES)
    if unit is not None:
        z = differences.away_from_kinks(lambda z: bent(unit, z), z)
    z = z[: OUTPUTS * EXAMPLES].reshape(OUTPUTS, EXAMPLES)
    return z, nets.targets(rng, task, *z.shape)


def bent(unit, z):
    """The unit's value and slope in one, so that the kinks of both are found."""
    a = unit.value(z, np.empty_like(z))
    return a + unit.slope(z, a, np.empty_like(z))


def slope(loss, unit, z, Y):
    return loss.slope(z.copy(), Y, unit, np.empty_like(z))


def smooth(loss, unit, z, Y):
    """(examples,), whether neither value, slope nor curvature jumps within reach of the differences, along any output.

    What a smooth function changes between -h and h halves with h; what a jump adds does not.
    """
    found, h = np.ones(EXAMPLES, dtype=bool), 2.0 * tolerances.COARSE_STEP
    for f in (
        lambda z: loss.value(z, Y, unit)[None, :],
        lambda z: slope(loss, unit, z, Y),
        lambda z: loss.curvature(z, Y, unit).sum(axis=0),
    ):
        for direction in map(along, range(OUTPUTS)):
            far, near = (f(z + direction * reach) - f(z - direction * reach) for reach in (h, h / 2.0))
            found &= (np.abs(far - 2.0 * near) <= 0.2 * np.abs(far) + 1e-3).all(axis=0)
    return found


def along(output):
    """The direction in z of one output."""
    return np.eye(OUTPUTS)[output][:, None]


@EVERY
@pytest.mark.parametrize("output", range(OUTPUTS))
def test_slope_is_the_derivative_of_value(case, output):
    loss, unit, task = case
    z, Y = points(unit, task)
    claimed = slope(loss, unit, z, Y)[output]
    kept = smooth(loss, unit, z, Y)
    assert kept.mean() > 0.3
    values = lambda h: loss.value(z + along(output) * h, Y, unit)[kept]  # noqa: E731
    assert differences.is_derivative(values, claimed[kept], 0.0)


@EVERY
@pytest.mark.parametrize("output", range(OUTPUTS))
def test_curvature_is_the_derivative_of_slope(case, output):
    loss, unit, task = case
    z, Y = points(unit, task)
    claimed = loss.curvature(z, Y, unit)
    assert claimed.shape == (OUTPUTS, OUTPUTS, EXAMPLES)
    kept = smooth(loss, unit, z, Y)
    slopes = lambda h: slope(loss, unit, z + along(output) * h, Y)[:, kept]  # noqa: E731
    assert differences.is_derivative(slopes, claimed[output][:, kept], 0.0)
    assert np.array_equal(claimed, claimed.swapaxes(0, 1))


@EVERY
def test_finite_far_out(case):
    loss, unit, task = case
    z = np.array([np.full(4, 0.0), [1000.0, -1000.0, 0.0, 710.0], [-1000.0, 1000.0, 1000.0, -745.0]])
    Y = nets.targets(np.random.default_rng(1), task, *z.shape)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        for found in (loss.value(z, Y, unit), slope(loss, unit, z, Y), loss.curvature(z, Y, unit)):
            assert np.isfinite(found).all()
        assert np.isfinite(loss.guess(z, unit)).all()


@EVERY
def test_a_stack_of_runs_is_each_run(case):
    loss, unit, task = case
    z, Y = points(unit, task)
    runs = np.stack([z, -z, 0.5 * z])
    for r in range(3):
        assert np.array_equal(loss.value(runs, Y, unit)[r], loss.value(runs[r], Y, unit))
        assert np.array_equal(slope(loss, unit, runs, Y)[r], slope(loss, unit, runs[r], Y))
        assert np.array_equal(loss.curvature(runs, Y, unit)[r], loss.curvature(runs[r], Y, unit))


@EVERY
def test_labels_are_guesses_above_one_half(case):
    loss, unit, task = case
    z, _ = points(unit, task)
    assert np.array_equal(loss.labels(z, unit), loss.guess(z, unit) > 0.5)


@EVERY
def test_a_loss_without_slope_has_none_anywhere_and_says_so(case):
    """A unit may still be flat: then the slope is 0 under any loss."""
    loss, unit, task = case
    z, Y = points(unit, task)
    flat = unit is not None and not unit.has_slope
    assert np.any(slope(loss, unit, z, Y) != 0.0) == (loss.has_slope and not flat)


@EVERY
def test_value_leaves_z_alone(case):
    loss, unit, task = case
    z, Y = points(unit, task)
    kept = z.copy()
    loss.value(z, Y, unit), loss.curvature(z, Y, unit), loss.guess(z, unit), loss.labels(z, unit)
    assert np.array_equal(z, kept)


def test_squared_by_hand():
    loss, unit = registry.make("loss", "squared"), registry.make("activation", "identity")
    z, Y = np.array([[3.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 1.0], [5.0, 0.5]])
    assert loss.value(z, Y, unit).tolist() == [4.0 + 25.0, 0.25]  # no 1/2, summed over the outputs
    assert slope(loss, unit, z, Y).tolist() == [[4.0, 0.0], [-10.0, 1.0]]


def test_nll_by_hand():
    loss, unit = registry.make("loss", "nll"), registry.make("activation", "sigmoid")
    z, Y = np.array([[0.0, math.log(3.0)], [0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    expected = [2.0 * math.log(2.0), math.log(4.0) + math.log(2.0)]  # the guess at z = ln 3 is 3/4
    assert np.allclose(loss.value(z, Y, unit), expected, rtol=1e-15)
    assert np.allclose(slope(loss, unit, z, Y), [[-0.5, 0.75], [0.5, -0.5]], rtol=1e-15)
    assert not loss.labels(np.zeros((1, 1)), unit).any()  # a guess of exactly 1/2 says 0


def test_softmax_by_hand():
    loss = registry.make("loss", "softmax_nll")
    z, Y = np.log(np.array([[1.0, 2.0], [2.0, 2.0], [5.0, 4.0]])), np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    assert np.allclose(loss.guess(z, None), [[0.125, 0.25], [0.25, 0.25], [0.625, 0.5]], rtol=1e-15)
    assert np.allclose(loss.value(z, Y, None), [math.log(4.0), math.log(4.0)], rtol=1e-15)


def test_huber_by_hand():
    loss, unit = registry.make("loss", "huber"), registry.make("activation", "identity")
    z, Y = np.array([[0.5, 3.0, -3.0]]), np.zeros((1, 3))
    assert loss.value(z, Y, unit).tolist() == [0.25, 5.0, 5.0]  # r^2 near 0, 2 |r| - 1 beyond 1
    assert slope(loss, unit, z, Y).tolist() == [[1.0, 2.0, -2.0]]


def test_hinge_by_hand():
    loss, unit = registry.make("loss", "hinge"), registry.make("activation", "identity")
    z, Y = np.array([[2.0, 0.25, 0.25, -1.0]]), np.array([[1.0, 1.0, 0.0, 0.0]])
    assert loss.value(z, Y, unit).tolist() == [0.0, 0.75, 1.25, 0.0]
    assert slope(loss, unit, z, Y).tolist() == [[0.0, -1.0, 1.0, 0.0]]
    assert loss.labels(z, unit).tolist() == [[True, True, True, False]]


def test_zero_one_by_hand():
    loss, unit = registry.make("loss", "zero_one"), registry.make("activation", "sigmoid")
    z, Y = (
        np.array([[2.0, 2.0, -0.1, 0.0], [0.3, -0.3, 5.0, 0.0]]),
        np.array([[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0]]),
    )
    assert loss.value(z, Y, unit).tolist() == [0.0, 2.0, 1.0, 1.0]  # a guess of exactly 1/2 says 0
    assert slope(loss, unit, z, Y).tolist() == [[0.0] * 4] * 2
    assert loss.output == "sigmoid"


def test_zero_one_is_the_error_that_every_binary_run_reports():
    objective = nets.objective(nets.sizes(2), TANH, (registry.make("loss", "zero_one"), TANH), task="binary")
    theta = nets.thetas(objective)
    assert not objective.network.has_slope
    measured = objective.measure(theta, np.zeros(nets.RUNS), np.zeros(nets.RUNS))
    assert np.allclose(measured["train_loss"], nets.OUTPUTS * measured["train_error"], rtol=1e-15)
    assert len(set(measured["train_loss"])) > 2


@pytest.mark.parametrize(("plain", "unit"), [("nll", "sigmoid"), ("squared", "tanh")])
def test_asymmetric_losses_weigh_what_is_1(plain, unit):
    unit, asymmetric = (
        registry.make("activation", unit),
        registry.make("loss", f"asymmetric_{plain}", {"false_negative_cost": 4.0}),
    )
    z, Y = np.array([[0.3, 0.3, -2.0]]), np.array([[0.0, 1.0, 1.0]])
    once = registry.make("loss", plain).value(z, Y, unit)
    assert np.allclose(asymmetric.value(z, Y, unit), once * [1.0, 4.0, 4.0], rtol=1e-15)


def test_softmax_of_two_classes_is_nll():
    z, label = np.linspace(-5.0, 5.0, 7)[None, :], np.array([[0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0]])
    two, classes = np.concatenate([np.zeros_like(z), z]), np.concatenate([1.0 - label, label])
    nll = registry.make("loss", "nll").value(z, label, registry.make("activation", "sigmoid"))
    assert np.allclose(registry.make("loss", "softmax_nll").value(two, classes, None), nll, rtol=1e-13)
