"""How long does the exact Hessian of a stack of nets take, beside `jax.hessian`?

Both take the same theta in turns, on one core; JAX compiled, in blocks of the size that a trial finds fastest. Every entry
has to agree.
"""

import time
from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from bench.peers.jax_form import last
from bench.workloads import WORKLOADS, Workload

AGREEMENT = 1e-12
"""How far entries may lie apart, beside the largest."""

BLOCKS = (1, 4, 16, 64)
CASES = {"2-8-1": (WORKLOADS["a"], 256, 0.04), "2-32-32-1": (WORKLOADS["b"], 4, 50.0)}
CASES["2-16-16-1"] = (Workload("h", (2, 16, 16, 1), "tanh", "nll", 500, None, 0.1, {16: 1}), 16, 6.0)
"""The net and its data, how many runs are timed, and the milliseconds that one may take."""


@dataclass(frozen=True)
class Time:
    """Milliseconds of one Hessian, at most so many wanted; and how often as long as that JAX took.

    The milliseconds are the least of the turns, since other programs only add to them; the ratio is the median of theirs.
    """

    net: str
    points: int
    wanted: float
    milliseconds: float
    ratio: float


def times(rounds):
    """A `Time` of each net."""
    return [timed(net, *case, rounds) for net, case in CASES.items()]


def timed(net, workload, runs, wanted, rounds):
    objective, theta = workload.objective, workload.problem(runs, 1).theta
    ours, theirs = (lambda: objective.hessian(theta)), by_autodiff(workload, theta)
    off = np.abs(ours() - theirs()).max() / np.abs(theirs()).max()
    assert off <= AGREEMENT, f"the Hessian of {net} is {off:.1e} away from JAX's"
    spent = np.array([[seconds(ours), seconds(theirs)] for _ in range(rounds)])
    ratio = np.median(spent[:, 1] / spent[:, 0])
    return Time(net, workload.n, wanted, float(1e3 * spent[:, 0].min() / runs), float(ratio))


def by_autodiff(workload, theta):
    """A function that gives all Hessians by JAX, in the fastest blocks."""
    tried = {block: in_blocks(workload, theta, block) for block in BLOCKS if block <= len(theta)}
    fastest = min(tried, key=lambda block: (tried[block](), min(seconds(tried[block]) for _ in range(2)))[1])
    return tried[fastest]


def in_blocks(workload, theta, block):
    one = compiled(workload)
    parts = [jnp.array(theta[start : start + block]) for start in range(0, len(theta), block)]
    return lambda: np.concatenate([np.asarray(one(part)) for part in parts])


@cache
def compiled(workload):
    """The Hessians of the mean negative log likelihood at theta (runs, parameters)."""
    X, Y = jnp.array(workload.sample.X), jnp.array(workload.sample.Y)

    def mean_loss(theta):
        z = last(theta, X, workload, "units")
        return jnp.mean(jax.nn.softplus(z) - Y * z)

    return jax.jit(jax.vmap(jax.hessian(mean_loss)))


def seconds(call):
    """The CPU seconds of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start
