"""Do gradient, Hessian and 500 steps equal what PyTorch's autodiff and optimizers make of the formulas alone?

Every activation, every loss on every output unit, depths 1 to 3, every optimizer: what is registered is tried.
"""

from dataclasses import replace

import nets
import numpy as np
import pytest
import torch

from bench import formulas
from nnexp.net.streams import Order
from nnexp.net.training import initial_theta, train
from nnexp.parts import registry

DERIVATIVE_RELATIVE = 1e-12
"""The same formulas added up in another order."""

TRAJECTORY_RELATIVE = 1e-10
"""500 steps of a stable size, each of which adds a few roundings."""

L2, L1, RUNS, STEPS = 0.03, 0.01, 3, 500
TANH = registry.make("activation", "tanh")
NLL = registry.make("loss", "nll"), registry.make("activation", "sigmoid")


@pytest.mark.parametrize("kind", ["activation", "loss", "optimizer"])
def test_every_part_has_its_formula_here(kind):
    known = {"activation": formulas.ACTIVATIONS, "loss": formulas.LOSSES, "optimizer": formulas.OPTIMIZERS}
    assert set(nets.names(kind)) <= set(known[kind]), "a new part: write its formula into tests/bench/formulas.py"


def cases():
    """Every (activation, ending, depth); at depth 1 there is no hidden layer, so one activation stands for all."""
    for ending in nets.endings():
        yield TANH, ending, 1
        yield from ((activation, ending, depth) for activation in nets.every("activation") for depth in (2, 3))


@pytest.fixture(params=cases(), ids=lambda case: f"{nets.label(case[0])}-{nets.ending_label(case[1])}-{case[2]}")
def objective(request):
    activation, ending, depth = request.param
    return nets.objective(nets.sizes(depth), activation, ending)


def by_autodiff(derivative, objective, theta):
    """A derivative of J at every row of theta."""
    at_a_row = derivative(lambda row: formulas.J(objective, row, L2, L1))
    return torch.func.vmap(at_a_row)(torch.tensor(theta)).numpy()


def test_the_gradient_is_autodiffs(objective):
    theta = nets.thetas(objective, RUNS)
    expected = by_autodiff(torch.func.grad, objective, theta)
    assert nets.close(objective.gradient(theta, L2, L1), expected, DERIVATIVE_RELATIVE)


def test_the_hessian_is_autodiffs(objective):
    theta = nets.thetas(objective, RUNS)
    expected = by_autodiff(lambda J: torch.func.jacrev(torch.func.grad(J)), objective, theta)
    assert nets.close(objective.hessian(theta, L2), expected, DERIVATIVE_RELATIVE)


def torch_paths(stack):
    """Where PyTorch ends, (runs, parameters)."""
    return np.stack([torch_path(stack, run, start) for run, start in enumerate(initial_theta(stack))])


def torch_path(stack, run, start):
    """Where PyTorch ends from one run's first theta, on the examples that the run draws."""
    theta, n = torch.tensor(start, requires_grad=True), stack.objective.train.X.shape[1]
    optimizer = formulas.optimizer(stack.optimizer, theta, stack.step_sizes[run])
    batch = stack.optimizer.batch(n)
    order = batch and Order(stack.order_seeds[run : run + 1], n, batch, stack.optimizer.shuffles)
    for t in range(stack.steps):
        optimizer.zero_grad()
        chosen = order.at(t)[0] if batch else None
        formulas.J(stack.objective, theta, stack.l2[run], stack.l1[run], chosen).backward()
        optimizer.step()
    return theta.detach().numpy()


def steady(part):
    """The part, its denominator kept away from 0 if it has one: close to a minimum that would blow up every rounding."""
    return replace(part, epsilon=0.01) if hasattr(part, "epsilon") else part


def penalized(objective, optimizer):
    """Some runs with step sizes and penalties of their own, STEPS long."""
    step_sizes = np.array([0.01, 0.02, 0.03]) * (0.1 if hasattr(optimizer, "epsilon") else 1.0)
    values = {"l2": np.array([0.0, 0.01, 0.03]), "l1": np.array([0.0, 0.001, 0.0]), "step_sizes": step_sizes}
    return nets.stack(objective, optimizer, runs=RUNS, steps=STEPS, every_step=False, **values)


@pytest.mark.parametrize("part", nets.every("optimizer"), ids=nets.label)
@pytest.mark.parametrize("batch", [None, 1, 5])
def test_every_optimizer_ends_where_pytorchs_does(part, batch):
    if hasattr(part, "batch_size"):
        part = replace(part, batch_size=batch)
    elif batch:
        pytest.skip(f"{part.name} sees all examples at each step")
    stack = penalized(nets.objective(nets.sizes(3), TANH, NLL), steady(part))
    assert nets.close(train(stack).theta, torch_paths(stack), TRAJECTORY_RELATIVE)


@pytest.mark.parametrize("activation", nets.every("activation", lambda part: part.has_slope), ids=nets.label)
def test_every_activation_ends_where_pytorchs_does(activation):
    stack = penalized(nets.objective(nets.sizes(3), activation, NLL), registry.make("optimizer", "gd"))
    assert nets.close(train(stack).theta, torch_paths(stack), TRAJECTORY_RELATIVE)
