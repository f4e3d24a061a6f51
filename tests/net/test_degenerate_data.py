"""Is the gradient still the oracle's, and finite, on data and nets that nobody means to have but somebody will?"""

import nets
import numpy as np
import oracle
import tolerances
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexp.net.objective import Objective, Sample

ACTIVATIONS, ENDINGS = nets.activations(), nets.oracle_endings()
KINDS = ("plain", "one point many times", "constant feature", "zeros", "tiny", "huge", "mixed scales")


def inputs(rng, kind, m, n):
    """X (m, n) of this kind."""
    X = rng.normal(size=(m, n))
    if kind == "one point many times":
        X[:] = X[:, :1]
    if kind == "constant feature":
        X[0] = 3.0
    scale = {"zeros": 0.0, "tiny": 1e-300, "huge": 1e3}.get(kind, 1.0)
    return X * (10.0 ** rng.integers(-9, 3, size=(m, 1)) if kind == "mixed scales" else scale)


@st.composite
def problems(draw):
    """An objective of any small shape on data of any kind, theta (2, parameters), and l2."""
    ending, activation = draw(st.sampled_from(ENDINGS)), draw(st.sampled_from(ACTIVATIONS))
    hidden = draw(st.lists(st.integers(1, 4), max_size=3))
    shape = (draw(st.integers(1, 3)), *hidden, draw(st.integers(1, 3)))
    examples, kind, seed = draw(st.integers(1, 9)), draw(st.sampled_from(KINDS)), draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    made = nets.objective(
        shape, activation, ending, examples=examples, task=draw(st.sampled_from(nets.tasks(ending[0])))
    )
    train = Sample(inputs(rng, kind, shape[0], examples), made.train.Y)
    scale = draw(st.sampled_from([0.0, 0.1, 1.0]))
    theta = scale * rng.normal(size=(2, made.network.n_parameters))
    return Objective(made.network, train, made.test, made.task), theta, draw(st.sampled_from([0.0, 0.3]))


@settings(max_examples=400)
@given(problems())
def test_objective_and_gradient_equal_the_oracle(problem):
    objective, theta, l2 = problem
    expected = nets.problem(objective, l2)
    J, gradient = objective.value(theta, l2), objective.gradient(theta, l2)
    for r in range(2):
        row = theta[r].tolist()
        slopes = np.array(oracle.gradient(expected, row))
        assert nets.close(J[r], oracle.objective(expected, row), tolerances.EXTREME_RELATIVE)
        assert np.isfinite(gradient[r]).all()
        furthest = np.max(np.abs(gradient[r] - slopes))
        assert furthest <= tolerances.EXTREME_RELATIVE * max(1.0, np.max(np.abs(slopes)))


@settings(max_examples=200)
@given(problems())
def test_finite_on_inputs_of_any_size(problem):
    objective, theta, l2 = problem
    far = Sample(1e100 * objective.train.X, objective.train.Y)
    objective = Objective(objective.network, far, far, objective.task)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.isfinite(objective.gradient(theta, l2)).all()
        assert np.isfinite(objective.value(theta, l2)).all()


@settings(max_examples=200)
@given(problems())
def test_nothing_the_gradient_reads_is_changed(problem):
    objective, theta, l2 = problem
    kept = theta.copy(), objective.train.X.copy(), objective.train.Y.copy()
    objective.gradient(theta, l2), objective.value(theta, l2)
    assert all(map(np.array_equal, kept, (theta, objective.train.X, objective.train.Y)))
