"""Is the Hessian exact, finite and without side effects on data that nobody means to have?"""

import nets
import numpy as np
import oracle
import tolerances
from hypothesis import given, settings
from test_degenerate_data import problems


@settings(max_examples=200)
@given(problems())
def test_equals_the_oracle_on_data_nobody_means_to_have(problem):
    objective, theta, l2 = problem
    found = objective.hessian(theta, l2)
    for run, row in enumerate(theta.tolist()):
        expected = np.array(oracle.hessian(nets.problem(objective, l2), row))
        assert np.max(np.abs(found[run] - expected)) <= tolerances.EXTREME_RELATIVE * max(1.0, np.max(np.abs(expected)))


@settings(max_examples=200)
@given(problems())
def test_finite_where_units_are_saturated(problem):
    objective, theta, l2 = problem
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.isfinite(objective.hessian(1e4 * theta, l2)).all()
        assert np.isfinite(objective.hessian_product(1e4 * theta, np.ones_like(theta), l2)).all()


@settings(max_examples=100)
@given(problems())
def test_nothing_it_reads_is_changed(problem):
    objective, theta, l2 = problem
    v = np.cos(theta)
    kept = [array.copy() for array in (theta, v, objective.train.X, objective.train.Y)]
    first = objective.hessian(theta, l2), objective.hessian_product(theta, v, l2)
    as_given = [array.copy() for array in first]
    objective.hessian(theta + 1.0, l2), objective.hessian_product(theta + 1.0, v, l2)
    assert all(map(np.array_equal, kept, (theta, v, objective.train.X, objective.train.Y)))
    assert all(map(np.array_equal, as_given, first))
