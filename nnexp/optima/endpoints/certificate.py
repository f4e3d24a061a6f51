"""Is the sign of a curvature certain, so near a stationary point as rounding lets one come?

The gradient is 0 somewhere within 2 (|g| + rounding of g) / |curvature| of the point, along the direction of that curvature, if
the curvature does not change by more than half over that reach (Kantorovich's condition, in one direction).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints.local import Local, Terrain

Array = NDArray[np.float64]

SURE, ZERO = 10.0, 2.0
"""How many times its rounding makes an eigenvalue negative beyond doubt, and positive."""

SHARES = np.array([-1.0, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1.0])
"""At which shares of its reach, to both sides, a curvature is looked at."""


def stays_curved(terrain: Terrain, here: Local, direction: Array, curvature: Array) -> NDArray[np.bool_]:
    """Whether J's curvature along each direction keeps at least half its size as far as a zero of the gradient may lie.

    Args:
        terrain: what is minimized.
        here: where the runs are.
        direction: (runs, parameters).
        curvature: (runs,), that along it.
    """
    with np.errstate(all="ignore"):
        reach = 2.0 * (here.gradient_norm + here.gradient_rounding) / np.abs(curvature)
        kept = np.isfinite(reach)
        for share in SHARES:
            theta = here.theta + share * reach[:, None] * direction
            bent = np.vecdot(direction, terrain.objective.hessian_product(theta, direction, terrain.l2))
            kept &= bent / curvature >= 0.5
    return kept
