"""What becomes of a run that leaves the finite numbers, and of its neighbors?"""

import nets
import numpy as np
import oracle
import pytest

from nnexp.net.training import initial_theta, train
from nnexp.parts import registry

pytestmark = pytest.mark.usefixtures("either_way")

SQUARED = registry.make("loss", "squared"), registry.make("activation", "identity")
NLL = registry.make("loss", "nll"), registry.make("activation", "sigmoid")
RELU, IDENTITY = registry.make("activation", "relu"), registry.make("activation", "identity")
OPTIMIZERS = [registry.make("optimizer", "gd"), nets.sgd(1), nets.sgd(9), nets.sgd(5, False)]
EVERY = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=nets.label)
STEP_SIZES = np.array([0.01, 5.0, 0.02, 1e100, 0.03])
BROKEN, SOUND = [1, 3], [0, 2, 4]


def mixed_fates(optimizer, ending=SQUARED, steps=300):
    """Five runs, of which two have a step size that is far too large."""
    objective = nets.objective(nets.sizes(2), IDENTITY, ending)
    return nets.stack(objective, optimizer, runs=5, steps=steps, every_step=False, step_sizes=STEP_SIZES)


@pytest.mark.parametrize(("depth", "activation"), [(1, None), (2, RELU), (3, IDENTITY)])
@pytest.mark.parametrize("step_size", [3.0, 30.0, 1e200])
def test_the_step_that_broke_it_is_the_oracles(depth, activation, step_size):
    objective = nets.objective(nets.sizes(depth), activation, SQUARED)
    stack = nets.stack(objective, runs=3, steps=700, every_step=False, step_sizes=np.full(3, step_size))
    starts, problem = initial_theta(stack).tolist(), nets.problem(objective)
    expected = [oracle.first_broken_step(problem, theta, step_size, 700) for theta in starts]
    assert -1 not in expected
    assert train(stack).diverged_at.tolist() == expected


@EVERY
def test_sound_runs_do_not_notice(optimizer):
    stack = mixed_fates(optimizer)
    together, without = train(stack), train(stack.only(SOUND))
    assert (together.diverged_at[BROKEN] > 0).all()
    assert (together.diverged_at[SOUND] == -1).all()
    assert np.array_equal(together.theta[SOUND], without.theta)
    assert np.array_equal(together.snapshots[SOUND], without.snapshots)
    for name, curve in without.curves.items():
        assert np.array_equal(together.curves[name][SOUND], curve, equal_nan=True), name


@EVERY
@pytest.mark.parametrize("run", BROKEN)
def test_a_broken_run_is_the_same_alone(optimizer, run):
    stack = mixed_fates(optimizer)
    together, alone = train(stack), train(stack.only([run]))
    assert alone.diverged_at[0] == together.diverged_at[run]
    assert np.array_equal(alone.snapshots[0], together.snapshots[run], equal_nan=True)
    for name, curve in alone.curves.items():
        assert np.array_equal(curve[0], together.curves[name][run], equal_nan=True)


def test_a_run_that_breaks_slowly_is_the_same_alone():
    """With NLL an infinite weight gives a finite slope, so that theta goes on to change after the step that broke it."""
    objective = nets.objective(nets.sizes(1), None, NLL)
    given = {"step_sizes": np.array([0.1, 1.7e308]), "every_step": False}
    stack = nets.stack(objective, nets.sgd(1), runs=2, steps=20, **given)
    together, alone = train(stack), train(stack.only([1]))
    assert np.array_equal(alone.snapshots[0], together.snapshots[1], equal_nan=True)


@EVERY
def test_a_broken_run_has_no_numbers_after(optimizer):
    stack = mixed_fates(optimizer)
    trained = train(stack)
    assert np.isnan(trained.theta[BROKEN]).all()
    for run in BROKEN:
        after = np.array(stack.recorded) >= trained.diverged_at[run]
        assert after.any()
        assert all(np.isnan(curve[run, after]).all() for curve in trained.curves.values())
        assert np.isfinite(trained.curves["J"][run, 0])


@EVERY
def test_nothing_is_raised(optimizer):
    with np.errstate(all="raise"):
        train(mixed_fates(optimizer))


@EVERY
def test_an_infinite_objective_is_divergence_too(optimizer):
    """With NLL and a huge step the parameters stay finite, but J, which squares them in its penalty, does not."""
    objective = nets.objective(nets.sizes(1), None, NLL)
    given = {"step_sizes": np.array([0.1, 1e170]), "l2": np.array([1e-300, 1e-300])}
    trained = train(nets.stack(objective, optimizer, runs=2, steps=3, **given))
    assert trained.diverged_at.tolist() == [-1, 1]
    assert np.isnan(trained.theta[1]).all()
    assert np.isnan(trained.curves["J"][1, 1:]).all()
