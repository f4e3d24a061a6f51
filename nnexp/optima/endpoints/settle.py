"""Is there a stationary point right beside a point, whatever its kind?

Newton's method on the gradient finds it, be it a minimum or a saddle, where it is nearer than SETTLING times the length of
theta, and leaves the point alone where it is not. Directions in which the curvature is 0 to rounding are not gone along; nor
are, by a *patient* run, those in which it would have to go further than that: near a flat valley they lose their slope by
themselves as the others come to rest. A patient run was on its way down, and does not settle on a saddle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints.local import Local, Terrain, norm
from nnexp.optima.endpoints.subproblem import newton
from nnexp.optima.endpoints.walk import AT_REST, SURE, Walk, along

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SETTLING, MOST_STEPS = 1e-3, 40
FALL = 0.9
"""By how much a step must make the gradient fall."""


def settle(terrain: Terrain, walk: Walk, rows: NDArray[np.int64], patient: bool = False) -> Mask:
    """Move these runs to a stationary point beside them, where there is one, and say of all runs which; leave the others."""
    here, settled = walk.here.take(slice(None)), np.zeros(len(walk.here.J), dtype=np.bool_)
    start, ball = here.theta.copy(), SETTLING * np.maximum(norm(here.theta), 1.0)
    for _ in range(MOST_STEPS):
        now = here.take(rows)
        small = now.gradient_norm <= now.gradient_rounding
        settled[rows[small]] = True
        trial = now.theta + _root_step(now, 0.5 * ball[rows] if patient else None)
        trial = terrain.take(rows).reached(now, trial)
        under_way = ~small & (norm(trial - start[rows]) <= ball[rows])
        rows, now, trial = rows[under_way], now.take(under_way), trial[under_way]
        if not len(rows):
            break
        walk.steps[rows] += 1
        there = terrain.take(rows).look(trial)
        falls = np.isfinite(there.J) & (there.gradient_norm <= FALL * now.gradient_norm)
        settled[rows[~falls & (now.gradient_norm <= AT_REST * now.gradient_rounding)]] = True
        rows = rows[falls]
        here.put(rows, there.take(falls))
    if patient:
        settled &= here.values[:, 0] >= -SURE * here.value_rounding
    walk.here.put(settled, here.take(settled))
    return settled


def _root_step(here: Local, longest: Array | None) -> Array:
    """Newton's step to where the gradient is 0, (runs, parameters), whatever the signs of the curvature."""
    idle = np.abs(here.values) <= here.value_rounding[:, None]
    if longest is not None:
        idle |= np.abs(here.slope) > longest[:, None] * np.abs(here.values)
    return along(here.vectors, newton(np.where(idle, 1.0, here.values), np.where(idle, 0.0, here.slope)))
