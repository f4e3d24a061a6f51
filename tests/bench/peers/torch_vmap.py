"""PyTorch over a whole stack: `torch.func.vmap` of `torch.func.grad`, a step of all runs at a time."""

import numpy as np
import torch

from bench.peers import Ready, few_steps, timed
from bench.peers.torch_form import data, layers, loss

NAME = "torch.func"
ABOUT = "`vmap(grad(loss))` over the whole stack, one update for all runs."
part = few_steps


def takes(workload):
    return True


def prepare(problem):
    X, Y = data(problem.workload)
    order = None if problem.order is None else torch.tensor(problem.order.astype(np.int64))
    return Ready(timed(lambda: train(problem, X, Y, order)))


def train(problem, X, Y, order):
    """Where all runs end, (runs, parameters)."""
    workload = problem.workload

    def objective(theta, x, y):
        return loss(layers(theta, workload), x, y, workload)

    shared = None if order is None else 0
    slope = torch.func.vmap(torch.func.grad(objective), in_dims=(0, shared, shared))
    theta = torch.tensor(problem.theta)
    for t in range(problem.steps):
        x, y = (X, Y) if order is None else (X[order[t]], Y[order[t]])
        theta -= workload.step_size * slope(theta, x, y)
    return theta.numpy()
