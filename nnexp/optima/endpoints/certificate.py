"""Is the sign of a curvature certain, so near a stationary point as rounding lets one come?

The gradient is 0 somewhere within 2 (|g| + rounding of g) / |curvature| of the point, along the direction of that curvature, if
the curvature does not change by more than half over that reach (Kantorovich's condition, in one direction).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints.local import Local, Terrain, norm

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SURE, ZERO = 10.0, 2.0
"""How many times its rounding makes an eigenvalue negative beyond doubt, and positive."""

SHARES = np.array([-1.0, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1.0])
"""At which shares of its reach, to both sides, a curvature is looked at."""


NEAR = 1e-3
"""A zero of the gradient that may lie further off than this share of the length of theta is not certified."""

LOCAL = 1e-8
"""Within this share of the length of theta the curvature in the other directions does not change to speak of."""


def stays_curved(terrain: Terrain, here: Local, direction: Array, curvature: Array) -> Mask:
    """Whether J's curvature along each direction keeps at least half its size as far as a zero of the gradient may lie.

    Args:
        terrain: what is minimized.
        here: where the runs are.
        direction: (runs, parameters).
        curvature: (runs,), that along it.
    """
    with np.errstate(all="ignore"):
        reach = _reach(here, curvature)
        kept = reach <= NEAR * np.maximum(norm(here.theta), 1.0)
        for share in SHARES:
            theta = here.theta + share * reach[:, None] * direction
            bent = np.vecdot(direction, terrain.objective.hessian_product(theta, direction, terrain.l2))
            kept &= bent / curvature >= 0.5
    return kept


def stays_definite(terrain: Terrain, here: Local) -> Mask:
    """Whether `stays_curved` holds of the least eigenvalue, and none falls below half of it on the way.

    In a curved valley the direction of least curvature turns, and the curvature along the old one says nothing. Within LOCAL
    the Hessian does not change enough for that.
    """
    least, weakest = here.values[:, 0], here.vectors[:, :, 0]
    kept = stays_curved(terrain, here, weakest, least)
    reach = _reach(here, least)
    far = np.flatnonzero(kept & (reach > LOCAL * np.maximum(norm(here.theta), 1.0)))
    for side in (-1.0, 1.0) if len(far) else ():
        ends = terrain.take(far).look(here.theta[far] + side * reach[far, None] * weakest[far])
        kept[far] &= ends.values[:, 0] >= 0.5 * least[far]
    return kept


def _reach(here: Local, curvature: Array) -> Array:
    return 2.0 * (here.gradient_norm + here.gradient_rounding) / np.abs(curvature)
