"""Which way did a run go, seen on a slice through the space of all weights, and at what cost?

A trail is made of the theta that were kept on the way (`snapshots` of a record): J of each, where a slice shows it, how far off
it lies, and J on the slice below it (`nnexp.optima.between.slices`). A gradient evaluation is one example in one step, so that
GD and SGD can be laid side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.between.slices import Seen, Slice, seen

Array = NDArray[np.float64]
Steps = NDArray[np.int64]


@dataclass(frozen=True)
class Trail:
    """The way of one run as a slice shows it, start first; its points are those at which theta was kept and finite.

    steps: (points,), after how many updates each was kept.
    evaluations: (points,), how many gradient evaluations these took.
    seen: where the points are drawn, how far they lie off the slice, their own J and J on the slice.
    steps_taken: how many updates the run made in all.
    diverged_at: the step at which it diverged, or None.
    """

    steps: Steps
    evaluations: Steps
    seen: Seen
    steps_taken: int
    diverged_at: int | None

    @property
    def farthest(self) -> float:
        """The largest distance of its points off the slice, in the length of theta."""
        return float(self.seen.off.max())


def kept(row: Any) -> tuple[Steps, Array]:
    """The steps (points,) at which a run's theta (points, parameters) was kept, finite, and still on its way.

    Once a stopping rule has ended a run, it rests: of the points kept after that the first is the end, at its last step.

    Args:
        row: a row of a frame with curves (`nnexp.frames`).
    """
    steps = np.asarray(row["snapshot_steps"], dtype=np.int64)
    theta = np.reshape(np.asarray(row["snapshots"], dtype=np.float64), (len(steps), len(row["theta"])))
    reached, first = np.unique(np.minimum(steps, int(row["steps_taken"])), return_index=True)
    finite = np.isfinite(theta[first]).all(axis=1)
    return reached[finite], theta[first][finite]


def trail(
    row: Any, objective: Penalized, on: Slice, cost: Callable[[Steps], Steps], l2: float = 0.0, l1: float = 0.0
) -> Trail:
    """The way of a run on a slice.

    Args:
        row: a row of a frame with curves.
        objective: what the run minimizes.
        on: the slice.
        cost: how many gradient evaluations so many steps (points,) take.
        l2: of the run.
        l1: of the run.
    """
    steps, theta = kept(row)
    diverged = row["diverged_at"]
    at = int(diverged) if diverged is not None and np.isfinite(diverged) else None
    return Trail(steps, cost(steps), seen(objective, on, theta, l2, l1), int(row["steps_taken"]), at)
