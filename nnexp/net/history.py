"""What is seen of a block of runs while it trains: curves, snapshots, and how each run ended.

A run that is over rests where it is, so its curves go on level at the values of the theta that it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.divergence import at_zero, exploded_at
from nnexp.net.objective import MEASURES, Penalized

Array = NDArray[np.float64]
Steps = NDArray[np.int64]


@dataclass(frozen=True)
class Trained:
    """What training gave, one row a run.

    theta: (runs, parameters), where the run ended; NaN where it diverged.
    final: each measure at theta, (runs,); NaN where the run diverged.
    curves: each measure at the recorded steps, (runs, recorded); NaN once J has overflowed, level once a run is over.
    snapshots: theta at the snapshot steps, (runs, snapshots, parameters); NaN once a run has diverged.
    diverged_at: (runs,), the step that left a parameter not finite; where all stayed finite, the first recorded step at
        which J was not; where J did too, but exploded, what `nnexp.net.divergence.exploded_at` says; else -1.
    stopped_at: (runs,), the step at which the stopping rule ended the run, or -1.
    theta_step: (runs,), the step that theta is of: earlier than the last where the best weights are kept.
    recorded, kept: the steps of the curves and of the snapshots.
    """

    theta: Array
    final: dict[str, Array]
    curves: dict[str, Array]
    snapshots: Array
    diverged_at: Steps
    stopped_at: Steps
    theta_step: Steps
    recorded: tuple[int, ...]
    kept: tuple[int, ...]

    @property
    def steps_taken(self) -> Steps:
        """(runs,), how many updates each run made."""
        taken = np.where(self.stopped_at >= 0, self.stopped_at, self.recorded[-1])
        return np.where(self.diverged_at >= 0, self.diverged_at, taken)


def joined(blocks: list[Trained]) -> Trained:
    """Blocks of one stack, one after the other."""
    first = blocks[0]
    return Trained(
        theta=np.concatenate([b.theta for b in blocks]),
        final={name: np.concatenate([b.final[name] for b in blocks]) for name in MEASURES},
        curves={name: np.concatenate([b.curves[name] for b in blocks]) for name in MEASURES},
        snapshots=np.concatenate([b.snapshots for b in blocks]),
        diverged_at=np.concatenate([b.diverged_at for b in blocks]),
        stopped_at=np.concatenate([b.stopped_at for b in blocks]),
        theta_step=np.concatenate([b.theta_step for b in blocks]),
        recorded=first.recorded,
        kept=first.kept,
    )


class History:
    """The measures and snapshots of a block of runs as they are taken.

    Args:
        objective: what measures theta.
        theta: where the runs start, (runs, parameters).
        l2, l1: of each run, (runs,).
        recorded, kept: the steps at which measures and theta are kept.
    """

    def __init__(
        self, objective: Penalized, theta: Array, l2: Array, l1: Array, recorded: tuple[int, ...], kept: tuple[int, ...]
    ) -> None:
        runs = len(theta)
        self._objective, self._l2, self._l1 = objective, l2, l1
        self._recorded, self._kept = np.array(recorded), np.array(kept, dtype=np.int64)
        self.curves = {name: np.full((runs, len(recorded)), np.nan) for name in MEASURES}
        self.final = {name: np.full(runs, np.nan) for name in MEASURES}
        self.snapshots = np.full((runs, len(kept), theta.shape[1]), np.nan)
        self.theta = theta.copy()
        self.diverged_at, self.stopped_at = np.full(runs, -1, dtype=np.int64), np.full(runs, -1, dtype=np.int64)
        self.theta_step = np.zeros(runs, dtype=np.int64)

    def is_recorded(self, step: int) -> bool:
        """Whether measures are kept at this step."""
        return bool(self._recorded[np.searchsorted(self._recorded, step)] == step)

    def record(self, step: int, who: NDArray[np.intp], theta: Array, sums: Array | None = None) -> None:
        """Keep what these runs (block numbers) are like at this step, if it is to be recorded; theta (runs, parameters).

        sums: what a `compiled.Meter` says of them and the training examples, where that is known already.
        """
        if self.is_recorded(step):
            column = np.searchsorted(self._recorded, step)
            for name, values in self._objective.measure(theta, self._l2[who], self._l1[who], sums).items():
                self.curves[name][who, column] = values
        if step in self._kept:
            self.snapshots[who, np.searchsorted(self._kept, step)] = theta

    def rest(self, step: int, who: NDArray[np.intp], theta: Array, of_step: Steps) -> None:
        """These runs end at this step, and keep theta (runs, parameters), which is of the steps `of_step`."""
        self.theta[who], self.theta_step[who] = theta, of_step
        for name, values in self._at_rest(step, who, theta, of_step).items():
            self.final[name][who] = values
            self.curves[name][np.ix_(who, self._recorded > step)] = values[:, None]
        self.snapshots[np.ix_(who, self._kept > step)] = theta[:, None]

    def _at_rest(self, step: int, who: NDArray[np.intp], theta: Array, of_step: Steps) -> dict[str, Array]:
        """The measures of runs that end at this step; where they have just been recorded, those."""
        if self.is_recorded(step) and (of_step == step).all():
            column = np.searchsorted(self._recorded, step)
            return {name: curve[who, column] for name, curve in self.curves.items()}
        return self._objective.measure(theta, self._l2[who], self._l1[who])

    def finish(self) -> Trained:
        """What training gave; a run whose J overflowed or exploded has diverged even where its parameters stayed finite."""
        infinite = ~np.isfinite(self.curves["J"])
        for at in (np.where(infinite.any(axis=1), self._recorded[infinite.argmax(axis=1)], -1), self._exploded_at()):
            self.diverged_at = np.where(self.diverged_at < 0, at, self.diverged_at)
        broken = self.diverged_at >= 0
        for name, values in self.curves.items():
            values[infinite] = np.nan
            self.final[name][broken] = np.nan
        self.snapshots[broken[:, None] & (self._kept >= self.diverged_at[:, None])] = np.nan
        self.theta[broken] = np.nan
        return Trained(
            theta=self.theta,
            final=self.final,
            curves=self.curves,
            snapshots=self.snapshots,
            diverged_at=self.diverged_at,
            stopped_at=np.where(broken, -1, self.stopped_at),
            theta_step=np.where(broken, self.diverged_at, self.theta_step),
            recorded=tuple(map(int, self._recorded)),
            kept=tuple(map(int, self._kept)),
        )

    def _exploded_at(self) -> Steps:
        taken = np.where(self.stopped_at >= 0, self.stopped_at, self._recorded[-1])
        return exploded_at(self.curves["J"], self.final["J"], self._recorded, taken, at_zero(self._objective))
