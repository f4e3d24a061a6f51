"""Train a stack of runs, and say what happened on the way.

A stack is runs that can be trained together: one net shape, data set, optimizer, stopping rule and number of steps; step
sizes, l2, l1, schedules, initializers and seeds may differ. It is worked on in blocks that fit the cache, with one BLAS
thread, so that a run's numbers are the same bits alone, in any stack and any block. Overflow is not an error here: a run
that diverges is data. A run that is over leaves its block, and the others go on without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nnexp.net import compiled
from nnexp.net.cache import runs_per_block
from nnexp.net.descent import Descent
from nnexp.net.history import History, Trained, joined
from nnexp.net.layouts import descent, in_lanes
from nnexp.net.network import Network
from nnexp.net.objective import Penalized
from nnexp.net.streams import INITIAL_WEIGHTS, Order, StepSizes, stream
from nnexp.net.watch import Watch

Array = NDArray[np.float64]

MOST_LANES, LEAST_LANES, FEWEST_IN_KERNEL = 2048, 32, 128
"""Runs of a block: at most, and at least, where they lie last; at least, where a kernel trains one after the other."""

FLOATS_A_POINT, MOST_FLOATS_TOGETHER = 7, 2**26
"""What a recorded step takes to keep, the snapshot apart; how many floats of that a worker holds at a time."""


@dataclass(frozen=True)
class Stack:
    """Runs to be trained together; every per-run sequence has one entry a run.

    recorded: the steps at which J and its like are measured, ascending, the first 0 and the last `steps`.
    snapshots: those of them at which theta itself is kept.
    start: where each run starts, (runs, parameters), in place of what its initializer draws.
    """

    objective: Penalized
    optimizer: Any
    stopping: Any
    steps: int
    recorded: tuple[int, ...]
    snapshots: tuple[int, ...]
    step_sizes: Array
    l2: Array
    l1: Array
    schedules: tuple[Any, ...]
    initializers: tuple[Any, ...]
    init_seeds: tuple[int, ...]
    order_seeds: tuple[int, ...]
    start: Array | None = None

    def __len__(self) -> int:
        return len(self.init_seeds)

    @property
    def lanes(self) -> bool:
        """Whether its runs lie last."""
        return in_lanes(self.optimizer, self.objective.n_examples)

    def only(self, chosen: Sequence[int]) -> Stack:
        """The stack of these runs."""
        return replace(
            self,
            step_sizes=self.step_sizes[list(chosen)],
            l2=self.l2[list(chosen)],
            l1=self.l1[list(chosen)],
            schedules=tuple(self.schedules[i] for i in chosen),
            initializers=tuple(self.initializers[i] for i in chosen),
            init_seeds=tuple(self.init_seeds[i] for i in chosen),
            order_seeds=tuple(self.order_seeds[i] for i in chosen),
            start=None if self.start is None else self.start[list(chosen)],
        )


def train(stack: Stack) -> Trained:
    """Train every run of a stack to its end; a net that no gradient can reach takes no step."""
    if not stack.objective.network.has_slope:
        stack = replace(stack, steps=0, recorded=(0,), snapshots=(0,) if stack.snapshots else ())
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        size = _block_size(stack)
        starts = range(0, len(stack), size)
        return joined([_train_block(stack.only(range(s, min(s + size, len(stack))))) for s in starts])


def recorded_steps(steps: int, points: int) -> tuple[int, ...]:
    """Step 0, the last step, and about `points` between them, evenly spaced on a log scale, each once."""
    spaced = np.geomspace(1, max(steps, 1), num=max(points, 1)).round().astype(int)
    return tuple(sorted({0, *map(int, spaced[spaced <= steps]), steps}))


def initial_theta(stack: Stack) -> Array:
    """Where each run starts, (runs, parameters)."""
    if stack.start is not None:
        return stack.start.copy()
    network = stack.objective.network
    pairs = zip(stack.initializers, stack.init_seeds, strict=True)
    return np.stack([network.initial(part, stream(seed, INITIAL_WEIGHTS)) for part, seed in pairs])


def seconds_of_work(stack: Stack) -> float:
    """A rough guess of how long a stack takes on one core, good enough to share work out."""
    objective, optimizer = stack.objective, stack.optimizer
    kernels = compiled.goes(objective, optimizer)
    return seconds_of_steps(objective.network, optimizer, objective.n_examples, stack.steps, len(stack), kernels)


def seconds_of_steps(network: Network, optimizer: Any, n: int, steps: int, runs: int, kernels: bool = False) -> float:
    """The same of so many runs of a net on n examples, by NumPy or by the compiled kernels."""
    batch = optimizer.batch(n) or n
    lanes = in_lanes(optimizer, n)
    if kernels:
        each, weight = (2e-8, 3e-9) if lanes else (1.5e-7, 2e-10)
        per_step = (each * network.n_layers + weight * batch * network.n_parameters) * runs
    elif lanes:
        per_step = 15e-6 * network.n_layers + 5e-9 * batch * network.n_parameters * runs
    else:
        per_step = (3e-6 * network.n_layers + 8e-9 * batch * sum(network.sizes[1:])) * runs
        per_step += 1e-10 * batch * network.n_parameters * runs
    return steps * per_step


def parts(stack: Stack, most: float) -> list[range]:
    """The stack's runs in ranges of at most about so many seconds of work, as even as can be.

    Where runs lie last, many lanes cost little more than few, so they are kept together up to a full block; unless their
    curves and snapshots do not fit the memory together.
    """
    pieces = max(1, round(seconds_of_work(stack) / most))
    if stack.lanes:
        pieces = min(pieces, -(-len(stack) // 256))
    kept = FLOATS_A_POINT * len(stack.recorded) + len(stack.snapshots) * stack.objective.network.n_parameters
    pieces = max(pieces, len(stack) * kept // MOST_FLOATS_TOGETHER)
    bounds = [len(stack) * i // min(pieces, len(stack)) for i in range(min(pieces, len(stack)) + 1)]
    return [range(start, stop) for start, stop in pairwise(bounds)]


def _block_size(stack: Stack) -> int:
    network, n = stack.objective.network, stack.objective.n_examples
    if stack.lanes:
        floats = 5 * network.n_parameters + 4 * sum(network.sizes)
        return min(MOST_LANES, runs_per_block(floats, len(stack), least=LEAST_LANES))
    batch = stack.optimizer.batch(n)
    least = FEWEST_IN_KERNEL if batch is None and compiled.goes(stack.objective, stack.optimizer) else 1
    return runs_per_block(network.floats_per_run(batch or n), len(stack), least)


def _train_block(stack: Stack) -> Trained:
    theta = initial_theta(stack)
    history = History(stack.objective, theta, stack.l2, stack.l1, stack.recorded, stack.snapshots)
    watch = Watch(stack.stopping, stack.objective, theta, stack.l2, stack.l1)
    _descend(stack, theta, history, watch)
    return history.finish()


def _descend(stack: Stack, theta: Array, history: History, watch: Watch) -> None:
    """Move every run of a block until it is over; what a step starts from is recorded with the step, which knows its loss."""
    moving, who = _start(stack, theta), np.arange(len(stack))
    looks = watch.due(stack.steps)
    cuts = sorted({0, *stack.recorded, *looks, *range(0, stack.steps, Order.CHUNK)})
    for start, stop in [*pairwise(cuts), (stack.steps, stack.steps)]:
        theta = moving.rows().copy()
        over = watch.over(start, who, theta) if start in looks else np.zeros(len(who), dtype=np.bool_)
        history.stopped_at[who[over]] = start
        over |= start == stack.steps
        if over.any():
            history.record(start, who[over], theta[over])
            history.rest(start, who[over], *watch.kept(start, who[over], theta[over]))
            theta = theta[~over]
            moving, who = _without(over, moving, who)
        if not len(who):
            return
        here = history.diverged_at[who]
        sums = moving.advance(start, stop, here, look=history.is_recorded(start))
        history.diverged_at[who] = here
        history.record(start, who, theta, sums)
        if (here >= 0).any():
            moving, who = _without(here >= 0, moving, who)


def _start(stack: Stack, theta: Array) -> Descent:
    return descent(
        stack.objective,
        theta,
        stack.order_seeds,
        l2=stack.l2,
        l1=stack.l1,
        optimizer=stack.optimizer,
        step_sizes=StepSizes(stack.step_sizes, stack.schedules),
    )


def _without(over: NDArray[np.bool_], moving: Descent, who: NDArray[np.intp]) -> tuple[Descent, NDArray[np.intp]]:
    """The block without the runs that are over."""
    left = np.flatnonzero(~over)
    return moving.only(left), who[left]
