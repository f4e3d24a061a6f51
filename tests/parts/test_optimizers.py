"""How does every optimizer move theta, and which examples does a step see?"""

import nets
import numpy as np
import pytest

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
