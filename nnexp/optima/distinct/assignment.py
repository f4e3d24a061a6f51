"""Which unit of one net is which of another's, in one hidden layer, the layers around it being settled?

Since |a - g b|^2 = |a|^2 + |b|^2 - 2 <a, g b>, the nearest g has the greatest sum of inner products <a_i, s b_j> over
units, where a unit is what it takes in and what is taken from it. That is a linear assignment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Array = NDArray[np.float64]
Element = tuple[NDArray[np.int64], Array]
"""Order and sign of a hidden layer's units, (pairs, n) each."""
Elements = list[Element]


def similarity(a: Sequence[Array], b: Sequence[Array], place: int) -> Array:
    """<a_i, b_j> of the units of hidden layer `place`, (pairs, n, n), for the charts' layers (pairs, n, m + 1)."""
    n = a[place].shape[1]
    taken = np.matmul(a[place], np.swapaxes(b[place], 1, 2))
    return taken + np.matmul(np.swapaxes(a[place + 1][:, :, :n], 1, 2), b[place + 1][:, :, :n])


def assign(similar: Array, flips: bool) -> Element:
    """The order and signs with the greatest sum of similarity (pairs, n, n)."""
    gain = np.abs(similar) if flips else similar
    order = np.array([linear_sum_assignment(each, maximize=True)[1] for each in gain], dtype=np.int64)
    order = order.reshape(similar.shape[:2])
    chosen = np.take_along_axis(similar, order[:, :, None], axis=2)[:, :, 0]
    return order, np.where(flips & (chosen < 0.0), -1.0, 1.0)


def greatest(similar: Array, flips: bool) -> float:
    """The greatest sum of similarity (n, n) over all orders and signs."""
    gain = np.abs(similar) if flips else similar
    return float(gain[linear_sum_assignment(gain, maximize=True)].sum())
