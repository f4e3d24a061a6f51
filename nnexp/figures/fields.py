"""A function of two inputs over a rectangle of their plane, and the data points that lie there: what pictures of both take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.figures import style

Array = NDArray[np.float64]

LEAST_REACH = 1e-9


@dataclass(frozen=True)
class Field:
    """A function over a rectangle of the plane of two inputs.

    x, y: (columns,) and (rows,), ascending, where it is known.
    heights: (rows, columns), its values.
    threshold: the value that is colored white.
    reach: how far from the threshold the deepest colors lie; where it lies furthest from it, unless given.
    names: of the two inputs.
    fine: the same at more places, for lines along which it jumps; they would have notches at the places of a surface.
    """

    x: Array
    y: Array
    heights: Array
    threshold: float = 0.0
    reach: float | None = None
    names: tuple[str, str] = ("x1", "x2")
    fine: Field | None = None

    def colors(self) -> Array:
        """(rows, columns, 3), between 0 and 1."""
        furthest = float(np.abs(self.heights - self.threshold).max()) if self.reach is None else self.reach
        share = 0.5 + 0.5 * (self.heights - self.threshold) / max(furthest, LEAST_REACH)
        level = np.round(np.clip(share, 0.0, 1.0) * (style.LEVELS - 1)).astype(np.int64)
        return style.diverging()[level] / 255.0

    def labels(self) -> NDArray[np.bool_]:
        """(rows, columns), where it lies above its threshold."""
        return self.heights > self.threshold


@dataclass(frozen=True)
class Points:
    """Data points: x (2, examples) and the label (examples,), 0 or 1, of each."""

    x: Array
    label: Array
