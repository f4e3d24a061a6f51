"""Which passes lie on a band, and which optima does each join?

Every hump of a band is polished to a saddle (`saddle`). From one of index 1, two ways lead down, along its one negative
curvature to both sides; walking them (`downhill`) tells which two optima the pass joins. They need not be those that the band
was asked to join: a band with several humps passes other optima on its way, and a climb may leave its band.

The height of a pass is exact. That no lower one joins the same two optima is not proved: it is the lowest *known*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.between.band import Bands
from nnexp.optima.between.blocks import Penalty, each
from nnexp.optima.between.downhill import NUDGE, Arrived, downhill
from nnexp.optima.between.saddle import Saddles, climb
from nnexp.optima.endpoints.local import norm

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Passes:
    """Saddles of index 1, and where their two sides lead, all of them arrays over passes.

    theta: (passes, parameters), and J: (passes,), of the saddle.
    certified: (passes,), whether the saddle is one without doubt: no eigenvalue can be 0.
    down_curvature, least_up: (passes,), its one negative eigenvalue and the least of the others.
    gradient_norm: (passes,), down to rounding.
    ends: (2, passes, parameters), where the ways down end.
    end_J: (2, passes).
    arrived: (2, passes), whether that is a minimum, perhaps a flat one; else the way leads to infinity, or was too long.
    band: (passes,), the number of the band it was found on.
    """

    theta: Array
    J: Array
    certified: NDArray[np.bool_]
    down_curvature: Array
    least_up: Array
    gradient_norm: Array
    ends: Array
    end_J: Array
    arrived: NDArray[np.bool_]
    band: NDArray[np.int64]


@np.errstate(under="ignore")
def passes(objective: Penalized, found: Bands, l2: Penalty = 0.0, l1: Penalty = 0.0) -> Passes:
    """The passes at the humps of some bands; a band may give none, one or several, and two the same.

    Args:
        objective: gives J.
        found: the bands, relaxed.
        l2: a number, or (bands,).
        l1: likewise.
    """
    band, image = np.nonzero(found.humps())
    l2, l1 = each(l2, len(found.J))[band], each(l1, len(found.J))[band]
    saddles = climb(objective, found.theta[band, image], l2, l1)
    rows = np.flatnonzero(saddles.is_pass)
    there = saddles.there.take(rows)
    down = both_sides(objective, saddles, l2, l1)
    shape = (2, len(rows))
    values = np.column_stack([there.values, np.full(len(rows), np.inf)])
    return Passes(
        theta=there.theta,
        J=there.J,
        certified=saddles.certified[rows],
        down_curvature=values[:, 0],
        least_up=values[:, 1],
        gradient_norm=there.gradient_norm,
        ends=down.theta.reshape(*shape, -1) if len(rows) else np.empty((*shape, found.theta.shape[2])),
        end_J=down.there.J.reshape(shape),
        arrived=down.at_rest.reshape(shape),
        band=band[rows],
    )


def both_sides(objective: Penalized, saddles: Saddles, l2: Array, l1: Array) -> Arrived:
    """Where one gets from each pass by walking down its one side, then, in the same order, its other side."""
    rows = np.flatnonzero(saddles.is_pass)
    there = saddles.there.take(rows)
    aside = (NUDGE * np.maximum(1.0, norm(there.theta)))[:, None] * there.vectors[:, :, 0]
    starts = np.concatenate([there.theta + aside, there.theta - aside])
    return downhill(objective, starts, np.tile(l2[rows], 2), np.tile(l1[rows], 2))
