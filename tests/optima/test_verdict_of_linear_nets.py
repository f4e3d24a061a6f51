"""Are the critical points of linear nets judged as theorems say, and their freedom explained?"""

import itertools

import numpy as np
import problems
import pytest

EXACT = 1e-12
LEVELS = {"squared": (0.0, 1 / 8, 1 / 6, 1 / 4), "nll": (0.0, 0.5 * np.log(2), 0.4774, np.log(2))}


SIZES = (5, 3, 4)
judged, only = problems.judged, problems.only


def critical_points():
    """Every critical point of rank p or less of a linear net (Baldi & Hornik 1989), in a random basis, and what is known."""
    objective = problems.linear(SIZES)
    X, Y, n = objective.train.X, objective.train.Y, objective.n_examples
    best = (Y @ X.T) @ np.linalg.inv(X @ X.T)
    values, U = np.linalg.eigh(best @ (X @ Y.T) / n)
    basis = np.random.default_rng(3).normal(size=(3, 3))
    for rank in range(SIZES[1] + 1):
        for chosen in itertools.combinations(range(SIZES[2]), rank):
            above, below = np.zeros((4, 3)), np.zeros((3, 5))
            above[:, :rank], below[:rank] = U[:, chosen], U[:, chosen].T @ best
            above, below = above @ basis, np.linalg.solve(basis, below)
            theta = objective.network.theta([(below.T, np.zeros(3)), (above.T, np.zeros(4))])
            J = np.trace(Y @ Y.T) / n - values[list(chosen)].sum()
            index = sum(values[j] > values[i] for i in chosen for j in range(SIZES[2]) if j not in chosen)
            yield objective, theta, chosen, J, index


@pytest.mark.parametrize("place", list(critical_points()), ids=lambda place: f"{place[2]}")
def test_linear_nets_have_the_critical_points_that_baldi_and_hornik_found(place):
    objective, theta, chosen, J, index = place
    found = judged(objective, theta)
    assert found.J[0] == pytest.approx(J, rel=1e-11)
    if len(chosen) < SIZES[1]:
        assert only(found) == "saddle"
        return
    assert found.index[0] == index
    assert found.zero_directions[0] == 9
    assert found.explained[0] == {"linear": 9}
    assert only(found) == ("saddle" if index else "flat minimum")


@pytest.mark.parametrize("sizes", [(3, 2, 3), (3, 2, 2, 3), (3, 2, 2, 2, 3)])
def test_deep_linear_nets_have_no_minimum_above_the_best(sizes):
    """Kawaguchi 2016."""
    objective = problems.linear(sizes)
    X, Y, n = objective.train.X, objective.train.Y, objective.n_examples
    fit = Y @ X.T @ np.linalg.inv(X @ X.T)
    values = np.linalg.eigvalsh(fit @ X @ Y.T / n)
    best = np.trace(Y @ Y.T) / n - values[-2:].sum()
    found = judged(
        objective, np.concatenate([problems.normal(objective, 23), problems.normal(objective, 1, scale=0.0)])
    )
    assert found.endpoint[-1] == "saddle"
    assert set(found.endpoint[:-1]) <= {"flat minimum", "saddle"}
    assert found.endpoint.count("flat minimum") > 20
    for verdict, J in zip(found.endpoint, found.J, strict=True):
        if verdict == "flat minimum":
            assert pytest.approx(best, rel=1e-10) == J


def test_rotations_are_what_l2_leaves_of_a_linear_nets_freedom():
    found = judged(problems.linear((5, 3, 4)), problems.normal(problems.linear((5, 3, 4)), 7), l2=1e-2)
    assert only(found) == "flat minimum"
    assert all(explained == {"linear": 3} for explained in found.explained)
