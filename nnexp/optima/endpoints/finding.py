"""What was found out about one run, and the findings on runs that ran off or are held by creases of J."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints.certificate import SURE, stays_curved
from nnexp.optima.endpoints.local import Local, Terrain, norm

Array = NDArray[np.float64]

AROUND, BESIDE, SEED = 64, np.array([1e-7, 1e-5, 1e-3]), 7
FAR = np.array([0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])


@dataclass
class Finding:
    """What was found out about one run.

    endpoint: the verdict.
    index, zeros: how many eigenvalues are negative, and 0; -1 where that is not known.
    explained: how many of the zeros each reason explains.
    J_limit: the lowest J found on the way to infinity.
    """

    endpoint: str
    index: int = -1
    zeros: int = -1
    explained: dict[str, int] = field(default_factory=dict)
    J_limit: float = np.nan


def off(terrain: Terrain, here: Local, outward: Array) -> Finding:
    """A run that ran off: the lowest J along its way out, for `outward` (1, parameters)."""
    J = terrain.values_along(here.theta, outward, FAR)
    return Finding("at infinity", J_limit=float(min(here.J[0], np.nanmin(J))))


def held(terrain: Terrain, here: Local) -> Finding:
    """The finding on one run that came to rest within creases of J, `here` being as seen from within them."""
    negative = int((here.values[0] < -SURE * here.value_rounding[0]).sum())
    around = np.random.default_rng(SEED).normal(size=(AROUND, here.theta.shape[1]))
    around = np.concatenate([around, -around]) / norm(np.concatenate([around, around]))[:, None]
    points = here.theta + max(float(norm(here.theta)[0]), 1.0) * BESIDE[:, None, None] * around
    many = terrain.take(np.zeros(len(BESIDE) * len(around), dtype=np.int64))
    J = many.value(points.reshape(-1, around.shape[1]))
    if negative:
        sure = stays_curved(terrain, here, here.vectors[:, :, 0], here.values[:, 0])[0]
        return Finding("saddle", negative) if sure else Finding("undecided")
    return Finding("kink" if J.min() >= here.J[0] - SURE * here.J_rounding[0] else "not stationary", 0)
