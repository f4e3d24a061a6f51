"""By what factor does every schedule multiply the step size?"""

import nets
import numpy as np
import pytest

from nnexp.parts import registry

EVERY = pytest.mark.parametrize("schedule", nets.every("schedule"), ids=nets.label)
STEPS = np.array([0, 1, 2, 255, 256, 257, 1000, 10**9])


@EVERY
def test_factors_are_finite_and_above_zero(schedule):
    factors = schedule.factor(STEPS)
    assert factors.shape == STEPS.shape
    assert factors.dtype == np.float64
    assert np.isfinite(factors).all()
    assert (factors > 0.0).all()


@EVERY
def test_a_step_has_one_factor_however_it_is_asked_for(schedule):
    alone = [schedule.factor(STEPS[i : i + 1])[0] for i in range(len(STEPS))]
    assert np.array_equal(schedule.factor(STEPS), alone)


def test_constant_by_hand():
    assert registry.make("schedule", "constant").factor(STEPS).tolist() == [1.0] * len(STEPS)


def test_inverse_time_by_hand():
    schedule = registry.make("schedule", "inverse_time", {"decay": 0.5})
    assert schedule.factor(np.array([0, 1, 2, 6])).tolist() == [1.0, 1.0 / 1.5, 0.5, 0.25]
