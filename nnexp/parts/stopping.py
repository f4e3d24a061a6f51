"""When does training end before its last step?

A rule looks at one number of each run (`watches`) every so many steps, and says which runs are over. What it remembers
between two looks is a list of arrays with one entry a run, so that runs never mix. A run that is over rests where it is, or,
where the rule `keeps_best`, goes back to where its number was best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.registry import Count, NotNegative, Part, Positive, Seed, Share, part

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Stopping(Part):
    """The interface of a stopping rule.

    `watches` is the number it looks at: gradient_norm (Euclidean, of J on all training examples), J, or validation_loss
    (without penalty); nothing where it is empty.
    """

    watches: ClassVar[str] = ""
    keeps_best: ClassVar[bool] = False

    @property
    def interval(self) -> int:
        """How many steps lie between two looks."""
        raise NotImplementedError

    @property
    def validation_share(self) -> float:
        """The share of the training examples that is set aside for validation."""
        return 0.0

    def state(self, runs: int) -> list[Array]:
        """What the rule remembers of each run, (runs,) each."""
        return []

    def look(self, seen: Array, state: list[Array]) -> tuple[Flags, Flags]:
        """Which runs are over, and which have never been as good, (runs,) each, given the number of each; changes `state`."""
        raise NotImplementedError


@part("stopping", "steps")
class Steps(Stopping):
    """Training ends after the steps or passes that are asked for, and not before."""


@part("stopping", "gradient_norm")
class GradientNorm(Stopping):
    """Training ends once the Euclidean norm of dJ/dtheta, over all training examples, is at most `at_most`."""

    at_most: Positive = 1e-6
    every: Count = 100
    watches: ClassVar[str] = "gradient_norm"

    @property
    def interval(self) -> int:
        return self.every

    def look(self, seen: Array, state: list[Array]) -> tuple[Flags, Flags]:
        return seen <= self.at_most, np.zeros(len(seen), dtype=np.bool_)


@part("stopping", "no_improvement")
class NoImprovement(Stopping):
    """Training ends once J has not sunk by the share `least` of its lowest value in `patience` looks, `every` steps apart."""

    least: NotNegative = 1e-6
    patience: Count = 10
    every: Count = 100
    watches: ClassVar[str] = "J"

    @property
    def interval(self) -> int:
        return self.every

    def state(self, runs: int) -> list[Array]:
        return [np.zeros(runs), np.full(runs, -1.0)]  # the lowest yet, and looks since then: -1 before the first

    def look(self, seen: Array, state: list[Array]) -> tuple[Flags, Flags]:
        best, waited = state
        better = (seen < best - self.least * np.abs(best)) | (waited < 0.0)
        waited += 1.0
        waited[better] = 0.0
        best[better] = seen[better]
        return waited >= self.patience, better


@part("stopping", "early_stopping")
class EarlyStopping(NoImprovement):
    """As no_improvement, but of the loss on a `share` of the training examples set aside; the best weights are kept."""

    least: NotNegative = 0.0
    share: Share = 0.2
    seed: Seed = 0
    watches: ClassVar[str] = "validation_loss"
    keeps_best: ClassVar[bool] = True

    @property
    def validation_share(self) -> float:
        return self.share
