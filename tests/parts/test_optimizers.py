"""How does every optimizer move theta, and which examples does a step see?"""

import nets
import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

from nnexp.parts import registry

EVERY = pytest.mark.parametrize("optimizer", nets.every("optimizer"), ids=nets.label)
RUNS, PARAMETERS, STEPS = 5, 3, 4


def moved(optimizer, theta, gradients, step_size):
    """Theta after one update for each gradient."""
    theta = theta.copy()
    state = optimizer.state(theta)
    for gradient in gradients:
        optimizer.update(theta, gradient.copy(), step_size, state)
    return theta


def drawn():
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(STEPS, RUNS, PARAMETERS))
    return rng.normal(size=(RUNS, PARAMETERS)), gradients, rng.uniform(0.1, 0.5, RUNS)


@EVERY
def test_runs_never_mix(optimizer):
    theta, gradients, step_sizes = drawn()
    together = moved(optimizer, theta, gradients, step_sizes[:, None])
    alone = [moved(optimizer, theta[r : r + 1], gradients[:, r : r + 1], step_sizes[r])[0] for r in range(RUNS)]
    assert np.array_equal(together, alone)
    assert not np.array_equal(together, theta)


@EVERY
def test_runs_first_or_last_is_the_same(optimizer):
    theta, gradients, step_sizes = drawn()
    first = moved(optimizer, theta, gradients, step_sizes[:, None])
    last = moved(optimizer, np.ascontiguousarray(theta.T), gradients.swapaxes(1, 2), step_sizes)
    assert np.array_equal(first, last.T)


@EVERY
@pytest.mark.parametrize("n", [1, 2, 13])
def test_a_step_sees_at_least_one_example_and_at_most_all(optimizer, n):
    batch = optimizer.batch(n)
    assert batch is None or 1 <= batch <= n
    assert optimizer.steps_per_pass(n) > 0.0


@pytest.mark.parametrize("optimizer", [registry.make("optimizer", "gd"), nets.sgd(3)], ids=nets.label)
def test_descent_by_hand(optimizer):
    theta = moved(optimizer, np.array([[1.0, -2.0]]), [np.array([[2.0, 4.0]])], np.array([[0.25]]))
    assert theta.tolist() == [[0.5, -3.0]]


@pytest.mark.parametrize(
    ("batch_size", "replacement", "n", "batch", "steps"),
    [(1, True, 13, 1, 13.0), (4, True, 13, 4, 3.25), (4, False, 13, 4, 4.0), (99, True, 13, 13, 1.0)],
)
def test_passes_by_hand(batch_size, replacement, n, batch, steps):
    optimizer = nets.sgd(batch_size, replacement)
    assert optimizer.batch(n) == batch
    assert optimizer.shuffles is not replacement
    assert optimizer.steps_per_pass(n) == steps


def test_gd_sees_everything_once_a_step():
    optimizer = registry.make("optimizer", "gd")
    assert optimizer.batch(13) is None
    assert optimizer.steps_per_pass(13) == 1.0


def test_momentum_by_hand():
    start, gradients = np.array([[1.0]]), [np.array([[2.0]]), np.array([[1.0]])]
    optimizer = registry.make("optimizer", "momentum", {"momentum": 0.5})
    assert moved(optimizer, start, gradients, np.array([[0.25]])).tolist() == [[1.0 - 0.25 * 2.0 - 0.25 * 2.0]]
    optimizer = registry.make("optimizer", "nesterov", {"momentum": 0.5})
    assert moved(optimizer, start, gradients, np.array([[0.25]])).tolist() == [[1.0 - 0.25 * 3.0 - 0.25 * 2.0]]


def test_momentum_without_momentum_is_gd():
    theta, gradients, step_sizes = drawn()
    plain = moved(registry.make("optimizer", "gd"), theta, gradients, step_sizes[:, None])
    for name in ("momentum", "nesterov"):
        bare = registry.make("optimizer", name, {"momentum": 0.0})
        assert np.array_equal(moved(bare, theta, gradients, step_sizes[:, None]), plain)


def test_rmsprop_by_hand():
    optimizer = registry.make("optimizer", "rmsprop", {"decay": 0.75, "epsilon": 1.0})
    theta = moved(optimizer, np.array([[1.0]]), [np.array([[2.0]])], np.array([[0.5]]))
    assert theta.tolist() == [[1.0 - 0.5 * 2.0 / (1.0 + 1.0)]]  # s = (1 - 0.75) * 4 = 1


def test_adams_first_step_is_the_step_size():
    theta, gradients, _ = drawn()
    optimizer = registry.make("optimizer", "adam", {"epsilon": 1e-300})
    first = moved(optimizer, theta, gradients[:1], np.array([[0.125]]))
    assert np.allclose(first, theta - 0.125 * np.sign(gradients[0]), rtol=1e-14)


def test_adam_agrees_with_scikit_learns():
    """The same formula by another hand, over several steps."""
    theta, gradients, _ = drawn()
    peer = AdamOptimizer([theta.copy()], learning_rate_init=0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-8)
    params = [theta.copy()]
    for gradient in gradients:
        peer.update_params(params, [gradient])
    ours = moved(
        registry.make("optimizer", "adam", {"beta1": 0.8, "beta2": 0.95}), theta, gradients, np.array([[0.01]])
    )
    assert np.allclose(ours, params[0], rtol=0.0, atol=1e-8)  # it scales epsilon another way


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "rmsprop", "adam"])
def test_a_batch_can_be_asked_of_every_optimizer(name):
    assert registry.make("optimizer", name, {"batch_size": None}).batch(13) is None
    shuffled = registry.make("optimizer", name, {"batch_size": 4, "replacement": False})
    assert (shuffled.batch(13), shuffled.shuffles, shuffled.steps_per_pass(13)) == (4, True, 4.0)
    assert shuffled.examples_seen(np.array([0, 1, 4, 5]), 13).tolist() == [0, 4, 13, 17]
