"""What every loss gives: a number per example, and its derivatives with respect to the last pre-activation.

A loss L(guess, actual) is a number per example; the objective takes its mean. A loss owns its output unit: it knows which
units it can stand on and gives its slope and curvature with respect to the last pre-activation z, so that no combination
of loss and unit can train on a wrong gradient.

Shapes: z and its slope (..., outputs, examples), Y (outputs, examples) or as z, values (..., examples). No number
overflows before z itself is so large that its square does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.registry import Part

Array = NDArray[np.float64]

TASKS = ("regression", "binary", "multiclass", "multilabel")
"""What examples can ask for; a task without examples is `population`."""


@dataclass(frozen=True)
class Loss(Part):
    """The interface of a loss, the output unit it brings (`output`), those it allows, and the tasks it can be used for.

    `unit` is the activation part of the output, or None for a unit of the loss's own.
    """

    output: ClassVar[str]
    outputs: ClassVar[tuple[str, ...]]
    tasks: ClassVar[tuple[str, ...]]
    has_slope: ClassVar[bool] = True

    def guess(self, z: Array, unit: Any) -> Array:
        """What the net says: the output unit applied to z, as a new array."""
        return unit.value(z, np.empty_like(z))

    def labels(self, z: Array, unit: Any) -> NDArray[np.bool_]:
        """Which outputs say 1, as z: those whose guess is above 1/2."""
        return np.greater(self.guess(z, unit), 0.5)

    def value(self, z: Array, Y: Array, unit: Any) -> Array:
        """L for every example, (..., examples)."""
        raise NotImplementedError

    def slope(self, z: Array, Y: Array, unit: Any, out: Array) -> Array:
        """dL/dz, (..., outputs, examples), written into `out`; z may be overwritten."""
        raise NotImplementedError

    def curvature(self, z: Array, Y: Array, unit: Any) -> Array:
        """d2L/dz dz, (..., outputs, outputs, examples)."""
        raise NotImplementedError


def weight(Y: Array, false_negative_cost: float) -> Array:
    """1 where the actual value is 0, `false_negative_cost` where it is 1."""
    return 1.0 + (false_negative_cost - 1.0) * Y


def diagonal(per_output: Array) -> Array:
    """(..., outputs, examples) on the diagonal of (..., outputs, outputs, examples)."""
    return per_output[..., :, None, :] * np.eye(per_output.shape[-2])[:, :, None]
