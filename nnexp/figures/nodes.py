"""Where do the nodes of a function graph stand, in inches?

Takes a net's sizes, gives a column for the inputs and one for each layer, of units evenly below one another about y = 0. Of a
wide layer the first FIRST units and the last are shown, with an ellipsis between them and a sentence that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_UNITS, FIRST = 10, 6
RADIUS, PITCH = 0.2, 0.68
"""Of the circles, and from one unit down to the next."""

SUM_TO_F, F_TO_FAN = 1.06, 0.72
"""From the sum to the circle of f, with z between them, and from there to where a fans out to the next layer."""

A_BEHIND = 0.48
"""How far behind f stands a."""

LEFT, LETTER, RIGHT = 1.3, 0.075, 2.3
"""Room beside the inputs, for each letter of their names, and for the loss."""


@dataclass(frozen=True)
class Column:
    """The inputs, or the units of a layer, that are drawn.

    size: how many there are.
    x: where they stand; of a layer, where its sums do.
    """

    size: int
    x: float

    @cached_property
    def shown(self) -> tuple[int, ...]:
        """Which are drawn, by number from 0."""
        if self.size <= MOST_UNITS:
            return tuple(range(self.size))
        return (*range(FIRST), self.size - 1)

    @property
    def is_thinned(self) -> bool:
        """Whether some are left out, and an ellipsis stands before the last."""
        return self.size > MOST_UNITS

    @cached_property
    def y(self) -> Array:
        """(shown,), the height of each, the first on top."""
        places = np.arange(len(self.shown), dtype=np.float64)
        places[-1] += self.is_thinned
        return PITCH * (0.5 * places[-1] - places)

    @property
    def ellipsis(self) -> float:
        """The height of the ellipsis."""
        return float(self.y[-1]) + PITCH

    @property
    def f(self) -> float:
        """Where a layer's circles of f stand."""
        return self.x + SUM_TO_F

    @property
    def fan(self) -> float:
        """Where a layer's values fan out."""
        return self.f + F_TO_FAN


@dataclass(frozen=True)
class Nodes:
    """All columns: the inputs, whose values fan out at their x, and the layers."""

    inputs: Column
    layers: tuple[Column, ...]

    @property
    def width(self) -> float:
        """Of the whole picture."""
        return self.layers[-1].fan + RIGHT

    @property
    def reach(self) -> float:
        """How far the tallest column reaches above 0, and below."""
        return max(float(column.y[0]) for column in (self.inputs, *self.layers)) + RADIUS

    def starts(self, place: int) -> float:
        """Where the fan of weights into a layer, by its place from 0, begins."""
        return self.layers[place - 1].fan if place else self.inputs.x

    def below(self, place: int) -> Column:
        """The column whose values a layer takes."""
        return self.layers[place - 1] if place else self.inputs

    def left_out(self) -> list[str]:
        """A sentence for each column that is not drawn whole."""
        named = [("The net", "inputs", self.inputs)]
        named += [(f"Layer {number}", "units", column) for number, column in enumerate(self.layers, start=1)]
        said = "{} has {} {}: the first {} and the last are drawn."
        return [
            said.format(where, column.size, what, len(column.shown) - 1)
            for where, what, column in named
            if column.is_thinned
        ]


def nodes(sizes: Sequence[int], letters: int = 0) -> Nodes:
    """Where the nodes of a net of these sizes stand, with room for names of so many letters beside the inputs."""
    inputs, layers = Column(sizes[0], max(LEFT, 0.6 + LETTER * letters)), []
    end = inputs.x
    for n in sizes[1:]:
        tallest = max(len(inputs.shown), len(Column(n, 0.0).shown))
        layers.append(Column(n, end + min(1.9, 1.05 + 0.1 * tallest)))
        end = layers[-1].fan
    return Nodes(inputs, tuple(layers))
