"""How is a net's descent written in JAX? In three ways, since none is the fastest for every net.

The gradient is JAX's own, pulled back from dL/dz, which is guess - actual for both losses: twice as fast as through the
loss itself. `units` has the layers' products as W a, `examples` as a W; both are one run's, and vmap makes the stack.
`lanes` is a block of runs written out with the runs last, each with its own example.
"""

from functools import partial

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_cpu_enable_async_dispatch", False)

ACTIVATION = {"tanh": jnp.tanh, "relu": jax.nn.relu}
GUESS = {"nll": jax.nn.sigmoid, "softmax_nll": partial(jax.nn.softmax, axis=0)}


def forms(workload):
    """The ways that suit this workload."""
    return ("lanes", "units") if workload.batch == 1 else ("units", "examples")


def layers(theta, workload):
    """[W^T | W0] of each layer, (n, m + 1), or (n, m + 1, runs) for theta (parameters, runs)."""
    found, start = [], 0
    for n, m in workload.objective.network.shapes:
        found.append(theta[start : start + n * m].reshape(n, m, *theta.shape[1:]))
        start += n * m
    return found


def affine(layer, a, form):
    """The z of a layer."""
    W, W0 = layer[:, :-1], layer[:, -1]
    if form == "lanes":
        return (W * a).sum(axis=1) + W0
    return a @ W.T + W0 if form == "examples" else W @ a + W0[:, None]


def last(theta, X, workload, form):
    """The last z, (outputs, examples), or (outputs, runs) in lanes."""
    f, a = ACTIVATION[workload.activation], X.T if form == "examples" else X
    *hidden, output = layers(theta, workload)
    for layer in hidden:
        a = f(affine(layer, a, form))
    z = affine(output, a, form)
    return z.T if form == "examples" else z


def training(workload, form):
    """One run's training, theta (parameters,), order (steps, batch) or steps; in lanes that of a block, the runs last."""
    X, Y = jnp.array(workload.sample.X), jnp.array(workload.sample.Y)

    def step(theta, chosen):
        x, y = (X, Y) if chosen is None else (X[:, chosen], Y[:, chosen])
        z, back = jax.vjp(partial(last, X=x, workload=workload, form=form), theta)
        examples = 1 if form == "lanes" else y.shape[1]
        (gradient,) = back((GUESS[workload.loss](z) - y) / examples)
        return theta - workload.step_size * gradient, None

    return lambda theta, order, steps: jax.lax.scan(step, theta, order, length=steps)[0]


def compiled(problem, form):
    """A function of theta (runs, parameters) and order (steps, runs, batch) or None, compiled for this many runs and steps."""
    train = partial(training(problem.workload, form), steps=problem.steps)
    theta = jax.ShapeDtypeStruct(problem.theta.shape, jnp.float64)
    order = None if problem.order is None else jax.ShapeDtypeStruct(problem.order.shape, jnp.int32)
    if form == "lanes":
        return jax.jit(partial(in_lanes, train)).lower(theta, order).compile()
    stacked = jax.vmap(train, in_axes=(0, None if order is None else 1))
    return jax.jit(stacked).lower(theta, order).compile()


def in_lanes(train, theta, order):
    """Train with the runs last, from and to theta with the runs first; order is (steps, runs, 1)."""
    return train(theta.T, order[:, :, 0]).T
