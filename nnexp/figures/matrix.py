"""What does a matrix of derivatives look like, entry by entry?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnexp.figures import style

Array = NDArray[np.float64]

CELL, LEAST = 0.48, 1e-300
"""Inches of an entry; the least size that counts as one."""


def heat(matrix: Array, names: Sequence[str], title: str = "", blocks: Sequence[int] = ()) -> Figure:
    """A Figure of a square matrix: white where it is 0, blue below, orange above, the deeper the larger.

    Args:
        matrix: (n, n).
        names: (n,), what its rows and columns belong to.
        title: above it.
        blocks: how many rows each block has; lines are drawn between blocks.
    """
    side = CELL * len(matrix) + 1.4
    made = style.figure(side + 0.6, side + 0.9)
    axes = made.subplots()
    style.tidy(axes, title)
    share = 0.5 + 0.5 * matrix / max(float(np.abs(matrix).max()), LEAST)
    axes.imshow(style.diverging()[np.round(share * (style.LEVELS - 1)).astype(np.int64)], interpolation="nearest")
    for (i, j), entry in np.ndenumerate(matrix):
        axes.text(j, i, f"{entry:.2f}", ha="center", va="center", fontsize=style.SMALL - 1.0, color=style.INK)
    for edge in np.cumsum(blocks)[:-1] - 0.5:
        axes.axhline(edge, color=style.INK, linewidth=1.2)
        axes.axvline(edge, color=style.INK, linewidth=1.2)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    style.legend(made, [style.area("below 0", style.BLUE), style.area("above 0", style.ORANGE)])
    return made
