"""Has a run diverged although all its numbers stayed finite?

J is compared with `scale`, the larger of J at the start and J at theta = 0 (what the net costs if it always guesses 0 before
its output unit), so that a run that starts near an optimum may rise by the noise of SGD. A run has diverged if J ends

    above FAR times scale, wherever it was on the way; or
    above scale and growing: J rose to every recorded point of the last half of the steps, to FEWEST or more, ends at its
    highest, and rose in the last half by the share LEAST or more, and by no less than in the quarter before it.

A run that rises and comes back has not diverged, nor one whose J levels off below FAR times scale.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

FAR, FEWEST, LEAST = 100.0, 4, 0.01


@np.errstate(all="ignore")
def at_zero(objective: Penalized) -> float:
    """J at theta = 0, where there is no penalty."""
    return float(objective.mean_loss(np.zeros((1, objective.network.n_parameters)))[0])


@np.errstate(over="ignore", invalid="ignore")
def exploded_at(J: Array, end: Array, recorded: Steps, taken: Steps, zero: float) -> Steps:
    """(runs,), the first recorded step from which J stays above scale; -1 where a run did not diverge.

    Args:
        J: (runs, recorded), on the way.
        end: (runs,), J at the theta that each run keeps.
        recorded: (recorded,), the steps of J, the first 0.
        taken: (runs,), how many steps each run took.
        zero: J at theta = 0 (`at_zero`).
    """
    scale = np.maximum(J[:, 0], zero)
    found = np.full(len(J), -1, dtype=np.int64)
    for run in np.flatnonzero(end > scale):
        before = recorded < taken[run]
        steps, curve = np.append(recorded[before], taken[run]), np.append(J[run, before], end[run])
        if end[run] > FAR * scale[run] or grows(steps, curve):
            found[run] = steps[np.flatnonzero(curve <= scale[run])[-1] + 1]
    return found


def grows(steps: Steps, J: Array) -> bool:
    """Whether J (points,) was growing when training ended, and not levelling off."""
    falls = np.flatnonzero(np.diff(J) <= 0.0)
    rising = int(falls[-1]) + 1 if len(falls) else 0
    if J[-1] < J.max() or len(J) - 1 - rising < FEWEST or 2 * steps[rising] > steps[-1]:
        return False
    quarter, half = np.interp([steps[-1] / 4, steps[-1] / 2], steps, J)
    return bool(J[-1] - half >= max(LEAST * half, half - quarter))
