"""Does a run end when its rule says so, keep what the rule keeps, and rest there, whatever its neighbors do?"""

from dataclasses import replace

import nets
import numpy as np
import oracle
import pytest
import tolerances

from nnexp import config, plan, records
from nnexp.net.training import initial_theta, train
from nnexp.parts import registry

pytestmark = pytest.mark.usefixtures("either_way")

TANH, RELU = registry.make("activation", "tanh"), registry.make("activation", "relu")
SQUARED = registry.make("loss", "squared"), registry.make("activation", "identity")
NLL = registry.make("loss", "nll"), registry.make("activation", "sigmoid")
LAYOUTS = pytest.mark.parametrize(
    "optimizer",
    [
        registry.make("optimizer", "gd"),
        nets.sgd(1),
        nets.sgd(9),
        nets.sgd(5, False),
        registry.make("optimizer", "adam"),
    ],
    ids=nets.label,
)


def rule(name, **given):
    return registry.make("stopping", name, given)


def validated(examples=19):
    """A net on few examples, with others for validation."""
    objective = nets.objective(nets.sizes(2), TANH, NLL)
    return replace(objective, validation=nets.objective(nets.sizes(2), TANH, NLL, examples=examples, seed=5).train)


def linear(stopping, steps=3000, runs=nets.RUNS):
    """Least squares, every run with another step size: they converge, each at its time."""
    objective = nets.objective(nets.sizes(1), None, SQUARED)
    sizes = np.linspace(0.02, 0.2, runs)
    return nets.stack(objective, runs=runs, steps=steps, every_step=False, step_sizes=sizes, stopping=stopping)


def test_a_small_gradient_ends_a_run_at_the_first_look_that_sees_it():
    stack = linear(rule("gradient_norm", at_most=1e-6, every=7))
    trained, problem = train(stack), nets.problem(stack.objective)
    assert len(set(trained.stopped_at.tolist())) > nets.RUNS // 2
    for run in range(len(stack)):
        stop, path = trained.stopped_at[run], initial_theta(stack)[run].tolist()
        norms = []
        for at in range(0, stop + 1, 7):
            norms.append(np.linalg.norm(oracle.gradient(problem, path)))
            path = oracle.trajectory(problem, path, [float(stack.step_sizes[run])] * 7)[-1] if at < stop else path
        assert stop % 7 == 0
        assert norms[-1] <= 1e-6 < min(norms[:-1])
        assert nets.close(trained.theta[run], path, tolerances.TRAJECTORY_RELATIVE)


@LAYOUTS
def test_runs_that_end_do_not_move_their_neighbors(optimizer):
    stopping = rule("no_improvement", least=0.01, patience=2, every=5)
    stack = nets.stack(validated(), optimizer, steps=600, every_step=False, stopping=stopping, **nets.mixed(nets.RUNS))
    together, free = train(stack), train(replace(stack, stopping=rule("steps")))
    stopped = together.stopped_at >= 0
    assert stopped.sum() > 1
    assert len(set(together.stopped_at.tolist())) > 2
    assert np.array_equal(together.theta[~stopped], free.theta[~stopped])
    for run in range(len(stack)):
        alone = train(stack.only([run]))
        assert alone.stopped_at[0] == together.stopped_at[run]
        assert np.array_equal(alone.theta[0], together.theta[run])
        assert np.array_equal(alone.curves["J"][0], together.curves["J"][run])


@LAYOUTS
def test_a_run_that_is_over_rests(optimizer):
    stopping = rule("no_improvement", least=0.01, patience=2, every=5)
    stack = nets.stack(validated(), optimizer, steps=400, stopping=stopping, **nets.mixed(nets.RUNS))
    trained, free = train(stack), train(replace(stack, stopping=rule("steps")))
    for run in np.flatnonzero(trained.stopped_at >= 0):
        stop = trained.stopped_at[run]
        assert np.array_equal(trained.snapshots[run, : stop + 1], free.snapshots[run, : stop + 1])
        assert (trained.snapshots[run, stop:] == trained.theta[run]).all()
        assert (trained.curves["J"][run, stop:] == trained.final["J"][run]).all()
        assert trained.theta_step[run] == trained.steps_taken[run] == stop


@LAYOUTS
def test_early_stopping_keeps_the_best_weights(optimizer):
    stopping = rule("early_stopping", patience=6, every=5)
    stack = nets.stack(validated(), optimizer, steps=500, stopping=stopping, step_sizes=np.full(nets.RUNS, 0.3))
    trained = train(stack)
    assert (trained.stopped_at >= 0).any()
    for run in range(len(stack)):
        looked = range(0, trained.steps_taken[run] + 1, 5)
        losses = trained.curves["validation_loss"][run, list(looked)]
        best = looked[int(losses.argmin())]
        assert trained.theta_step[run] == best
        assert np.array_equal(trained.theta[run], trained.snapshots[run, best])
        assert trained.final["validation_loss"][run] == losses.min()
        if trained.stopped_at[run] >= 0:
            assert trained.stopped_at[run] == best + 30


def test_the_last_step_is_looked_at_too():
    stack = linear(rule("early_stopping", patience=1000, every=100), steps=250)
    objective = replace(stack.objective, validation=stack.objective.train)
    stack = replace(stack, objective=objective, step_sizes=0.1 * stack.step_sizes)
    trained = train(stack)
    assert (trained.theta_step == 250).all()
    assert (trained.stopped_at == -1).all()


def test_a_run_that_diverges_is_not_taken_for_one_that_stopped():
    stack = linear(rule("gradient_norm", at_most=1e-6), runs=3)
    trained = train(replace(stack, step_sizes=np.array([0.1, 50.0, 0.2])))
    assert trained.diverged_at[1] > 0
    assert trained.stopped_at[1] == -1
    assert (trained.stopped_at[[0, 2]] > 0).all()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, "steps"),
        ({"stopping": {"gradient_norm": {"at_most": 1.0}}}, "gradient_norm"),
        ({"stopping": {"no_improvement": {"least": 0.9, "every": 1, "patience": 1}}}, "no_improvement"),
        ({"stopping": {"early_stopping": {"every": 1, "patience": 1}}, "step_size": 9.0}, "early_stopping"),
        ({"step_size": 1e300, "loss": "squared", "activation": "relu"}, "diverged"),
        ({"activation": "step"}, "no_gradient"),
        ({"loss": "zero_one"}, "no_gradient"),
    ],
)
def test_the_record_says_why_a_run_ended(asked, reason):
    runs = plan.plan(config.check({"steps": 40, "seeds": 2, "step_size": 0.1, **asked})).runs
    stack = plan.stack(runs)
    table = records.table(runs, stack, train(stack), 1.0)
    assert table["reason"].to_pylist() == [reason] * 2
    status = reason if reason in records.STATUS else "finished"
    assert table["status"].to_pylist() == [status] * 2
    if reason not in ("steps", "diverged"):
        assert max(table["steps_taken"].to_pylist()) < 40


def test_validation_examples_are_not_trained_on():
    sweep = config.check({"stopping": {"early_stopping": {"share": [0.1, 0.25], "seed": 3}}, "seeds": 1, "steps": 1})
    for configuration, share in zip(plan.plan(sweep).configurations, (0.1, 0.25), strict=True):
        objective, data = configuration.objective(), configuration.data
        both = np.concatenate([objective.train.X, objective.validation.X], axis=1)
        assert objective.validation.X.shape[1] == round(share * data.X_train.shape[1])
        assert configuration.n_examples == objective.train.X.shape[1]
        assert np.array_equal(np.sort(both[0]), np.sort(data.X_train[0]))
