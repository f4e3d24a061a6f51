"""The formulas of the parts in PyTorch, and J made of them, so that autodiff can say what its derivatives are.

Nothing is taken from the parts but their names and parameters. A part that is new needs its formula here.
"""

import torch
from torch.nn import functional

torch.set_num_threads(1)


def step(z):
    return (z > 0.0).to(z.dtype)


def squared(z, guess, actual):
    return (guess - actual) ** 2


def nll(z, guess, actual):
    return functional.softplus(z, threshold=1e9) - actual * z


def huber(z, guess, actual, delta):
    far = (guess - actual).abs()
    return torch.where(far <= delta, far**2, 2.0 * delta * far - delta**2)


def hinge(z, guess, actual):
    return torch.relu(1.0 - (2.0 * actual - 1.0) * z)


def zero_one(z, guess, actual):
    return ((guess > 0.5) != (actual > 0.5)).to(z.dtype)


def softmax_nll(z, guess, actual):
    return -actual * torch.log_softmax(z, dim=0)


def asymmetric(loss):
    """The loss, times the cost where the actual value is 1."""

    def costly(z, guess, actual, false_negative_cost):
        return loss(z, guess, actual) * torch.where(actual > 0.5, false_negative_cost, 1.0)

    return costly


ACTIVATIONS = {
    "identity": lambda z: z,
    "step": step,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z, leak: functional.leaky_relu(z, leak),
    "softplus": lambda z: functional.softplus(z, threshold=1e9),
    "elu": lambda z, scale: functional.elu(z, scale),
    "gelu": functional.gelu,
    "sine": lambda z, frequency: torch.sin(frequency * z),
}
"""Of z and the part's own parameters."""

LOSSES = {
    "squared": squared,
    "asymmetric_squared": asymmetric(squared),
    "huber": huber,
    "nll": nll,
    "asymmetric_nll": asymmetric(nll),
    "softmax_nll": softmax_nll,
    "hinge": hinge,
    "zero_one": zero_one,
}
"""Of z, the guess, the actual value and the part's own parameters, for each output; they are added up."""

OPTIMIZERS = {
    "gd": lambda step_size: {"lr": step_size},
    "sgd": lambda step_size: {"lr": step_size},
    "momentum": lambda step_size, momentum: {"lr": step_size, "momentum": momentum},
    "nesterov": lambda step_size, momentum: {"lr": step_size, "momentum": momentum, "nesterov": True},
    "rmsprop": lambda step_size, decay, epsilon: {"lr": step_size, "alpha": decay, "eps": epsilon},
    "adam": lambda step_size, beta1, beta2, epsilon: {"lr": step_size, "betas": (beta1, beta2), "eps": epsilon},
}
"""What PyTorch's optimizer is to be given for the step size and the part's own parameters."""


def parameters(part):
    """A part's own parameters by name, without those that say which examples a step sees."""
    others = ("name", "batch_size", "replacement")
    return {key: value for key, value in part.settings().items() if key not in others}


def apply(part, z):
    """A = f(z)."""
    return ACTIVATIONS[part.name](z, **parameters(part))


def last(network, theta, X):
    """The last z, (outputs, examples), of one run's theta (parameters,); rows of a layer are its units."""
    a, start = X, 0
    for i, (n, m) in enumerate(network.shapes):
        layer = theta[start : start + n * m].reshape(n, m)
        z = layer[:, :-1] @ a + layer[:, -1:]
        a = apply(network.hidden[i], z) if i < len(network.hidden) else z
        start += n * m
    return z


def J(objective, theta, l2=0.0, l1=0.0, chosen=None):
    """J of one run's theta, a number, on the training examples or the chosen ones."""
    network = objective.network
    X, Y = (torch.tensor(array) for array in (objective.train.X, objective.train.Y))
    if chosen is not None:
        X, Y = X[:, chosen], Y[:, chosen]
    z = last(network, theta, X)
    guess = z if network.unit is None else apply(network.unit, z)
    loss = LOSSES[network.loss.name](z, guess, Y, **parameters(network.loss)).sum(dim=0).mean()
    weights = theta[torch.tensor(network.is_weight())]
    return loss + 0.5 * l2 * (weights**2).sum() + l1 * weights.abs().sum() + 0.0 * theta.sum()


def optimizer(part, theta, step_size):
    """PyTorch's own optimizer with the formulas of this part, moving theta."""
    kinds = {"rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam}
    return kinds.get(part.name, torch.optim.SGD)([theta], **OPTIMIZERS[part.name](step_size, **parameters(part)))
