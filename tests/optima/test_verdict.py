"""Is a minimum called so only where it is one? Everything that is known to look like a minimum and is none."""

from collections import Counter

import numpy as np
import problems
import pytest
import toys
from nets import names

from nnexp.net.network import Network
from nnexp.net.objective import Sample
from nnexp.net.population import Population
from nnexp.optima.endpoints.local import Terrain
from nnexp.optima.endpoints.verdict import VERDICTS, hill_between
from nnexp.parts import registry
from nnexp.records import STATUS

EXACT = 1e-12
LEVELS = {"squared": (0.0, 1 / 8, 1 / 6, 1 / 4), "nll": (0.0, 0.5 * np.log(2), 0.4774, np.log(2))}


judged, only = problems.judged, problems.only


@pytest.mark.parametrize(
    ("toy", "verdict", "index"),
    [
        (toys.BOWL, "minimum", 0),
        (toys.WELLS, "saddle", 1),
        (toys.BENT, "saddle", 0),
        (toys.MONKEY, "saddle", 0),
        (toys.QUARTIC, "undecided", 0),
    ],
)
def test_at_the_origin_of_functions_worked_by_hand(toy, verdict, index):
    found = judged(toy, [0.0, 0.0])
    assert only(found) == verdict
    assert found.index[0] == index
    assert found.J[0] == toy.value(np.zeros((1, 2)))[0]


def test_a_quartic_minimum_is_never_called_strict_from_wherever_it_is_neared():
    starts = np.random.default_rng(0).normal(size=(23, 2))
    assert only(judged(toys.QUARTIC, starts)) == "undecided"


@pytest.mark.parametrize("slope", [toys.SLOPE, toys.SLOW_SLOPE])
def test_a_slope_without_end_has_no_minimum(slope):
    found = judged(slope, [[1.0, 0.2], [3.0, -0.1]])
    assert only(found) == "at infinity"
    assert (found.J_limit <= found.J).all()


@pytest.mark.parametrize("passes", [0, 30, 3000])
def test_separable_points_without_a_penalty_end_at_infinity_and_with_one_in_a_minimum(passes):
    X, _ = problems.blobs()
    objective = problems.objective((2, 1), "tanh", "nll", "sigmoid", X, (X[:1] > 0.2) * 1.0)
    theta = problems.descended(objective, problems.normal(objective, 17), passes, 1.0)
    found = judged(objective, theta)
    assert only(found) == "at infinity"
    assert (found.J_limit < 1e-2 * found.stopped_J).all()
    assert only(judged(objective, theta, l2=1e-6)) == "minimum"


@pytest.mark.parametrize("loss", ["squared", "nll"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("passes", [0, 100, 3000])
def test_xor_without_a_penalty_has_no_minimum(loss, activation, passes):
    """Hamey 1998; Sprinkhuizen-Kuyper & Boers 1999: runs that are stuck lie on plateaus at infinity."""
    objective = problems.xor(activation, loss)
    found = judged(objective, problems.descended(objective, problems.normal(objective, 61, scale=1.0), passes, 0.5))
    counts = Counter(found.endpoint)
    assert set(counts) <= {"at infinity", "saddle"}
    assert counts["at infinity"] > 55
    far = found.J_limit[np.array(found.endpoint) == "at infinity"]
    assert np.abs(far[:, None] - LEVELS[loss]).min(axis=1).max() < 5e-3


@pytest.mark.parametrize("loss", ["squared", "nll"])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_the_origin_of_xor_is_a_saddle_though_its_gradient_and_curvature_do_not_say_so(activation, loss):
    found = judged(problems.xor(activation, loss), np.zeros(9))
    assert only(found) in ("saddle", "undecided")
    assert found.least_eigenvalue[0] > -EXACT
    assert found.moved[0] == 0.0
    assert only(found) == "saddle"


@pytest.mark.parametrize("l2", [1e-3, 0.01, 0.07])
def test_with_everything_penalized_the_origin_of_xor_is_a_minimum_as_curved_as_the_penalty(l2):
    found = judged(problems.xor(penalize_offsets=True), np.zeros(9), l2=l2)
    if l2 > 0.005:
        assert only(found) == "minimum"
    assert abs(found.J[0] - np.log(2.0)) < EXACT
    assert abs(found.least_eigenvalue[0] - l2) < EXACT


def test_xor_by_an_identity_output_has_flat_minima_where_everything_fits():
    objective = problems.xor("tanh", "squared", "identity")
    theta = problems.descended(objective, problems.normal(objective, 31), 2000, 0.1)
    found = judged(objective, theta)
    fits = found.J < 1e-20
    assert fits.sum() > 20
    assert {found.endpoint[run] for run in np.flatnonzero(fits)} == {"flat minimum"}
    explained = [found.explained[run] for run in np.flatnonzero(fits)]
    assert explained.count({"perfect fit": 5}) > 0.9 * fits.sum()  # 9 parameters, 4 points
    assert "minimum" not in found.endpoint


def test_a_net_that_can_be_no_better_than_a_convex_one_has_a_certified_minimum():
    X, Y = problems.blobs()
    found = judged(problems.objective((2, 1), "tanh", "nll", "sigmoid", X, Y), np.zeros(3), l2=0.01)
    assert only(found) == "minimum"
    assert found.least_eigenvalue[0] > 1e-3


def test_a_softmax_that_no_penalty_holds_is_free_to_shift_every_class():
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(2, 37)), np.eye(3)[:, rng.integers(3, size=37)]
    objective = problems.objective((2, 3), "tanh", "softmax_nll", None, X, Y, task="multiclass")
    free, held = judged(objective, np.zeros(9)), judged(objective, np.zeros(9), l2=0.1)
    assert only(free) == only(held) == "flat minimum"
    assert free.explained == [{"softmax": 3}]
    assert held.explained == [{"softmax": 1}]


def test_an_endpoint_at_the_edge_of_stability_is_not_taken_for_the_minimum_it_swings_about():
    X, Y = problems.blobs()
    objective = problems.objective((2, 1), "tanh", "nll", "sigmoid", X, Y)
    rest = judged(objective, np.zeros(3), l2=0.01)
    step_size = 2.0 / rest.greatest_eigenvalue[0]
    swinging = problems.descended(objective, rest.theta + np.array([0.3, 0.2, -0.1]), 500, step_size, 0.01)
    found = judged(objective, swinging, l2=0.01)
    assert only(found) == "minimum"
    assert found.stopped_gradient_norm[0] > 1e-4
    assert found.moved[0] > 1e-4
    assert np.abs(found.theta - rest.theta).max() < 1e-10


@pytest.mark.parametrize(("units", "J", "least"), [(6, 0.0, 1 / 4 - 1 / (2 * np.pi)), (7, 0.0232027149, 0.014059)])
def test_the_minima_of_the_population_loss_are_those_of_safran_and_shamir(units, J, least):
    network = Network((units, units), (), registry.make("activation", "relu"), registry.make("loss", "squared"), False)
    none = Sample(np.empty((units, 0)), np.empty((units, 0)))
    objective = Population(network, none, none)
    found = judged(objective, np.random.default_rng(0).normal(size=(83, units**2)) / np.sqrt(units))
    assert only(found) == "minimum"
    there = np.abs(found.J - J) < 1e-9
    assert there.sum() >= 2
    assert np.abs(found.least_eigenvalue[there] - least).max() < 1e-6
    best = found.J < 1e-9
    assert np.abs(found.least_eigenvalue[best] - (1 / 4 - 1 / (2 * np.pi))).max() < 1e-9


def test_another_basin_is_said_where_there_is_higher_ground_between():
    starts, ends = np.array([[-1.0, 0.0], [0.5, 0.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    J = toys.WELLS.value(starts)
    assert hill_between(Terrain(toys.WELLS, np.zeros(2), np.zeros(2)), starts, ends, J).tolist() == [True, False]
    found = judged(toys.WELLS, [[0.9, 0.0], [0.2, 0.0]])
    assert not found.another_basin.any()
    assert (found.theta[:, 0] > 0.0).all()


def test_runs_that_were_not_trained_to_an_end_keep_their_status_and_get_no_numbers():
    objective = problems.xor()
    theta = np.zeros((3, 9))
    theta[1] = np.nan
    found = judged(objective, theta, l2=0.01, status=["finished", "diverged", "no_gradient"])
    assert found.endpoint[1:] == ["diverged", "no gradient"]
    assert np.isnan(found.J[1:]).all()
    assert np.isfinite(found.J[0])
    assert (found.index[1:] == -1).all()


def test_a_net_of_steps_has_no_gradient_whatever_is_recorded():
    X, Y = problems.blobs()
    objective = problems.objective((2, 3, 1), "step", "nll", "sigmoid", X, Y)
    assert only(judged(objective, np.ones(13))) == "no gradient"


def test_every_status_of_a_record_is_known():
    assert {status.replace("_", " ") for status in STATUS if status != "finished"} <= set(VERDICTS)


@pytest.mark.parametrize("activation", [name for name in names("activation") if name not in ("step",)])
def test_every_activation_is_judged_to_the_same_bits_alone_as_among_others(activation):
    X, Y = problems.blobs()
    objective = problems.objective((2, 3, 1), activation, "nll", "sigmoid", X, Y)
    theta = problems.normal(objective, 5)
    together = judged(objective, theta, l2=1e-2)
    assert set(together.endpoint) <= set(VERDICTS)
    for run in (0, 3):
        alone = judged(objective, theta[run], l2=1e-2)
        assert alone.endpoint[0] == together.endpoint[run]
        for column in ("theta", "J", "gradient_norm", "least_eigenvalue", "index", "moved", "another_basin"):
            assert np.array_equal(getattr(alone, column)[0], getattr(together, column)[run])


def test_nothing_is_below_zero():
    """Weights so large that J is 0 to the last bit: the nll goes on falling for ever, and no noise is taken for a way down."""
    objective = problems.objective(
        (1, 2), "tanh", "softmax_nll", None, np.array([[-1e3, 1e3]]), np.eye(2), task="multiclass"
    )
    theta = [-5.0, 0.0, 5.0, 0.0]
    assert objective.value(np.array([theta]))[0] == 0.0
    assert only(judged(objective, theta)) == "at infinity"
