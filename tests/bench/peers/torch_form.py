"""How is a net's loss written in PyTorch?"""

import torch
from torch.nn import functional

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

ACTIVATION = {"tanh": torch.tanh, "relu": torch.relu}


def data(workload):
    """X (n, inputs) and Y (n, outputs): in PyTorch the rows are the examples."""
    return tuple(torch.tensor(array.T.copy()) for array in (workload.sample.X, workload.sample.Y))


def layers(theta, workload):
    """(W^T, W0) of each layer, views of one run's theta (parameters,)."""
    matrices = theta.split([n * m for n, m in workload.objective.network.shapes])
    shaped = [part.view(n, m) for part, (n, m) in zip(matrices, workload.objective.network.shapes, strict=True)]
    return [(layer[:, :-1], layer[:, -1]) for layer in shaped]


def loss(weights, X, Y, workload):
    """The mean loss of one run's layers on these examples."""
    f, a = ACTIVATION[workload.activation], X
    for W, W0 in weights[:-1]:
        a = f(functional.linear(a, W, W0))
    z = functional.linear(a, *weights[-1])
    if workload.loss == "nll":
        return functional.binary_cross_entropy_with_logits(z, Y)
    return functional.cross_entropy(z, Y)
