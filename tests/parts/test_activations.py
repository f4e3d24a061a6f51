"""Does every activation give its own slope and curvature, and finite numbers at any z?"""

import differences
import nets
import numpy as np
import oracle
import pytest
import tolerances

from nnexp.parts import registry

EVERY = pytest.mark.parametrize("activation", nets.every("activation"), ids=nets.label)
NEEDS_NO_Z = nets.every("activation", lambda part: not part.needs_z)
POINTS = np.linspace(-4.0, 4.0, 81)
FAR = np.array([0.0, 1e-300, 1e-20, 1.0, 17.0, 37.0, 40.0, 700.0, 709.0, 710.0, 746.0, 1000.0])


def value(f, z):
    return f.value(z, np.empty_like(z))


def slope(f, z):
    return f.slope(z, value(f, z), np.empty_like(z))


def curvature(f, z):
    return f.curvature(z, value(f, z), np.empty_like(z))


@EVERY
def test_slope_is_the_derivative_of_value(activation):
    z = differences.away_from_kinks(lambda z: value(activation, z), POINTS)
    z = differences.away_from_kinks(lambda z: slope(activation, z), z)
    assert len(z) > 70
    assert differences.is_derivative(lambda z: value(activation, z), slope(activation, z), z)


@EVERY
def test_curvature_is_the_derivative_of_slope(activation):
    z = differences.away_from_kinks(lambda z: slope(activation, z), POINTS)
    assert len(z) > 70
    assert differences.is_derivative(lambda z: slope(activation, z), curvature(activation, z), z)


@EVERY
@pytest.mark.parametrize("method", [value, slope, curvature])
def test_finite_far_out(activation, method):
    z = np.concatenate([-FAR, FAR])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.isfinite(method(activation, z)).all()


@pytest.mark.parametrize("activation", NEEDS_NO_Z, ids=nets.label)
def test_value_in_place(activation):
    z = POINTS.copy()
    assert activation.value(z, out=z) is z
    assert np.array_equal(z, value(activation, POINTS))


@pytest.mark.parametrize("activation", NEEDS_NO_Z, ids=nets.label)
@pytest.mark.parametrize("method", ["slope", "curvature"])
def test_what_does_not_need_z_does_not_read_it(activation, method):
    a, nothing = value(activation, POINTS), np.full_like(POINTS, np.nan)
    found = getattr(activation, method)(nothing, a, np.empty_like(a))
    assert np.array_equal(found, {"slope": slope, "curvature": curvature}[method](activation, POINTS))


@EVERY
def test_methods_leave_z_and_a_alone(activation):
    z, a = POINTS.copy(), value(activation, POINTS)
    kept = a.copy()
    for method in (activation.slope, activation.curvature):
        assert method(z, a, np.empty_like(z)).shape == z.shape
    assert np.array_equal(z, POINTS)
    assert np.array_equal(a, kept)


@EVERY
def test_a_step_is_what_has_no_slope(activation):
    assert activation.has_slope == bool(np.any(slope(activation, POINTS) != 0.0))


@pytest.mark.parametrize("activation", nets.activations(), ids=nets.label)
def test_value_and_slope_are_the_lectures(activation):
    z = np.concatenate([POINTS, [-30.0, -15.0, 15.0, 30.0]])
    f, df = oracle.ACTIVATIONS[activation.name]
    given = nets.parameters(activation)
    assert nets.close(value(activation, z), [f(x, **given) for x in z.tolist()], tolerances.ORACLE_RELATIVE)
    assert nets.close(slope(activation, z), [df(x, **given) for x in z.tolist()], tolerances.ORACLE_RELATIVE)


def test_at_zero_by_definition():
    zero, step, relu = np.zeros(1), registry.make("activation", "step"), registry.make("activation", "relu")
    assert value(step, zero) == 0.0
    assert value(step, np.array([5e-324])) == 1.0
    assert value(step, np.array([-0.0])) == 0.0
    assert slope(relu, zero) == 0.0
    assert slope(relu, np.array([5e-324])) == 1.0
    assert slope(registry.make("activation", "leaky_relu", {"leak": 0.25}), zero) == 0.25
