"""By what factor does every schedule multiply the step size?"""

import nets
import numpy as np
import pytest

from nnexp.parts import registry

EVERY = pytest.mark.parametrize("schedule", nets.every("schedule"), ids=nets.label)
STEPS = np.array([0, 1, 2, 255, 256, 257, 1000, 10**9])


@EVERY
def test_factors_are_finite_and_never_below_zero(schedule):
    factors = schedule.factor(STEPS)
    assert factors.shape == STEPS.shape
    assert factors.dtype == np.float64
    assert np.isfinite(factors).all()
    assert (factors >= 0.0).all()


@EVERY
def test_a_step_has_one_factor_however_it_is_asked_for(schedule):
    alone = [schedule.factor(STEPS[i : i + 1])[0] for i in range(len(STEPS))]
    assert np.array_equal(schedule.factor(STEPS), alone)


def test_constant_by_hand():
    assert registry.make("schedule", "constant").factor(STEPS).tolist() == [1.0] * len(STEPS)


def test_inverse_time_by_hand():
    schedule = registry.make("schedule", "inverse_time", {"decay": 0.5})
    assert schedule.factor(np.array([0, 1, 2, 6])).tolist() == [1.0, 1.0 / 1.5, 0.5, 0.25]


BY_HAND = [
    ("inverse_sqrt", {"decay": 3.0}, [0, 1, 5], [1.0, 0.5, 0.25]),
    ("power", {"power": 0.5}, [0, 3, 15], [1.0, 0.5, 0.25]),
    ("step_decay", {"every": 10, "drop": 0.5}, [0, 9, 10, 25], [1.0, 1.0, 0.5, 0.25]),
    ("cosine", {"over": 8, "floor": 0.5}, [0, 4, 8, 99], [1.0, 0.75, 0.5, 0.5]),
    ("constant", {"warm_up": 4}, [0, 1, 3, 4], [0.25, 0.5, 1.0, 1.0]),
    ("step_decay", {"every": 2, "drop": 0.5, "warm_up": 4}, [0, 2, 4], [0.25, 0.375, 0.25]),
]


@pytest.mark.parametrize(("name", "parameters", "steps", "factors"), BY_HAND)
def test_by_hand(name, parameters, steps, factors):
    made = registry.make("schedule", name, parameters).factor(np.array(steps))
    assert np.allclose(made, factors, rtol=1e-15, atol=0.0)


@EVERY
def test_robbins_monro_means_falling_like_a_power_between_a_half_and_one(schedule):
    """Then the factors add up to infinity, and their squares do not."""
    early, late = schedule.factor(np.array([10**12, 10**14]))
    power = -np.log(late / early) / np.log(100.0) if late > 0.0 else np.inf
    assert schedule.robbins_monro == (0.5 + 1e-6 < power < 1.0 + 1e-6)
