"""Train a stack of runs, and say what happened on the way.

A stack is runs that can be trained together: one net shape, data set, optimizer and number of steps; step sizes, l2,
schedules, initializers and seeds may differ. It is worked on in blocks that fit the cache, with one BLAS thread, so
that a run's numbers are the same bits alone, in any stack and any block. Overflow is not an error here: a run that
diverges is data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nnexp.net.cache import runs_per_block
from nnexp.net.descent import StepSizes, descent, in_lanes
from nnexp.net.objective import MEASURES, Objective
from nnexp.net.streams import INITIAL_WEIGHTS, Order, stream

Array = NDArray[np.float64]

MOST_LANES, LEAST_LANES = 2048, 32


@dataclass(frozen=True)
class Stack:
    """Runs to be trained together; every per-run sequence has one entry a run.

    recorded: the steps at which J and its like are measured, ascending, the first 0 and the last `steps`.
    snapshots: those of them at which theta itself is kept.
    """

    objective: Objective
    optimizer: Any
    steps: int
    recorded: tuple[int, ...]
    snapshots: tuple[int, ...]
    step_sizes: Array
    l2: Array
    schedules: tuple[Any, ...]
    initializers: tuple[Any, ...]
    init_seeds: tuple[int, ...]
    order_seeds: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.init_seeds)

    def only(self, chosen: Sequence[int]) -> Stack:
        """The stack of these runs."""
        return replace(
            self,
            step_sizes=self.step_sizes[list(chosen)],
            l2=self.l2[list(chosen)],
            schedules=tuple(self.schedules[i] for i in chosen),
            initializers=tuple(self.initializers[i] for i in chosen),
            init_seeds=tuple(self.init_seeds[i] for i in chosen),
            order_seeds=tuple(self.order_seeds[i] for i in chosen),
        )


@dataclass(frozen=True)
class Trained:
    """What training gave, one row a run.

    theta: (runs, parameters) at the end; NaN where the run diverged.
    curves: each measure at the recorded steps, (runs, recorded); NaN once a run has diverged.
    snapshots: theta at the snapshot steps, (runs, snapshots, parameters).
    diverged_at: (runs,), the step that left a parameter not finite; where all stayed finite, the first recorded step at
        which J was not; else -1.
    recorded, kept: the steps of the curves and of the snapshots.
    """

    theta: Array
    curves: dict[str, Array]
    snapshots: Array
    diverged_at: NDArray[np.int64]
    recorded: tuple[int, ...]
    kept: tuple[int, ...]


def train(stack: Stack) -> Trained:
    """Train every run of a stack to its last step; a net that no gradient can reach takes no step."""
    if not stack.objective.network.has_slope:
        stack = replace(stack, steps=0, recorded=(0,), snapshots=(0,) if stack.snapshots else ())
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        size = _block_size(stack)
        starts = range(0, len(stack), size)
        parts = [_train_block(stack.only(range(s, min(s + size, len(stack))))) for s in starts]
    return Trained(
        theta=np.concatenate([p.theta for p in parts]),
        curves={name: np.concatenate([p.curves[name] for p in parts]) for name in MEASURES},
        snapshots=np.concatenate([p.snapshots for p in parts]),
        diverged_at=np.concatenate([p.diverged_at for p in parts]),
        recorded=stack.recorded,
        kept=stack.snapshots,
    )


def recorded_steps(steps: int, points: int) -> tuple[int, ...]:
    """Step 0, the last step, and about `points` between them, evenly spaced on a log scale, each once."""
    spaced = np.geomspace(1, max(steps, 1), num=max(points, 1)).round().astype(int)
    return tuple(sorted({0, *map(int, spaced[spaced <= steps]), steps}))


def initial_theta(stack: Stack) -> Array:
    """Where each run starts, (runs, parameters)."""
    network = stack.objective.network
    pairs = zip(stack.initializers, stack.init_seeds, strict=True)
    return np.stack([network.initial(part, stream(seed, INITIAL_WEIGHTS)) for part, seed in pairs])


def seconds_of_work(stack: Stack) -> float:
    """A rough guess of how long a stack takes on one core, good enough to share work out."""
    network, n = stack.objective.network, stack.objective.train.X.shape[1]
    batch = stack.optimizer.batch(n) or n
    if in_lanes(stack.optimizer, n):
        per_step = 15e-6 * network.n_layers + 5e-9 * batch * network.n_parameters * len(stack)
    else:
        per_step = (3e-6 * network.n_layers + 8e-9 * batch * sum(network.sizes[1:])) * len(stack)
        per_step += 1e-10 * batch * network.n_parameters * len(stack)
    return stack.steps * per_step


def parts(stack: Stack, most: float) -> list[range]:
    """The stack's runs in ranges of at most about so many seconds of work, as even as can be.

    Where runs lie last, many lanes cost little more than few, so they are kept together up to a full block.
    """
    pieces = max(1, round(seconds_of_work(stack) / most))
    if in_lanes(stack.optimizer, stack.objective.train.X.shape[1]):
        pieces = min(pieces, -(-len(stack) // 256))
    bounds = [len(stack) * i // min(pieces, len(stack)) for i in range(min(pieces, len(stack)) + 1)]
    return [range(start, stop) for start, stop in pairwise(bounds)]


def _block_size(stack: Stack) -> int:
    network, n = stack.objective.network, stack.objective.train.X.shape[1]
    if in_lanes(stack.optimizer, n):
        floats = 5 * network.n_parameters + 4 * sum(network.sizes)
        return min(MOST_LANES, runs_per_block(floats, len(stack), least=LEAST_LANES))
    batch = stack.optimizer.batch(n) or n
    return runs_per_block(network.floats_per_run(batch), len(stack))


def _train_block(stack: Stack) -> Trained:
    history = History(stack)
    theta = initial_theta(stack)
    history.record(0, theta)
    if stack.steps == 0:
        return history.finish(theta)
    lanes = max(len(stack), 2) if in_lanes(stack.optimizer, stack.objective.train.X.shape[1]) else len(stack)
    padded = stack.only([i % len(stack) for i in range(lanes)])  # a lone lane is trained twice
    moving = descent(
        stack.objective,
        theta[[i % len(stack) for i in range(lanes)]],
        padded.l2,
        padded.order_seeds,
        optimizer=stack.optimizer,
        step_sizes=StepSizes(padded.step_sizes, padded.schedules),
    )
    diverged_at = np.full(lanes, -1, dtype=np.int64)
    for start, stop in _spans(stack.recorded):
        moving.advance(start, stop, diverged_at)
        if stop in history.at:
            history.record(stop, moving.rows()[: len(stack)])
        if (diverged_at >= 0).all():
            break
    history.diverged_at[:] = diverged_at[: len(stack)]
    return history.finish(moving.rows()[: len(stack)])


def _spans(recorded: tuple[int, ...]) -> list[tuple[int, int]]:
    """Pairs (start, stop) that cover all steps, cut at recorded steps and at the chunks in which orders are drawn."""
    cuts = sorted({*recorded, *range(0, recorded[-1], Order.CHUNK)})
    return list(pairwise(cuts))


class History:
    """The measures and snapshots of a block of runs as they are taken."""

    def __init__(self, stack: Stack) -> None:
        runs, parameters = len(stack), stack.objective.network.n_parameters
        self._stack = stack
        self.at = {step: i for i, step in enumerate(stack.recorded)}
        self._kept = {step: i for i, step in enumerate(stack.snapshots)}
        self.curves = {name: np.full((runs, len(stack.recorded)), np.nan) for name in MEASURES}
        self.snapshots = np.full((runs, len(stack.snapshots), parameters), np.nan)
        self.diverged_at = np.full(runs, -1, dtype=np.int64)

    def record(self, step: int, theta: Array) -> None:
        """Measure theta (runs, parameters) as of this step."""
        for name, values in self._stack.objective.measure(theta, self._stack.l2).items():
            self.curves[name][:, self.at[step]] = values
        if step in self._kept:
            self.snapshots[:, self._kept[step]] = theta

    def finish(self, theta: Array) -> Trained:
        """What training gave; a run whose J overflowed has diverged even where its parameters stayed finite."""
        infinite = ~np.isfinite(self.curves["J"])
        first = np.array(self._stack.recorded)[infinite.argmax(axis=1)]
        unseen = infinite.any(axis=1) & (self.diverged_at < 0)
        self.diverged_at[unseen] = first[unseen]
        broken = self.diverged_at >= 0
        for values in self.curves.values():
            values[infinite] = np.nan
        late = np.array(self._stack.snapshots, dtype=np.int64) >= self.diverged_at[:, None]
        self.snapshots[broken[:, None] & late] = np.nan
        return Trained(
            theta=np.where(broken[:, None], np.nan, theta),
            curves=self.curves,
            snapshots=self.snapshots,
            diverged_at=self.diverged_at,
            recorded=self._stack.recorded,
            kept=self._stack.snapshots,
        )
