"""PyTorch as its tutorials write it: one run after the other, `loss.backward()`, the step under `no_grad`."""

import numpy as np
import torch

from bench.peers import Ready, few_runs, timed
from bench.peers.torch_form import data, layers, loss

NAME = "PyTorch eager"
ABOUT = "One run after the other: `linear`, the loss, `backward()`, the step under `no_grad`."
part = few_runs


def takes(workload):
    return True


def prepare(problem):
    X, Y = data(problem.workload)
    return Ready(timed(lambda: np.stack([train(problem, run, X, Y) for run in range(problem.runs)])))


def train(problem, run, X, Y):
    """Where one run ends, (parameters,)."""
    workload, order = problem.workload, problem.order
    weights = [
        [part.clone().requires_grad_() for part in layer]
        for layer in layers(torch.tensor(problem.theta[run]), workload)
    ]
    chosen = None if order is None else torch.tensor(order[:, run].astype(np.int64))
    parameters = [part for layer in weights for part in layer]
    for t in range(problem.steps):
        x, y = (X, Y) if chosen is None else (X[chosen[t]], Y[chosen[t]])
        loss(weights, x, y, workload).backward()
        with torch.no_grad():
            for part in parameters:
                part -= workload.step_size * part.grad
                part.grad = None
    return np.concatenate([np.column_stack([W.detach(), W0.detach()]).ravel() for W, W0 in weights])
