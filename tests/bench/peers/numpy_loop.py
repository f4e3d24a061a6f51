"""NumPy as a careful person writes it for one net: buffers made once, `out=` everywhere, run after run."""

import numpy as np

from bench.peers import Ready, few_runs, timed

NAME = "NumPy loop"
ABOUT = "One run after the other in NumPy: buffers made once, `out=` everywhere, the last step's formulas by hand."
part = few_runs


def takes(workload):
    return True


def prepare(problem):
    return Ready(timed(lambda: np.stack([train(problem, run) for run in range(problem.runs)])))


def train(problem, run):
    """Where one run ends, (parameters,)."""
    workload = problem.workload
    theta, gradient = problem.theta[run].copy(), np.empty_like(problem.theta[run])
    net = Net(workload, theta, gradient)
    X, Y = workload.sample.X, workload.sample.Y
    x, y = np.empty((len(X), net.examples)), np.empty((len(Y), net.examples))
    for t in range(problem.steps):
        if problem.order is None:
            net.descend(X, Y)
        else:
            chosen = problem.order[t, run]
            net.descend(X.take(chosen, axis=1, out=x, mode="clip"), Y.take(chosen, axis=1, out=y, mode="clip"))
        gradient *= workload.step_size
        theta -= gradient
    return theta


class Net:
    """One net; theta and gradient are (parameters,), everything else a view of them or a buffer."""

    def __init__(self, workload, theta, gradient):
        self.examples = workload.batch or workload.n
        self.tanh, self.softmax = workload.activation == "tanh", workload.loss == "softmax_nll"
        network = workload.objective.network
        self.layers = [layer[0] for layer in network.layers(theta[None])]
        self.gradients = [layer[0] for layer in network.layers(gradient[None])]
        self.values = [np.empty((n, self.examples)) for n in workload.sizes[1:]]
        self.slopes = [np.empty((n, self.examples)) for n in workload.sizes[1:]]

    def descend(self, X, Y):
        """Write the gradient of the mean loss on these examples."""
        below = [X, *self.values[:-1]]
        self.forward(X)
        guess = self.guess(self.values[-1])
        np.subtract(guess, Y, out=self.slopes[-1])
        self.slopes[-1] *= 1.0 / self.examples
        for i in reversed(range(len(self.layers))):
            np.matmul(self.slopes[i], below[i].T, out=self.gradients[i][:, :-1])
            np.add.reduce(self.slopes[i], axis=1, out=self.gradients[i][:, -1])
            if i:
                np.matmul(self.layers[i][:, :-1].T, self.slopes[i], out=self.slopes[i - 1])
                self.through(self.values[i - 1], self.slopes[i - 1])

    def forward(self, X):
        """Fill the values of every layer; the last keeps its z."""
        below = X
        for layer, value in zip(self.layers, self.values, strict=True):
            np.matmul(layer[:, :-1], below, out=value)
            value += layer[:, -1:]
            below = value
            if value is not self.values[-1]:
                np.tanh(value, out=value) if self.tanh else np.maximum(value, 0.0, out=value)

    def through(self, value, slope):
        """Multiply by the slope of the unit, in place; the value is not needed any more."""
        if self.tanh:
            value *= value
            np.subtract(1.0, value, out=value)
            slope *= value
        else:
            slope *= value > 0.0

    def guess(self, z):
        """The output unit applied to z, in place."""
        if self.softmax:
            z -= z.max(axis=0)
            np.exp(z, out=z)
            z /= z.sum(axis=0)
            return z
        np.negative(z, out=z)
        np.exp(z, out=z)
        z += 1.0
        return np.reciprocal(z, out=z)
