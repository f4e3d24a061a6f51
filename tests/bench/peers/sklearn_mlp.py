"""scikit-learn's MLPClassifier from our weights, where its arithmetic is the same: all examples at each step.

It cannot draw examples with replacement, so it has no single points and no small batches here. It adds up its loss at every
step, which nobody else does; that cannot be turned off.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from bench.peers import Ready, few_runs, timed

NAME = "scikit-learn"
ABOUT = "`MLPClassifier(solver='sgd')` with all examples in a batch, no momentum, no penalty; one run after the other."
part = few_runs


class FromOurWeights(MLPClassifier):
    """An MLPClassifier that starts at the weights it is given: (W, W0) of each layer."""

    def start_at(self, weights):
        self._given = iter(weights)
        return self

    def _init_coef(self, fan_in, fan_out, dtype):
        W, W0 = next(self._given)
        return np.array(W), np.array(W0)


def takes(workload):
    return workload.batch is None


def prepare(problem):
    return Ready(timed(lambda: np.stack([train(problem, run) for run in range(problem.runs)])))


def train(problem, run):
    """Where one run ends, (parameters,)."""
    workload = problem.workload
    network, Y = workload.objective.network, workload.sample.Y
    model = FromOurWeights(
        workload.sizes[1:-1],
        activation=workload.activation,
        solver="sgd",
        alpha=0.0,
        batch_size=workload.n,
        learning_rate_init=workload.step_size,
        max_iter=problem.steps,
        shuffle=False,
        tol=0.0,
        momentum=0.0,
        n_iter_no_change=problem.steps + 1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = Y[0] if len(Y) == 1 else Y.argmax(axis=0)
        model.start_at(network.weights(problem.theta[run])).fit(workload.sample.X.T, labels)
    return network.theta(list(zip(model.coefs_, model.intercepts_, strict=True)))
