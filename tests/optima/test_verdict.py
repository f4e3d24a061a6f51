"""Is a minimum called so only where it is one? Everything that is known to look like a minimum and is none."""

import itertools
from collections import Counter

import numpy as np
import problems
import pytest
import toys
from nets import names

from nnexp.net.network import Network
from nnexp.net.objective import Objective, Sample
from nnexp.net.population import Population
from nnexp.optima.endpoints.local import Terrain
from nnexp.optima.endpoints.verdict import VERDICTS, hill_between, judge
from nnexp.parts import registry
from nnexp.records import STATUS

EXACT = 1e-12
LEVELS = {"squared": (0.0, 1 / 8, 1 / 6, 1 / 4), "nll": (0.0, 0.5 * np.log(2), 0.4774, np.log(2))}


def judged(objective, theta, l2=0.0, l1=0.0, status=None):
    theta = np.atleast_2d(np.asarray(theta, dtype=float))
    with np.errstate(all="raise"):
        return judge(objective, theta, np.full(len(theta), l2), np.full(len(theta), l1), status)


def only(found):
    (verdict,) = set(found.endpoint)
    return verdict


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


SIZES = (5, 3, 4)


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


def relu(sizes=(2, 3, 1), **given):
    X, Y = problems.blobs()
    return problems.objective(sizes, "relu", "nll", "sigmoid", X, Y, **given)


def test_dead_units_are_flat_and_are_said_to_be():
    objective = relu()
    theta = np.zeros(13)
    for layer in objective.network.layers(theta[None])[:1]:
        layer[0, :, 2] = -50.0  # no point gets this far
    found = judged(objective, theta)
    assert only(found) == "flat minimum"
    assert found.explained == [{"dead unit": 12}]
    assert found.zero_directions[0] == 12


def test_the_origin_of_a_relu_net_is_not_taken_for_a_net_of_dead_units():
    assert only(judged(relu(), np.zeros(13))) not in ("minimum", "flat minimum")


@pytest.mark.parametrize("l2", [1e-3, 0.01])
def test_the_origin_of_a_penalized_relu_net_is_not_a_minimum_though_its_hessian_says_so(l2):
    """J falls as v relu(w1 x1 - w1 x2) with v w1 of the right sign: by the second order, on one side of a crease."""
    found = judged(problems.xor("relu", penalize_offsets=True), np.zeros(9), l2=l2)
    assert found.least_eigenvalue[0] == pytest.approx(l2)
    assert only(found) == "saddle"


def test_a_net_that_is_dead_throughout_is_flat_in_all_directions():
    X = np.array([[-1.0, -2.0, -3.0]])
    objective = problems.objective((1, 2, 1), "relu", "squared", "identity", X, X, task="regression", offsets=False)
    found = judged(objective, [1.0, 2.0, 3.0, 4.0])
    assert only(found) == "flat minimum"
    assert found.explained == [{"dead unit": 4}]


def test_relu_nets_come_to_rest_in_creases_and_no_way_down_is_left_around_them():
    objective = relu()
    found = judged(objective, problems.normal(objective, 19), l2=1e-2)
    counts = Counter(found.endpoint)
    assert counts["minimum"] == 0 or (found.creases[np.array(found.endpoint) == "minimum"] == 0).all()
    assert counts["kink"] > 5
    rng = np.random.default_rng(4)
    for run in np.flatnonzero(np.array(found.endpoint) == "kink"):
        around = rng.normal(size=(500, 13))
        around /= np.linalg.norm(around, axis=1)[:, None]
        for distance in (1e-6, 1e-4, 1e-2):
            J = objective.value(found.theta[run] + distance * around, 1e-2)
            assert J.min() >= found.J[run] - EXACT


def test_a_crease_with_a_side_that_goes_down_is_left():
    """J = |a relu(w) - 1|^2 at w = 0 from where a > 0: J falls as w grows, and is flat as w falls."""
    objective = problems.objective(
        (1, 1, 1), "relu", "squared", "identity", np.array([[1.0]]), np.array([[1.0]]), task="regression", offsets=False
    )
    found = judged(objective, [1e-12, 2.0])
    assert only(found) not in ("minimum", "kink")
    assert found.J[0] < 1e-20


def test_l1_holds_weights_at_a_kink():
    X, Y = problems.blobs()
    objective = problems.objective((2, 3, 1), "tanh", "nll", "sigmoid", X, Y)
    found = judged(objective, problems.normal(objective, 7), l1=0.03)
    assert only(found) == "kink"
    assert (found.creases > 0).all()


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


def at(endpoint_of, theta, l2=0.0):
    return judge(endpoint_of, np.array([theta]), np.array([l2]), np.zeros(1))


def output_relu():
    """A 1-1-1 net with a ReLU at its output and two points that are to be 1."""
    network = Network((1, 1, 1), (part("tanh"),), part("relu"), registry.make("loss", "squared"), offsets=False)
    sample = Sample(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]]))
    return Objective(network, sample, Sample(np.empty((1, 0)), np.empty((1, 0))), "regression")


def part(name):
    return registry.make("activation", name)


def test_a_crease_of_the_output_unit_is_no_minimum():
    """At 0 a ReLU at the output hides the slope of the loss: J falls as soon as both weights grow."""
    objective = output_relu()
    assert objective.value(np.array([[1e-2, 1e-2]]), 1e-2)[0] < 1.0
    assert at(objective, [0.0, 0.0], 1e-2).endpoint[0] in ("saddle", "undecided")


def test_a_level_plateau_is_no_saddle_though_j_falls_far_away():
    """The output is dead: J is constant all around, and lower only on the other side."""
    objective = output_relu()
    assert at(objective, [1.0, -1.0]).endpoint[0] not in ("saddle", "minimum", "at infinity")


def test_dead_deep_nets_at_zero_are_no_saddles():
    """With all weights 0 and a penalty, what varies with x is of third order in the weights: J rises all around."""
    X = np.random.default_rng(3).normal(size=(2, 11))
    Y = (X[:1] > 0.0).astype(float)
    network = Network((2, 2, 2, 1), (part("relu"),) * 2, part("identity"), registry.make("loss", "squared"))
    objective = Objective(network, Sample(X, Y), Sample(X[:, :0], Y[:, :0]), "binary")
    theta = np.zeros(network.n_parameters)
    theta[[2, 5, 8, 11, 14]] = [0.8, 0.3, 0.2, 1.1, Y.mean()]
    judged = at(objective, theta, 1e-3)
    assert judged.moved[0] < 1e-9
    assert judged.endpoint[0] not in ("saddle", "minimum", "at infinity")


def test_nothing_is_below_zero():
    """Weights so large that J is 0 to the last bit: the nll goes on falling for ever, and no noise is taken for a way down."""
    X = np.array([[-1e3, 1e3]])
    network = Network((1, 2), (), None, registry.make("loss", "softmax_nll"))
    objective = Objective(network, Sample(X, np.eye(2)), Sample(X[:, :0], np.eye(2)[:, :0]), "multiclass")
    judged = at(objective, [-5.0, 0.0, 5.0, 0.0])
    assert objective.value(np.array([[-5.0, 0.0, 5.0, 0.0]]))[0] == 0.0
    assert judged.endpoint == ["at infinity"]


def test_nothing_left_to_adapt_is_no_crash():
    """All weights held at 0 by l1, a ReLU at its crease."""
    network = Network((1, 1, 1), (part("relu"),), part("leaky_relu"), registry.make("loss", "squared"), offsets=False)
    sample = Sample(np.array([[1.0, -2.0]]), np.array([[0.0, 0.0]]))
    objective = Objective(network, sample, Sample(np.empty((1, 0)), np.empty((1, 0))), "regression")
    judged = judge(objective, np.zeros((1, 2)), np.array([1e-2]), np.array([1e-3]))
    assert judged.endpoint[0] != "saddle"
