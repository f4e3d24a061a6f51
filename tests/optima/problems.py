"""Small problems that several tests of verdicts share: XOR, separable points, linear regression by linear nets."""

import numpy as np

from nnexp.net.network import Network
from nnexp.net.objective import Objective, Sample
from nnexp.optima.endpoints.verdict import judge
from nnexp.parts import registry

CORNERS = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
XOR = np.array([[0.0, 1.0, 1.0, 0.0]])


def judged(objective, theta, l2=0.0, l1=0.0, status=None):
    theta = np.atleast_2d(np.asarray(theta, dtype=float))
    with np.errstate(all="raise"):
        return judge(objective, theta, np.full(len(theta), l2), np.full(len(theta), l1), status)


def only(found):
    (verdict,) = set(found.endpoint)
    return verdict


def objective(sizes, activation, loss, output, X, Y, *, task="binary", offsets=True, penalize_offsets=False):
    hidden = tuple(registry.make("activation", activation) for _ in sizes[1:-1])
    unit = registry.make("activation", output) if output else None
    network = Network(tuple(sizes), hidden, unit, registry.make("loss", loss), offsets)
    sample, none = Sample(np.array(X, dtype=float), np.array(Y, dtype=float)), Sample(X[:, :0] * 1.0, Y[:, :0] * 1.0)
    return Objective(network, sample, none, task, penalize_offsets=penalize_offsets)


def xor(activation="tanh", loss="nll", output="sigmoid", **given):
    task = "regression" if output == "identity" else "binary"
    return objective((2, 2, 1), activation, loss, output, CORNERS, XOR, task=task, **given)


def blobs(seed=0, points=43, gap=1.0):
    """Two clouds of points, and which of them a point is of."""
    rng = np.random.default_rng(seed)
    label = np.arange(points) % 2
    return rng.normal(size=(2, points)) + gap * label, label[None].astype(float)


def linear(sizes, seed=0, points=41, offsets=False):
    """Linear nets on a regression whose best map has full rank."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(sizes[0], points))
    Y = rng.normal(size=(sizes[-1], sizes[0])) @ X + 0.5 * rng.normal(size=(sizes[-1], points))
    return objective(sizes, "identity", "squared", "identity", X, Y, task="regression", offsets=offsets)


def normal(objective, runs, seed=1, scale=0.7):
    return scale * np.random.default_rng(seed).normal(size=(runs, objective.network.n_parameters))


def descended(objective, theta, steps, step_size, l2=0.0, l1=0.0):
    """Theta after so many steps of GD."""
    for _ in range(steps):
        theta = theta - step_size * objective.gradient(theta, l2, l1)
    return theta
