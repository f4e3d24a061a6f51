"""Words beside places of a picture: where places lie near one another, their words stand together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from nnexp.figures import fit, style

Array = NDArray[np.float64]

WIDEST = 80.0
"""Points of a line of words that stand together."""


@dataclass(frozen=True)
class Group:
    """Words that stand together: the box (in points) of the places they belong to, and the words."""

    places: Bbox
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words in lines."""
        return fit.wrapped(", ".join(self.words), WIDEST, style.SMALL)

    def box(self, up: float, around: Bbox) -> Bbox:
        """Where they stand, in points: above their places and in the middle, within the box of the axes."""
        lines = self.text.split("\n")
        half = 0.5 * max(fit.length(line, style.SMALL) for line in lines)
        middle = 0.5 * (self.places.x0 + self.places.x1)
        x = min(max(middle, around.x0 + half), max(around.x1 - half, around.x0 + half))
        high = fit.POINTS * style.LINE * len(lines)
        y = min(self.places.y1 + up, around.y1 - high)
        return Bbox([[x - half, y], [x + half, y + high]])


def mark(axes: Axes, places: Array, words: Sequence[str], up: float, **look: Any) -> None:
    """Write a word above each of some places in axes of a Figure that is otherwise done.

    Args:
        axes: where to write.
        places: (places, 2), in the numbers of the axes.
        words: of each.
        up: points from a place up to its words.
        look: more of what `Axes.annotate` takes.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    style.engine(figure).execute(figure)
    points = fit.POINTS / figure.dpi
    around = Bbox(points * axes.bbox.get_points())
    at = points * axes.transData.transform(places)
    groups = [Group(Bbox([place, place]), (word,)) for place, word in zip(at, words, strict=True)]
    for group in _apart(groups, up, around):
        box = group.box(up, around)
        corner = (box.x0 - around.x0 + 0.5 * box.width, box.y0 - around.y0)
        axes.annotate(
            *(group.text, corner),
            xycoords="axes points",
            ha="center",
            va="bottom",
            fontsize=style.SMALL,
            color=style.INK,
            **look,
        )


def _apart(groups: list[Group], up: float, around: Bbox) -> list[Group]:
    """The groups, those put together whose words would overlap."""
    found: list[Group] = []
    for group in groups:
        while near := next((each for each in found if each.box(up, around).overlaps(group.box(up, around))), None):
            found.remove(near)
            group = Group(Bbox.union([near.places, group.places]), near.words + group.words)
        found.append(group)
    return found
