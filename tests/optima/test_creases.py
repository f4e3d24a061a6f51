"""Do creases lie where a ReLU's pre-activation is 0, and does J fall off them where it is said to?"""

import nets
import numpy as np
import oracle
import problems
import pytest

from nnexp.optima.endpoints.creases import balance, creased, flattened, jump, pressed, sheet, within
from nnexp.parts import registry

STEP = 1e-5
DIFFERENCE = 1e-8
EXACT = 1e-12


def deep(activation="relu", seed=4):
    X, Y = problems.blobs(points=17)
    objective = problems.objective((2, 5, 3, 1), activation, "nll", "sigmoid", X, Y)
    return objective, problems.normal(objective, 1, seed=seed)[0]


def height(objective, theta, crease):
    """The z of a crease by the lecture's formulas."""
    place, unit, example = crease
    problem = nets.problem(objective)
    z, _ = oracle.forward(problem, oracle.matrices(problem, theta.tolist()), problem.X[example])
    return z[place][unit]


def difference(function, theta, step):
    columns = [(function(theta + e) - function(theta - e)) / (2 * step) for e in step * np.eye(len(theta))]
    return np.array(columns)


def test_f_jumps_at_0_in_relus_and_nowhere_else():
    jumps = {name: jump(registry.make("activation", name)) for name in nets.names("activation") if name != "step"}
    assert {name for name, size in jumps.items() if abs(size) > 1e-6} == {"relu", "leaky_relu"}
    assert jumps["relu"] == 1.0
    assert jumps["leaky_relu"] == pytest.approx(0.99)
    assert creased(deep()[0])
    assert not creased(deep("tanh")[0])


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
@pytest.mark.parametrize("crease", [(0, 3, 11), (1, 2, 7)])
def test_heights_normals_and_curvatures_are_those_of_the_pre_activation(activation, crease):
    objective, theta = deep(activation)
    there = sheet(objective, theta)
    assert there.height(crease) == pytest.approx(height(objective, theta, crease), abs=EXACT)
    slopes = difference(lambda t: height(objective, t, crease), theta, STEP)
    assert np.abs(there.normal(crease) - slopes).max() < DIFFERENCE
    bent = difference(lambda t: sheet(objective, t).normal(crease), theta, STEP)
    assert np.abs(there.curvature(crease) - bent).max() < DIFFERENCE
    assert (bent != 0.0).any() == (crease[0] > 0)


@pytest.mark.parametrize("crease", [(0, 3, 11), (1, 0, 7)])
def test_the_gradient_jumps_across_a_crease_by_its_bend_times_its_normal(crease):
    objective, theta = deep()
    theta = flattened(objective, theta, [crease])
    there = sheet(objective, theta)
    assert abs(height(objective, theta, crease)) < EXACT
    normal = there.normal(crease)
    across = 1e-9 * normal / np.linalg.norm(normal)
    problem = nets.problem(objective)
    above, below = (np.array(oracle.gradient(problem, (theta + side * across).tolist())) for side in (1, -1))
    assert np.abs(above - below - there.bend(crease) * normal).max() < 1e-7
    assert within(objective, theta, [crease]) @ normal == pytest.approx(0.0, abs=EXACT)


def test_within_a_bent_crease_j_curves_as_it_does_along_the_crease():
    objective, theta = deep()
    crease = (1, 0, 7)
    theta = flattened(objective, theta, [crease])
    onto = within(objective, theta, [crease])
    direction = onto @ np.random.default_rng(0).normal(size=len(theta))
    direction /= np.linalg.norm(direction)
    gradient, hessian = objective.gradient(theta[None])[0], objective.hessian(theta[None])[0]
    curvature = direction @ (hessian - pressed(sheet(objective, theta), [crease], gradient)) @ direction
    t = 1e-4
    points = [flattened(objective, theta + side * t * direction, [crease]) for side in (-1.0, 0.0, 1.0)]
    J = objective.value(np.array(points))
    slope = (J[2] - J[0]) / (2 * t)
    assert (J[2] - 2 * J[1] + J[0]) / t**2 == pytest.approx(curvature, abs=1e-5)
    assert slope == pytest.approx(gradient @ direction, abs=1e-6)


def vee(weight, shares):
    """J = mean of (relu(w) - y)^2 on the points y: at w = 0 its slope is 0 to the left and -2 mean(y) to the right."""
    Y = np.array([shares])
    X = np.ones_like(Y)
    objective = problems.objective((1, 1, 1), "relu", "squared", "identity", X, Y, task="regression", offsets=False)
    return objective, np.array([weight, 1.0])


@pytest.mark.parametrize(("points", "falls"), [([-1.0, -1.0], False), ([1.0, 1.0], True)])
def test_a_crease_holds_where_j_rises_from_it_and_not_where_it_falls(points, falls):
    objective, theta = vee(0.0, points)
    there = sheet(objective, theta)
    creases = [(0, 0, 0), (0, 0, 1)]
    found = balance(there, objective.gradient(theta[None])[0], creases)
    assert there.bend(creases[0]) == -points[0]
    assert (found.rest > 1e-9) == falls
    if falls:
        ahead = objective.value((theta + 1e-3 * found.escape)[None])
        assert ahead[0] < objective.value(theta[None])[0]
