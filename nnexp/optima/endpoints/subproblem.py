"""Which step within a radius lowers a quadratic model the most?

    minimize c.s + 1/2 sum values s^2 with |s| <= radius, in the eigenbasis, where c is the gradient

is solved exactly: s = -c / (values + mu) with the least mu >= max(0, -least value) for which |s| <= radius. Either mu = 0, or
|s| = radius, and 1/|s| is nearly a straight line in mu, on which Newton's method finds it in a few steps (Moré & Sorensen
1983, "Computing a Trust Region Step"). In the hard case, c has no part along the most negative curvature, and even the
greatest s is too short: the rest of the radius is then gone along that curvature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_ROUNDS = 60
NEAR = 1e-3
"""How near |s| must come to the radius: the radius itself is a guess."""


def newton(values: Array, slope: Array, shift: Array | float = 0.0) -> Array:
    """-slope / (values + shift), and 0 where there is no slope, all of them (runs, parameters)."""
    return np.divide(-slope, values + shift, out=np.zeros_like(slope), where=slope != 0.0)


def solve(values: Array, slope: Array, radius: Array, rounding: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The best step in the eigenbasis, (runs, parameters), and whether it is Newton's own, within the radius.

    Args:
        values: (runs, parameters), ascending.
        slope: (runs, parameters), the gradient's parts.
        radius: (runs,).
        rounding: (runs,), up to which a negative eigenvalue counts as 0.
    """
    floor = np.where(slope != 0.0, values, np.inf).min(axis=1, initial=np.inf)
    least = np.minimum(values[:, 0], 0.0)
    with np.errstate(all="ignore"):
        full = newton(values, slope)
        inside = (values[:, 0] >= -rounding) & (floor > 0.0) & (_length(full) <= radius)
        bounded = _on_the_boundary(values, slope, radius, -least, rounding)
    step = np.where(inside[:, None], full, bounded)
    return step, inside


def _on_the_boundary(values: Array, slope: Array, radius: Array, low: Array, rounding: Array) -> Array:
    """The step of length radius."""
    scale = np.abs(values).max(axis=1) + _length(slope) / radius
    low = low + 1e-14 * scale + 1e-300
    mu, high = low.copy(), low + _length(slope) / radius
    step = newton(values, slope, mu[:, None])
    hard = _length(step) < radius
    for _ in range(MOST_ROUNDS):
        length = _length(step)
        far = ~hard & ~(np.abs(length - radius) <= NEAR * radius)
        if not far.any():
            break
        low, high = np.where(length > radius, mu, low), np.where(length > radius, high, mu)
        bend = np.vecdot(step, step / (values + mu[:, None]))
        bend = np.where(bend > 0.0, bend, 1.0)
        new = mu + length**2 / bend * (length - radius) / radius
        new = np.where((new > low) & (new < high), new, np.sqrt(low * high))
        mu = np.where(far, new, mu)
        step = np.where(far[:, None], newton(values, slope, mu[:, None]), step)
    return _filled_up(step, slope, radius, hard & (values[:, 0] < -rounding))


def _filled_up(step: Array, slope: Array, radius: Array, hard: NDArray[np.bool_]) -> Array:
    """In the hard case, the rest of the radius along the least curvature."""
    rest = np.sqrt(np.maximum(radius**2 - np.vecdot(step, step), 0.0))
    step[:, 0] += np.where(hard, np.where(slope[:, 0] > 0.0, -rest, rest), 0.0)
    return step


def _length(rows: Array) -> Array:
    return np.sqrt(np.vecdot(rows, rows))
