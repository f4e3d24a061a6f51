"""From which initial weights which optimum is reached: a plane of them, a pixel a run, a color an optimum."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnexp.figures import style
from nnexp.optima.between.basins import NONE, Basins, image
from nnexp.optima.distinct import rungs

Array = NDArray[np.float64]

MOST_NAMED = 10
OTHERS = "#777777"


def picture(found: Basins, J: Array) -> Figure:
    """A Figure of the basins, the optima with the largest share by color, with their J and share of the plane.

    Args:
        found: the plane, and which optimum each pixel reached.
        J: (optima,), of each optimum by its number.
    """
    reached = [int(number) for number in found.optima if number != NONE]
    named = dict(zip(reached[:MOST_NAMED], style.class_colors(MOST_NAMED), strict=False))
    colors = {number: _bytes(named.get(number, OTHERS)) for number in reached}
    made = style.figure(6.2, 6.4)
    axes = made.subplots()
    x, y = found.field.names
    style.tidy(axes, _headline(found), f"{x}, at the start", f"{y}, at the start")
    (left, right), (low, high) = found.field.limits
    pixels = image(found.number, colors, _bytes(style.GREY))
    axes.imshow(pixels, extent=(left, right, low, high), interpolation="nearest", aspect="auto")
    share = dict(zip(found.optima.tolist(), found.share, strict=True))
    handles = [
        style.dot(f"optimum {rungs.name(n)}: J {J[n]:.5g}, {_percent(share[n])}", color) for n, color in named.items()
    ]
    rest = sum(share[number] for number in reached[MOST_NAMED:])
    handles += [style.dot(f"{len(reached) - MOST_NAMED} further optima, {_percent(rest)}", OTHERS)] if rest else []
    handles += [style.dot(f"no optimum, {_percent(share[NONE])}", style.GREY)] if NONE in share else []
    style.legend(made, handles, columns=2)
    return made


def _headline(found: Basins) -> str:
    reached = int((found.optima != NONE).sum())
    many, runs = f"{reached} optima" if reached != 1 else "1 optimum", found.field.pixels
    return f"The optimum reached, by initial weights:\n{many}, {found.border:.1%} of {runs:,} pixels on a border"


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %" if share >= 0.0005 else f"{100.0 * share:.3f} %"


def _bytes(color: str) -> tuple[int, int, int]:
    red, green, blue = style.as_pixels(np.array(to_rgb(color)))
    return int(red), int(green), int(blue)
