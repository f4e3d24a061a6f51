"""Does training take the steps that the lecture's descent takes, and record J at rest?"""

import warnings

import nets
import numpy as np
import oracle
import pytest
import tolerances
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier

from nnexp import config, plan, records
from nnexp.net.objective import Objective, Sample
from nnexp.net.streams import Order
from nnexp.net.training import initial_theta, recorded_steps, train
from nnexp.parts import registry

pytestmark = pytest.mark.usefixtures("either_way")

TANH = registry.make("activation", "tanh")
NLL = registry.make("loss", "nll"), registry.make("activation", "sigmoid")
SQUARED = registry.make("loss", "squared"), registry.make("activation", "identity")
SOFTMAX = registry.make("loss", "softmax_nll"), None
GD = registry.make("optimizer", "gd")
OPTIMIZERS = [GD, nets.sgd(1), nets.sgd(3), nets.sgd(11), nets.sgd(1, False), nets.sgd(5, False), nets.sgd(9, False)]
"""Runs last and runs first, drawn and shuffled, with and without a smaller last batch of the 13 examples."""


def oracle_paths(stack):
    """Theta after every step of every run, (runs, steps + 1, parameters), by the oracle."""
    paths, n = [], stack.objective.train.X.shape[1]
    starts, batch = initial_theta(stack), stack.optimizer.batch(n)
    for r in range(len(stack)):
        examples = None
        if batch is not None:
            order = Order(stack.order_seeds[r : r + 1], n, batch, stack.optimizer.shuffles)
            examples = [order.at(t)[0].tolist() for t in range(stack.steps)]
        factors = stack.schedules[r].factor(np.arange(stack.steps))
        problem = nets.problem(stack.objective, stack.l2[r], stack.l1[r])
        step_sizes = (stack.step_sizes[r] * factors).tolist()
        paths.append(oracle.trajectory(problem, starts[r].tolist(), step_sizes, examples))
    return np.array(paths)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=nets.label)
@pytest.mark.parametrize("activation", nets.activations(with_slope=True), ids=nets.label)
def test_every_step_equals_the_oracle(activation, optimizer):
    objective = nets.objective(nets.sizes(3), activation, NLL)
    slow = {"step_sizes": np.array([0.01, 0.02, 0.03])}  # a fast sine net blows up roundings tenfold a step
    stack = nets.stack(objective, optimizer, runs=3, steps=12, **nets.mixed(3) | slow)
    assert nets.close(train(stack).snapshots, oracle_paths(stack), tolerances.TRAJECTORY_RELATIVE)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=nets.label)
@pytest.mark.parametrize("ending", [SQUARED, SOFTMAX], ids=nets.ending_label)
def test_a_long_way_equals_the_oracle(ending, optimizer):
    """Past the 256 steps for which orders and step sizes are drawn at a time."""
    stack = nets.stack(nets.objective(nets.sizes(2), TANH, ending), optimizer, runs=2, steps=300, **nets.mixed(2))
    assert nets.close(train(stack).snapshots, oracle_paths(stack), tolerances.TRAJECTORY_RELATIVE)


@pytest.mark.parametrize("n", [5, nets.EXAMPLES], ids=["runs last", "runs first"])
def test_sgd_on_whole_passes_is_gd(n):
    objective = nets.objective(nets.sizes(3), TANH, NLL, examples=n)
    gd, sgd = (train(nets.stack(objective, optimizer, steps=300)) for optimizer in (GD, nets.sgd(n, False)))
    assert nets.close(sgd.snapshots, gd.snapshots, tolerances.TRAJECTORY_RELATIVE)
    assert nets.close(sgd.curves["J"], gd.curves["J"], tolerances.TRAJECTORY_RELATIVE)


@pytest.mark.parametrize("optimizer", [nets.sgd(1, False), nets.sgd(9, False)], ids=nets.label)
def test_the_penalty_pulls_the_same_whatever_the_batch(optimizer):
    """Where the data pull nowhere, only the penalty moves theta, by the same factor a step."""
    still = Sample(np.zeros((3, nets.EXAMPLES)), np.zeros((1, nets.EXAMPLES)))
    objective = nets.objective(nets.sizes(1, outputs=1), None, SQUARED)
    objective = Objective(objective.network, still, still, "regression")
    stack = nets.stack(objective, optimizer, steps=20, l2=np.full(nets.RUNS, 0.5))
    weights = train(stack).snapshots[:, :, :-1]
    factors = (1.0 - 0.1 * 0.5) ** np.arange(21)
    assert nets.close(weights, weights[:, :1] * factors[:, None], tolerances.TRAJECTORY_RELATIVE)


class SameStart(MLPClassifier):
    """The peer, started from given weights."""

    def start_from(self, weights):
        self.given = iter(weights)
        return self

    def _init_coef(self, fan_in, fan_out, dtype):
        return tuple(array.copy() for array in next(self.given))


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("depth", [2, 3])
def test_gd_equals_scikit_learn(name, depth):
    steps, activation = 300, registry.make("activation", name)
    objective = nets.objective(nets.sizes(depth, outputs=1), activation, NLL, task="binary")
    stack = nets.stack(objective, runs=1, steps=steps, step_sizes=np.array([0.3]))
    weights = objective.network.weights(initial_theta(stack)[0])
    peer = SameStart(
        objective.network.sizes[1:-1], activation={"sigmoid": "logistic"}.get(name, name), solver="sgd",
        batch_size=nets.EXAMPLES, momentum=0.0, nesterovs_momentum=False, alpha=0.0, shuffle=False,
        learning_rate="constant", learning_rate_init=0.3, max_iter=steps, tol=0.0, n_iter_no_change=1000,
    ).start_from(weights)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        peer.fit(objective.train.X.T, objective.train.Y[0])
    J = train(stack).curves["J"][0]
    assert len(peer.loss_curve_) == steps
    assert J[0] - J[-1] > 0.1
    assert nets.close(peer.loss_curve_, J[:-1], tolerances.PEER_RELATIVE)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=nets.label)
def test_curves_are_taken_at_rest(optimizer):
    objective = nets.objective(nets.sizes(2), TANH, NLL)
    stack = nets.stack(objective, optimizer, **nets.mixed(nets.RUNS))
    trained = train(stack)
    assert np.array_equal(trained.curves["J"], trained.curves["train_loss"] + trained.curves["penalty"])
    assert np.array_equal(trained.theta, trained.snapshots[:, -1])
    for place in range(len(trained.recorded)):
        J = objective.value(trained.snapshots[:, place], stack.l2, stack.l1)
        assert nets.close(trained.curves["J"][:, place], J, tolerances.ORACLE_RELATIVE)


def test_what_is_recorded_does_not_change_the_way():
    objective = nets.objective(nets.sizes(2), TANH, NLL)
    every, few = (nets.stack(objective, nets.sgd(3), steps=300, every_step=each) for each in (True, False))
    assert np.array_equal(train(every).theta, train(few).theta)
    assert np.array_equal(train(every).curves["J"][:, few.recorded], train(few).curves["J"])


def test_gd_and_sgd_start_from_the_same_weights():
    objective = nets.objective(nets.sizes(3), TANH, NLL)
    starts = [train(nets.stack(objective, optimizer, steps=2)).snapshots[:, 0] for optimizer in OPTIMIZERS]
    assert all(np.array_equal(start, starts[0]) for start in starts)
    assert len(np.unique(starts[0], axis=0)) == nets.RUNS  # seed 0 is a seed like any other


def test_the_order_seed_leaves_the_start_and_moves_the_way():
    objective = nets.objective(nets.sizes(2), TANH, NLL)
    stack = nets.stack(objective, nets.sgd(1), init_seeds=(0,) * nets.RUNS)
    trained = train(stack)
    assert len(np.unique(trained.snapshots[:, 0], axis=0)) == 1
    assert len(np.unique(trained.theta, axis=0)) == nets.RUNS


def test_no_step_is_a_training_too():
    stack = nets.stack(nets.objective(nets.sizes(2), TANH, NLL), steps=0)
    trained = train(stack)
    assert trained.recorded == (0,)
    assert np.array_equal(trained.theta, initial_theta(stack))
    assert (trained.diverged_at == -1).all()


@pytest.mark.parametrize(
    "asked",
    [{"activation": "step"}, {"loss": "squared", "output": "step", "activation": "relu"}, {"loss": "zero_one"}],
)
def test_step_units_take_no_step_and_say_so(asked):
    sweep = config.check({"dataset": "xor", "steps": 9, "seeds": 3, **asked})
    runs = plan.plan(sweep).runs
    stack = plan.stack(runs)
    trained = train(stack)
    table = records.table(runs, stack, trained, 1.0)
    assert np.array_equal(trained.theta, initial_theta(stack))
    assert trained.recorded == (0,)
    assert table["status"].to_pylist() == ["no_gradient"] * 3
    assert table["steps_taken"].to_pylist() == [0] * 3


@given(st.integers(0, 10**7), st.integers(1, 200))
def test_recorded_steps(steps, points):
    recorded = recorded_steps(steps, points)
    assert recorded[0] == 0
    assert recorded[-1] == steps
    assert list(recorded) == sorted(set(recorded))
    assert len(recorded) <= points + 2
    assert all(type(step) is int for step in recorded)


def test_recorded_steps_by_hand():
    assert recorded_steps(1000, 4) == (0, 1, 10, 100, 1000)
    assert recorded_steps(3, 60) == (0, 1, 2, 3)
    assert recorded_steps(0, 60) == (0,)
