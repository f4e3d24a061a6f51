"""Are the distinct optima counted right: none twice, none merged, whatever the order of the seeds?"""

import itertools
import math

import nets
import numpy as np
import pytest
from scipy.optimize import minimize
from tolerances import ROUNDING

from nnexp.net.network import Network
from nnexp.net.objective import Objective, Sample
from nnexp.net.population import Population
from nnexp.optima.distinct import symmetry
from nnexp.optima.distinct.catalogue import Tolerances, catalogue
from nnexp.parts import registry

XOR = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]
L2 = 0.01
XOR_MINIMA = [0.345236413637, 0.378733760163, 0.533592137694, 0.533592137694, math.log(2)]
"""J of the minima, from SciPy on the loops below; up to the order and signs of units the third comes in two mirror images."""

J_TOLERANCE = 1e-12
SEEDS = 400


def net(sizes, activation, loss="nll"):
    unit = registry.make("activation", "sigmoid" if loss == "nll" else "identity")
    hidden = (registry.make("activation", activation),) * (len(sizes) - 2)
    return Network(sizes, hidden, unit, registry.make("loss", loss))


def xor():
    X, Y = np.array([x for x, _ in XOR], float).T, np.array([[y for _, y in XOR]], float)
    return Objective(net((2, 2, 1), "tanh"), Sample(X, Y), Sample(X, Y), "binary", penalize_offsets=True)


@np.errstate(under="ignore")  # the square of a weight that goes to 0
def newton(objective, theta, l2, steps=150):
    """Damped Newton steps with the Hessian made positive: slow and plain, but it goes down only."""
    l2 = np.full(len(theta), l2)
    damping, J = np.ones(len(theta)), objective.value(theta, l2)
    for _ in range(steps):
        here = objective.derivatives(theta, l2)
        eigenvalues, V = np.linalg.eigh(here.hessian)
        stiff = eigenvalues + (damping + 1.1 * np.maximum(-eigenvalues[:, 0], 0.0))[:, None] + 1e-12
        along = np.einsum("rji,rj->ri", V, here.gradient) / stiff
        there = theta - np.einsum("rij,rj->ri", V, along)
        lower = objective.value(there, l2) <= J + ROUNDING
        theta = np.where(lower[:, None], there, theta)
        J, damping = objective.value(theta, l2), np.clip(np.where(lower, 0.2, 4.0) * damping, 1e-12, 1e6)
    least = np.linalg.eigvalsh(objective.hessian(theta, l2))[:, 0]
    return theta, J, (np.abs(objective.gradient(theta, l2)).max(axis=1) < 1e-9) & (least > 1e-8)


@pytest.fixture(scope="module")
def ends():
    theta = 0.7 * np.random.default_rng(5).normal(size=(SEEDS, 9))
    return newton(xor(), theta, L2)


def J_by_loops(theta):
    """J of XOR for the weights of two tanh units and of the output, one example at a time."""
    a, b, c, d, e, f, g, h, k = theta
    total = 0.0
    for (x, y), label in XOR:
        z = g * math.tanh(a * x + b * y + c) + h * math.tanh(d * x + e * y + f) + k
        total += math.log1p(math.exp(-abs(z))) + max(z, 0.0) - label * z
    return total / 4 + 0.5 * L2 * sum(w * w for w in theta)


def test_xor_has_five_minima_up_to_the_symmetries_of_the_net(ends):
    theta, J, minimum = ends
    found = catalogue(xor(), theta, J, L2, minimum=minimum)
    assert minimum.sum() > 0.9 * SEEDS
    assert len(found.optima) == 5
    assert np.allclose([each.J for each in found.optima], XOR_MINIMA, rtol=0, atol=J_TOLERANCE)
    assert [each.rung for each in found.optima] == [0, 1, 2, 2, 3]
    assert [each.units for each in found.optima] == ["2", "2", "2", "2", "0"]
    assert not found.borderline
    assert found.unproved == 0
    assert {each.by for each in found.optima} == {"parameters"}
    assert all(each.spread_parameters < 1e-6 and each.spread_guesses < 1e-7 for each in found.optima)
    assert math.isclose(found.optima[-1].least_eigenvalue, L2, abs_tol=1e-12)


def test_the_values_of_the_xor_minima_are_those_that_scipy_finds():
    starts = np.random.default_rng(2).normal(size=(24, 9)) * 0.7
    options = {"gtol": 1e-9, "maxiter": 2000}
    with np.errstate(all="ignore"):
        ends = [minimize(J_by_loops, start, method="BFGS", options=options).fun for start in starts]
    apart = np.abs(np.subtract.outer(ends, XOR_MINIMA)).min(axis=1)
    assert np.quantile(apart, 0.8) < J_TOLERANCE  # the others stopped on the way
    assert {int(np.abs(np.array(XOR_MINIMA[:3]) - J).argmin()) for J in ends} == {0, 1, 2}


def test_the_two_of_one_J_are_mirror_images_and_not_one(ends):
    theta, J, minimum = ends
    found = catalogue(xor(), theta, J, L2, minimum=minimum)
    one, other = found.optima[2:4]
    mirrored = one.theta[[1, 0, 2, 4, 3, 5, 6, 7, 8]]
    assert abs(one.J - other.J) < 1e-12
    again = catalogue(xor(), np.array([mirrored, one.theta, other.theta]), np.array([one.J, one.J, other.J]), L2)
    assert again.member[0] == again.member[2] != again.member[1]


def test_shares_are_of_all_seeds_and_members_are_by_run(ends):
    theta, J, minimum = ends
    minimum = minimum & (np.arange(SEEDS) % 7 > 0)
    found = catalogue(xor(), theta, J, L2, minimum=minimum)
    assert np.array_equal(found.member >= 0, minimum)
    for place, each in enumerate(found.optima):
        assert np.array_equal(each.members, np.flatnonzero(found.member == place))
        assert each.runs == len(each.members)
        assert each.share == each.runs / SEEDS
        assert each.share_low < each.share < each.share_high
        assert each.first_seed == each.members[0]
    assert found.counts.sum() == minimum.sum()
    assert found.seeds == SEEDS
    frame = found.frame()
    assert frame["runs"].tolist() == found.counts.tolist()
    assert frame["rung"].is_monotonic_increasing


def test_neither_the_order_of_runs_nor_more_seeds_change_what_an_optimum_is_called(ends):
    theta, J, minimum = ends
    whole = catalogue(xor(), theta, J, L2, minimum=minimum)
    mixed = np.random.default_rng(1).permutation(SEEDS)
    again = catalogue(xor(), theta[mixed], J[mixed], L2, minimum=minimum[mixed], seeds=mixed)
    assert again.frame().equals(whole.frame())
    assert np.array_equal(again.member, whole.member[mixed])
    few = catalogue(xor(), theta[:7], J[:7], L2, minimum=minimum[:7])
    assert {each.id for each in few.optima} < {each.id for each in whole.optima}
    assert len({each.id for each in whole.optima}) == 5


@pytest.mark.parametrize("sizes", [(3, 5, 2), (3, 5, 7, 2), (3, 2)], ids=str)
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "gelu", "sine"])
def test_planted_equals_are_one_optimum_each(name, sizes):
    """Three nets, each in eleven of its forms: their Hessians are those of no minimum, so they are said to be strict."""
    ending = next(e for e in nets.endings() if e[0].name == "squared")
    objective = nets.objective(sizes, registry.make("activation", name), ending)
    three = nets.thetas(objective, 3)
    theta, planted = np.repeat(three, 11, axis=0), np.repeat(np.arange(3), 11)
    theta = symmetry.scrambled(symmetry.of_objective(objective), theta, np.random.default_rng(3))
    found = catalogue(objective, theta, objective.value(theta), zero_directions=np.zeros(33, int))
    assert len(found.optima) == 3
    assert {len(set(found.member[planted == k])) for k in range(3)} == {1}
    assert not found.borderline
    assert all(np.isclose(objective.value(each.theta[None])[0], each.J, rtol=1e-10) for each in found.optima)


def test_what_the_penalty_feels_is_not_one_optimum():
    ending = next(e for e in nets.endings() if e[0].name == "squared")
    objective = nets.objective((3, 5, 2), registry.make("activation", "relu"), ending)
    theta = np.repeat(nets.thetas(objective, 1), 2, axis=0)
    theta[1] = symmetry.scrambled(symmetry.of_network(objective.network), theta[1:], np.random.default_rng(3))[0]
    none = np.zeros(2, int)
    assert len(catalogue(objective, theta, objective.value(theta), zero_directions=none).optima) == 1
    assert len(catalogue(objective, theta, objective.value(theta, 0.1), 0.1, zero_directions=none).optima) == 2


def flat_family():
    """A student with a unit to spare: its guesses on two points are right along a whole surface."""
    X, Y = np.array([[-1.0, 1.0]]), np.array([[0.5, 0.25]])
    objective = Objective(net((1, 2, 1), "tanh", "squared"), Sample(X, Y), Sample(X, Y), "regression")
    rng, rows = np.random.default_rng(3), []
    for _ in range(13):
        w = rng.normal(size=4)
        a = np.tanh(np.outer(w[[0, 2]], X[0]) + w[[1, 3], None])
        v = rng.normal()
        rest = Y[0] - v * a[0]
        u = (rest[1] - rest[0]) / (a[1, 1] - a[1, 0])
        rows.append([*w, v, u, rest[0] - u * a[1, 0]])
    return objective, np.array(rows)


def test_flat_optima_are_told_apart_by_what_they_say():
    objective, theta = flat_family()
    J = objective.value(theta)
    assert J.max() < ROUNDING
    found = catalogue(objective, theta, J)
    assert [(each.by, each.runs) for each in found.optima] == [("guesses", 13)]
    assert found.optima[0].spread_parameters > 0.1
    assert found.optima[0].spread_guesses < 1e-9
    strict = catalogue(objective, theta, J, zero_directions=np.zeros(13, int))
    assert len(strict.optima) == 13
    assert len({each.id for each in strict.optima}) == 13


def test_a_linear_net_is_told_by_its_map():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(3, 17))
    objective = Objective(net((3, 5, 2), "identity", "squared"), Sample(X, X[:2]), Sample(X, X[:2]), "regression")
    one = nets.thetas(objective, 2)
    theta = symmetry.scrambled(symmetry.of_network(objective.network), np.repeat(one, 7, axis=0), rng)
    found = catalogue(objective, theta, objective.value(theta))
    assert sorted(found.counts) == [7, 7]
    assert {each.by for each in found.optima} == {"guesses"}


def test_the_global_minimum_of_a_population_is_one_whatever_the_order_of_its_units():
    """Safran & Shamir's students at their teacher, W = I, and a net elsewhere."""
    relu = registry.make("activation", "relu")
    none = Sample(np.empty((3, 0)), np.empty((1, 0)))
    students = Population(Network((3, 3), (), relu, registry.make("loss", "squared"), offsets=False), none, none)
    rows = [np.eye(3)[list(order)] for order in itertools.permutations(range(3))] + [np.eye(3) + 0.1]
    theta = np.array(rows).reshape(7, 9)
    found = catalogue(students, theta, students.value(theta), zero_directions=np.zeros(7, int))
    assert found.member.tolist() == [0] * 6 + [1]
    assert math.isclose(found.optima[0].least_eigenvalue, 0.25 - 1 / (2 * math.pi), rel_tol=1e-6)
    assert found.optima[0].units == ""
    assert math.isnan(found.optima[0].spread_guesses)


def test_what_is_neither_same_nor_different_is_reported(ends):
    theta, _, minimum = ends
    base = theta[minimum][0]
    unit = 1e-4 * (1.0 + np.linalg.norm(base))
    nudge = np.zeros((5, 9))
    nudge[:, 0] = np.array([0.0, 0.5, 5.0, 9.0, 50.0]) * unit
    found = catalogue(xor(), base + nudge, np.zeros(5), L2, zero_directions=np.zeros(5, int))
    assert found.member[0] == found.member[1]
    assert len(found.optima) == 4
    pairs = {tuple(sorted((pair.a, pair.b))): pair.separation for pair in found.borderline}
    assert set(pairs) >= {(0, 2), (0, 3), (2, 3)}
    assert not any(4 in pair for pair in pairs)
    assert math.isclose(pairs[0, 2], 5.0, rel_tol=1e-2)  # the unit grows with the norm of theta
    wider = catalogue(
        xor(), base + nudge, np.zeros(5), L2, zero_directions=np.zeros(5, int), tolerances=Tolerances(parameters=1e-2)
    )
    assert len(wider.optima) == 1


def test_where_nothing_is_borderline_any_order_gives_the_same_partition(ends):
    theta, J, minimum = ends
    found = catalogue(xor(), theta, J, L2, minimum=minimum)
    backward = catalogue(xor(), theta, J, L2, minimum=minimum, seeds=np.arange(SEEDS)[::-1])
    groups = [frozenset(each.members.tolist()) for each in found.optima]
    assert set(groups) == {frozenset(each.members.tolist()) for each in backward.optima}
    for one, other in itertools.combinations(groups, 2):
        assert not one & other


def test_no_minimum_makes_an_empty_catalogue():
    theta = np.full((3, 9), np.nan)
    found = catalogue(xor(), theta, np.full(3, np.nan), L2)
    assert found.optima == ()
    assert found.member.tolist() == [-1, -1, -1]
    assert found.frame().empty
    assert "share_low" in found.frame()
