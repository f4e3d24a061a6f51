"""Is a run on a slice drawn where it went, with its own J, its cost and its distance, all worked out by hand?"""

import nets
import numpy as np
import oracle
import pytest
from tolerances import ORACLE_RELATIVE, ROUNDING

from nnexp.optima.between.slices import parameters, seen
from nnexp.optima.between.trails import kept, trail
from nnexp.parts import registry


@pytest.fixture(scope="module")
def net():
    ending = (registry.make("loss", "squared"), registry.make("activation", "sigmoid"))
    return nets.objective((2, 1), (), ending, task="binary")


def row(theta, **changed):
    steps = list(range(0, 10 * len(theta), 10))
    given = {"theta": theta[-1], "snapshots": np.ravel(theta), "snapshot_steps": steps}
    return {**given, "steps_taken": steps[-1], "diverged_at": None, **changed}


def test_other_parameters_are_held_and_their_distance_is_what_lies_off(net):
    """Held at 2 in the middle: (4, 6, 9) lies at (4, 9), and |6 - 2| = 4 off; (0, 2, 1) lies on the slice."""
    on = parameters(np.array([1.0, 2.0, 3.0]), (0, 2), ("first", "third"))
    shown = seen(net, on, np.array([[4.0, 6.0, 9.0], [0.0, 2.0, 1.0]]))
    assert shown.t == pytest.approx(np.array([[4.0, 9.0], [0.0, 1.0]]), abs=ROUNDING)
    assert shown.off == pytest.approx([4.0, 0.0], abs=ROUNDING)
    assert on.theta(np.array([[7.0, 8.0]])) == pytest.approx(np.array([[7.0, 2.0, 8.0]]), abs=0.0)
    assert on.names == ("first", "third")
    turned = parameters(np.array([1.0, 2.0, 3.0]), (2, 0), ("third", "first"))
    assert turned.theta(np.array([[7.0, 8.0]])) == pytest.approx(np.array([[8.0, 2.0, 7.0]]), abs=0.0)


def test_a_parameter_cannot_vary_twice():
    with pytest.raises(ValueError, match="that differ"):
        parameters(np.zeros(3), (1, 1), ("a", "b"))


def test_a_trail_has_the_runs_own_J_and_J_on_the_slice_below(net):
    theta, problem = nets.thetas(net, 5), nets.problem(net, l2=0.03)
    on = parameters(theta[-1], (0, 2), ("first", "third"))
    found = trail(row(theta), net, on, lambda steps: 13 * steps, l2=0.03)
    for k, point in enumerate(theta):
        below = [point[0], theta[-1][1], point[2]]
        assert nets.close(found.seen.J[k], oracle.objective(problem, point.tolist()), ORACLE_RELATIVE)
        assert nets.close(found.seen.J_drawn[k], oracle.objective(problem, below), ORACLE_RELATIVE)
    assert found.farthest == pytest.approx(np.abs(theta[:, 1] - theta[-1, 1]).max(), abs=ROUNDING)
    assert found.steps.tolist() == [0, 10, 20, 30, 40]
    assert found.evaluations.tolist() == [0, 130, 260, 390, 520]
    assert found.diverged_at is None


def test_a_run_that_was_stopped_ends_where_it_came_to_rest():
    theta = np.array([[0.0], [1.0], [2.0], [3.0], [3.0]])
    steps, found = kept(row(theta, steps_taken=27))
    assert steps.tolist() == [0, 10, 20, 27]
    assert found.ravel().tolist() == [0.0, 1.0, 2.0, 3.0]


def test_of_a_run_whose_theta_was_not_kept_there_is_no_trail():
    steps, found = kept({"theta": np.zeros(3), "snapshots": [], "snapshot_steps": [], "steps_taken": 5})
    assert (steps.shape, found.shape) == ((0,), (0, 3))


def test_a_run_that_diverged_goes_as_far_as_it_is_finite(net):
    theta = np.array([[0.0, 1.0, 2.0], [1.0, 1.0, 2.0], [np.nan] * 3])
    found = trail(
        row(theta, diverged_at=14, steps_taken=14), net, parameters(theta[0], (0, 1), ("a", "b")), lambda steps: steps
    )
    assert found.steps.tolist() == [0, 10]
    assert found.diverged_at == 14
