"""How long does each peer take for a step of a run, and do all of them end at the same loss?

The peers of a workload take turns, round after round, so that what disturbs the machine disturbs all of them; the time is the
median of the turns, the ratio the median of the turns' ratios. A peer that is slow is timed on fewer runs or steps, which is
what it does again and again anyway, and in fewer turns. Where a peer's loss is off, the benchmark ends.
"""

import time
from dataclasses import dataclass
from functools import cache

import numpy as np

from bench.peers import (
    cpp,
    cpp_by_hand,
    jax_blocked,
    jax_naive,
    numpy_loop,
    ours,
    ours_numpy,
    sklearn_mlp,
    torch_eager,
    torch_vmap,
)
from nnexp.net.training import train

PEERS = (ours, ours_numpy, jax_blocked, cpp, cpp_by_hand, jax_naive, torch_vmap, torch_eager, numpy_loop, sklearn_mlp)
FASTEST = (ours, jax_blocked, cpp, cpp_by_hand)
AGREEMENT = 1e-10
"""How far the final losses may lie apart, of any run."""

FEWEST_TURNS, LONG = 3, 45.0
"""How many turns a slow peer takes, and everyone where turns have taken this many seconds."""


@dataclass(frozen=True)
class Result:
    """One peer on one workload with so many runs: microseconds per run-step, and how often as long as ours it took."""

    workload: str
    runs: int
    peer: str
    microseconds: float
    ratio: float
    compiling: float
    note: str


@dataclass(frozen=True)
class Entrant:
    """A peer that is ready, and the part of the problem that it is timed on."""

    peer: object
    problem: object
    ready: object

    def turn(self):
        """Train once; CPU seconds per run-step."""
        theta, seconds = self.ready.call()
        check(self.peer.NAME, self.problem, theta)
        return seconds / (self.problem.runs * self.problem.steps)


class Disagreement(SystemExit):
    """A peer that trained something else."""


def check(name, problem, theta):
    """Refuse a theta whose losses are not those of ours.

    Raises:
        Disagreement: if the final loss of any run is further off than AGREEMENT.
    """
    off = np.max(np.abs(problem.losses(theta) - our_losses(problem)))
    if not off <= AGREEMENT:
        raise Disagreement(
            f"{name} on workload {problem.workload.letter} with {problem.runs} runs ends {off:.1e} away from nnexp's loss; "
            f"{AGREEMENT:g} is allowed: one of the two is wrong, or the steps are too large to be followed"
        )


@cache
def our_losses(problem):
    """Where nnexp ends, (runs,); all of them must have moved, or nothing is compared."""
    found, start = problem.losses(train(problem.stack).theta), problem.losses(problem.theta)
    assert np.min(np.abs(found - start)) > 1e3 * AGREEMENT, problem
    return found


def race(workload, runs, rounds, peers=PEERS):
    """A `Result` of every peer that can train this workload, ours first."""
    problem = workload.problem(runs)
    entrants = [enter(peer, problem) for peer in peers if peer.takes(workload)]
    spent = turns(entrants, rounds)
    return [result(workload, runs, e, times, spent[0]) for e, times in zip(entrants, spent, strict=True)]


def turns(entrants, rounds):
    """CPU seconds per run-step of each entrant, turn by turn."""
    spent, start = [[] for _ in entrants], time.perf_counter()
    for turn in range(rounds):
        early = turn < FEWEST_TURNS
        if not early and time.perf_counter() - start > LONG:
            break
        for entrant, times in zip(entrants, spent, strict=True):
            if early or entrant.peer in FASTEST:
                times.append(entrant.turn())
    return spent


def result(workload, runs, entrant, times, ours_times):
    """The medians of an entrant's turns, and of their ratios to ours in the same turns."""
    ratio = np.median(np.array(times) / np.array(ours_times[: len(times)]))
    ready = entrant.ready
    return Result(workload.letter, runs, entrant.peer.NAME, 1e6 * np.median(times), ratio, ready.compiling, ready.note)


def enter(peer, problem):
    """The peer, ready for the part of the problem that it is timed on."""
    problem = peer.part(problem, peer.prepare)
    return Entrant(peer, problem, peer.prepare(problem))
