"""Is a run over before its last step? A stopping rule, watching a block of runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized

Array = NDArray[np.float64]
Numbers = NDArray[np.intp]


class Watch:
    """A stopping rule and what it remembers of a block; runs are known by their numbers in the block.

    Args:
        rule: the stopping part.
        objective: what is minimised.
        theta: where the runs start, (runs, parameters).
        l2, l1: of each run, (runs,).
    """

    def __init__(self, rule: Any, objective: Penalized, theta: Array, l2: Array, l1: Array) -> None:
        self._rule, self._objective, self._l2, self._l1 = rule, objective, l2, l1
        self._state = rule.state(len(theta))
        self._best = theta.copy() if rule.keeps_best else np.empty((len(theta), 0))
        self._best_step = np.zeros(len(theta), dtype=np.int64)

    def due(self, steps: int) -> set[int]:
        """The steps at which the rule looks, of a training that takes so many: the last one among them."""
        return {*range(0, steps, self._rule.interval), steps} if self._rule.watches else set()

    def over(self, step: int, who: Numbers, theta: Array) -> NDArray[np.bool_]:
        """Which of these runs are over at this step; theta (runs, parameters) is where they are."""
        state = [values[who] for values in self._state]
        over, better = self._rule.look(self._seen(who, theta), state)
        for values, changed in zip(self._state, state, strict=True):
            values[who] = changed
        if self._rule.keeps_best:
            self._best[who[better]], self._best_step[who[better]] = theta[better], step
        return over

    def kept(self, step: int, who: Numbers, theta: Array) -> tuple[Array, NDArray[np.int64]]:
        """The theta that runs which end at this step keep, (runs, parameters), and the steps that it is of, (runs,)."""
        if not self._rule.keeps_best:
            return theta, np.full(len(who), step, dtype=np.int64)
        return self._best[who], self._best_step[who]

    def _seen(self, who: Numbers, theta: Array) -> Array:
        """The number that the rule watches, of each run."""
        l2, l1 = self._l2[who], self._l1[who]
        if self._rule.watches == "gradient_norm":
            return np.sqrt(np.square(self._objective.gradient(theta, l2, l1)).sum(axis=1))
        if self._rule.watches == "J":
            return self._objective.value(theta, l2, l1)
        return self._objective.validation_loss(theta)
