"""What would the lecture's formulas give, worked one example and one unit at a time?

Nothing here comes from the package: plain loops over plain lists, with the functions of `math`, which `duals` has for dual
numbers too. A net is a `Problem`; its parameters are one flat list: layer after layer, in a layer unit after unit, for each
unit its m weights and then its offset if it has one.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import duals as math


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z)) if z >= 0.0 else math.exp(z) / (1.0 + math.exp(z))


def normal_distribution(z):
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def normal_density(z):
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def softplus(z):
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def softplus_slope(z):
    return sigmoid(z)


ACTIVATIONS = {
    "identity": (lambda z: z, lambda z: 1.0),
    "step": (lambda z: 1.0 if z > 0.0 else 0.0, lambda z: 0.0),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (math.tanh, lambda z: 1.0 - math.tanh(z) * math.tanh(z)),
    "relu": (lambda z: z if z > 0.0 else 0.0, lambda z: 1.0 if z > 0.0 else 0.0),
    "leaky_relu": (lambda z, leak: z if z > 0.0 else leak * z, lambda z, leak: 1.0 if z > 0.0 else leak),
    "softplus": (softplus, softplus_slope),
    "elu": (
        lambda z, scale: z if z > 0.0 else scale * math.expm1(z),
        lambda z, scale: 1.0 if z > 0.0 else scale * math.exp(z),
    ),
    "gelu": (lambda z: z * normal_distribution(z), lambda z: normal_distribution(z) + z * normal_density(z)),
    "sine": (lambda z, frequency: math.sin(frequency * z), lambda z, frequency: frequency * math.cos(frequency * z)),
}
"""Value and slope of each activation at a number z, given its own parameters."""

LOSSES = ("squared", "nll", "softmax_nll")


@dataclass(frozen=True)
class Problem:
    """What is minimised: X and Y are lists of examples, each a list of numbers.

    `hidden` has the name and the parameters of each hidden layer's activation; `output` is None for softmax.
    """

    sizes: tuple
    hidden: tuple
    output: str | None
    loss: str
    X: list
    Y: list
    l2: float = 0.0
    l1: float = 0.0
    output_parameters: dict = field(default_factory=dict)
    offsets: bool = True
    penalize_offsets: bool = False

    def unit(self, layer):
        """Value and slope of the units of a layer, as functions of z."""
        last = layer == len(self.sizes) - 2
        name, given = (self.output, self.output_parameters) if last else self.hidden[layer]
        value, slope = ACTIVATIONS[name]
        return lambda z: value(z, **given), lambda z: slope(z, **given)


def matrices(problem, theta):
    """W (m lists of n) and W0 (n, zeros where there are no offsets) of each layer, read from the flat theta."""
    layers, numbers = [], iter(theta)
    for m, n in pairwise(problem.sizes):
        W, W0 = [[0.0] * n for _ in range(m)], [0.0] * n
        for j in range(n):
            for i in range(m):
                W[i][j] = next(numbers)
            W0[j] = next(numbers) if problem.offsets else 0.0
        layers.append((W, W0))
    return layers


def flat(layers, offsets=True):
    """The flat theta of W and W0 of each layer, without W0 where there are no offsets."""
    units = [(W, W0, j) for W, W0 in layers for j in range(len(W0))]
    return [number for W, W0, j in units for number in (*(row[j] for row in W), *([W0[j]] if offsets else []))]


def forward(problem, layers, x):
    """For one example: z of each layer, and a of each layer with the example itself first."""
    a, z = [list(x)], []
    for k, (W, W0) in enumerate(layers):
        z.append([sum(W[i][j] * a[k][i] for i in range(len(W))) + W0[j] for j in range(len(W0))])
        if k == len(layers) - 1 and problem.output is None:
            a.append(softmax(z[k]))
        else:
            value, _ = problem.unit(k)
            a.append([value(number) for number in z[k]])
    return z, a


def softmax(z):
    top = max(z)
    shares = [math.exp(number - top) for number in z]
    return [share / sum(shares) for share in shares]


def loss(problem, z, guess, actual):
    """L(guess, actual) of one example; z is the output's pre-activation."""
    if problem.loss == "squared":
        return sum((g - y) ** 2 for g, y in zip(guess, actual, strict=True))
    if problem.loss == "nll":  # -ln sigmoid(z) = softplus(-z)
        return sum(y * softplus(-u) + (1.0 - y) * softplus(u) for u, y in zip(z, actual, strict=True))
    top = max(z)
    total = top + math.log(sum(math.exp(u - top) for u in z))
    return sum(y * (total - u) for u, y in zip(z, actual, strict=True))


def loss_slope(problem, z, guess, actual):
    """dL/dz of one example, for each output."""
    if problem.loss == "squared":
        _, slope = problem.unit(len(problem.sizes) - 2)
        return [2.0 * (g - y) * slope(u) for g, y, u in zip(guess, actual, z, strict=True)]
    return [g - y for g, y in zip(guess, actual, strict=True)]


def penalty(problem, theta):
    """(l2 / 2) * sum of squares + l1 * sum of sizes, over the weights, and over the offsets if they are to be penalized."""
    total = 0.0
    for W, W0 in matrices(problem, theta):
        for w in [w for row in W for w in row] + (W0 if problem.penalize_offsets else []):
            total += 0.5 * problem.l2 * w * w + problem.l1 * abs(w)
    return total


def pull(problem, w):
    """The slope of the penalty on one number, 0 of |w| where w is 0."""
    return problem.l2 * w + problem.l1 * ((w > 0.0) - (w < 0.0))


def mean_loss(problem, theta):
    layers, total = matrices(problem, theta), 0.0
    for x, y in zip(problem.X, problem.Y, strict=True):
        z, a = forward(problem, layers, x)
        total += loss(problem, z[-1], a[-1], y)
    return total / len(problem.X)


def objective(problem, theta):
    """J = mean loss + penalty."""
    return mean_loss(problem, theta) + penalty(problem, theta)


def gradient(problem, theta, examples=None):
    """dJ/dtheta by backpropagation, the loss taken over the examples with these numbers (all, unasked)."""
    chosen = range(len(problem.X)) if examples is None else examples
    layers = matrices(problem, theta)
    of_offset = (lambda w: pull(problem, w)) if problem.penalize_offsets else (lambda w: 0.0)
    sums = [([[pull(problem, w) for w in row] for row in W], [of_offset(w) for w in W0]) for W, W0 in layers]
    for e in chosen:
        add_example(problem, layers, problem.X[e], problem.Y[e], 1.0 / len(chosen), sums)
    return flat(sums, problem.offsets)


def add_example(problem, layers, x, y, share, sums):
    """Add this share of one example's gradient to the sums, from the last layer back to the first."""
    z, a = forward(problem, layers, x)
    delta = loss_slope(problem, z[-1], a[-1], y)
    for k in reversed(range(len(layers))):
        dW, dW0 = sums[k]
        for j in range(len(delta)):
            dW0[j] += share * delta[j]
            for i in range(len(dW)):
                dW[i][j] += share * delta[j] * a[k][i]
        if k:
            _, slope = problem.unit(k - 1)
            W = layers[k][0]
            delta = [slope(z[k - 1][i]) * sum(W[i][j] * delta[j] for j in range(len(delta))) for i in range(len(W))]


def hessian(problem, theta):
    """d2J/dtheta dtheta, a list of rows: how each number of the gradient varies with each parameter."""
    return math.jacobian(gradient(problem, math.variables(theta)), len(theta))


def trajectory(problem, theta, step_sizes, examples=None):
    """Theta at the start and after each step: GD, or SGD on the examples named for each step."""
    path = [list(theta)]
    for t, step_size in enumerate(step_sizes):
        slope = gradient(problem, path[-1], None if examples is None else examples[t])
        path.append([p - step_size * g for p, g in zip(path[-1], slope, strict=True)])
    return path


def first_broken_step(problem, theta, step_size, most):
    """The first step of GD after which a parameter is no finite number, or -1 if none of `most` steps breaks it."""
    for t in range(1, most + 1):
        slope = gradient(problem, theta)
        theta = [p - step_size * g for p, g in zip(theta, slope, strict=True)]
        if not all(math.isfinite(p) for p in theta):
            return t
    return -1


def says(guess):
    """Which outputs say 1: those above 1/2."""
    return [g > 0.5 for g in guess]


def error_and_cost(problem, theta, task, false_negative_cost):
    """Share of wrong labels, and their mean cost where a false positive costs 1; None where there is none."""
    layers, wrong, cost, count = matrices(problem, theta), 0, 0.0, 0
    for x, y in zip(problem.X, problem.Y, strict=True):
        _, a = forward(problem, layers, x)
        if task == "multiclass":
            wrong, count = wrong + (a[-1].index(max(a[-1])) != y.index(1.0)), count + 1
            continue
        for said, actual in zip(says(a[-1]), y, strict=True):
            count += 1
            wrong += said != (actual == 1.0)
            cost += (1.0 if actual == 0.0 else false_negative_cost) if said != (actual == 1.0) else 0.0
    return wrong / count, None if task == "multiclass" else cost / count
