"""JAX as one writes it first: jit of vmap of scan over the whole stack."""

import time

import jax.numpy as jnp
import numpy as np

from bench.peers import Ready, few_steps, timed
from bench.peers.jax_form import compiled

NAME = "JAX naive"
ABOUT = "`jit(vmap(scan))` over the whole stack at once."
part = few_steps


def takes(workload):
    return True


def prepare(problem):
    start = time.process_time()
    train = compiled(problem, "units")
    compiling = time.process_time() - start
    theta, order = jnp.array(problem.theta), problem.order if problem.order is None else jnp.array(problem.order)
    return Ready(timed(lambda: np.asarray(train(theta, order))), compiling)
