"""Has a run diverged whose numbers all stayed finite, and is one left alone that only spikes, levels off or is noisy?"""

from dataclasses import replace

import nets
import numpy as np
import pytest

from nnexp.net.divergence import exploded_at
from nnexp.net.training import train
from nnexp.parts import registry

STEPS = np.array([0, 1, 2, 4, 8, 16, 32, 64, 100, 128, 180, 220, 256])
T = STEPS[-1]
SQUARED = registry.make("loss", "squared"), registry.make("activation", "identity")


def found(J, at_zero=1.0, steps=STEPS, taken=None, end=None):
    J = np.asarray(J, dtype=float)
    end, taken = J[-1] if end is None else end, steps[-1] if taken is None else taken
    return int(exploded_at(J[None], np.array([end]), steps, np.array([taken]), at_zero)[0])


def growing(to):
    """J that grows from 1 by the same factor at each step."""
    return float(to) ** (STEPS / T)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
@pytest.mark.parametrize(
    ("J", "step"),
    [
        (np.where(STEPS < 64, 0.9, 150.0), 64),  # level, but far above
        (np.where(STEPS % 128 == 0, 101.0, 500.0) * (STEPS > 2) + (STEPS <= 2), 4),  # noisy, and far above
        (growing(5.0), 1),
        (growing(1.5), 1),
        (1.0 + 2.0 * STEPS / T, 1),  # neither levels off
        (np.maximum(growing(1e4) / 1e3, 1.0 / (1.0 + STEPS)), 220),  # falls first
    ],
)
def test_a_run_that_explodes_has_diverged_whatever_the_units_of_J(J, step, scale):
    assert found(scale * J, at_zero=scale) == step


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
@pytest.mark.parametrize(
    "J",
    [
        np.where(STEPS == 64, 1e30, 0.5),  # a spike that comes back
        np.where(STEPS < 64, 0.5, 60.0),  # a bad plateau
        5.0 - 4.0 / (1.0 + STEPS),  # rises, and levels off
        1.0 + 1e-3 * STEPS / T,  # hardly rises
        np.where(STEPS == 4, 9.0, growing(5.0)),  # has been higher
        3.0 + np.sin(STEPS),  # noise
        growing(0.2),
    ],
)
def test_a_run_that_spikes_levels_off_or_is_noisy_has_not(J, scale):
    assert found(scale * J, at_zero=scale) == -1


def test_a_run_that_starts_at_an_optimum_may_rise_by_noise():
    J = np.where(STEPS == 0, 1e-30, 0.01)
    assert found(J, at_zero=1.0) == -1
    assert found(J, at_zero=1e-30) == 1


def test_a_run_with_a_bad_start_may_end_above_theta_0():
    assert found(1e4 * growing(0.5), at_zero=1.0) == -1


def test_theta_that_is_kept_decides_and_not_where_the_run_was_last():
    assert found(growing(1e6), end=0.8) == -1


def test_a_run_that_a_rule_stopped_while_it_grew_has_diverged_and_its_level_rest_does_not_count():
    J = np.where(STEPS <= 128, growing(25.0), 25.0 ** (128 / T))
    assert found(J, taken=128) == 1
    assert found(J) == -1


def test_few_recorded_points_are_not_enough_to_say_that_J_grows():
    assert found([1.0, 1.1, 5.0], steps=np.array([0, 1, 100])) == -1
    assert found([1.0, 1.1, 500.0], steps=np.array([0, 1, 100])) == 1


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("optimizer", [registry.make("optimizer", "gd"), nets.sgd(9)], ids=nets.label)
def test_a_linear_model_diverges_from_the_step_size_on_at_which_theory_says_so(optimizer):
    """GD on a quadratic function diverges if and only if the step size is above 2 / (greatest eigenvalue)."""
    objective = nets.objective(nets.sizes(1), None, SQUARED)
    edge = 2.0 / np.linalg.eigvalsh(objective.hessian(np.zeros((1, objective.network.n_parameters)))[0])[-1]
    sizes = edge * np.array([0.1, 0.9, 1.02, 1.2, 1.5])
    stack = nets.stack(objective, optimizer, runs=5, steps=200, step_sizes=sizes)
    trained = train(replace(stack, recorded=tuple(range(0, 201, 10)), snapshots=(0, 100, 200)))
    broken = trained.diverged_at >= 0
    if optimizer.name == "gd":
        assert broken.tolist() == [False, False, True, True, True]
    assert broken[0] != broken[-1]
    assert np.isfinite(trained.curves["J"]).all()
    assert np.isnan(trained.theta[broken]).all()
    assert np.isnan(trained.final["J"]).tolist() == broken.tolist()
    assert (trained.steps_taken[broken] == trained.diverged_at[broken]).all()
    gone = np.array(trained.kept) >= trained.diverged_at[-1]
    assert np.isnan(trained.snapshots[-1, gone]).all()
    assert np.isfinite(trained.snapshots[-1, ~gone]).all()


def test_the_best_weights_that_early_stopping_kept_are_no_divergence():
    objective = nets.objective(nets.sizes(1), None, SQUARED)
    objective = replace(objective, validation=objective.train)
    rule = registry.make("stopping", "early_stopping", {"every": 1, "patience": 5})
    large = {"runs": 2, "steps": 100, "step_sizes": np.full(2, 3.0)}
    assert (train(nets.stack(objective, **large)).diverged_at > 0).all()
    stopped = train(nets.stack(objective, stopping=rule, **large))
    assert (stopped.diverged_at == -1).all()
    assert np.isfinite(stopped.theta).all()
    assert (stopped.curves["J"].max(axis=1) > 100.0 * stopped.final["J"]).all()


def test_weights_that_grow_for_ever_on_separable_data_have_not_diverged():
    nll = registry.make("loss", "nll"), registry.make("activation", "sigmoid")
    objective = nets.objective(nets.sizes(1, 1), None, nll)
    X = objective.train.X
    separable = replace(objective, train=replace(objective.train, Y=(X[:1] > 0.0).astype(float)))
    trained = train(nets.stack(separable, runs=3, steps=500, step_sizes=np.array([1.0, 10.0, 100.0])))
    assert (trained.diverged_at == -1).all()
