"""What do a net's parts say over the plane of its two inputs: its features, their weighted sum, its guess?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.experiment import Endpoints
from nnexp.figures.fields import Field, Points
from nnexp.figures.plane import centers
from nnexp.optima.distinct.reduction import activations

Array = NDArray[np.float64]

SIZE, FINE = 60, 600
"""Places along each input at which a net is asked, and at which one that jumps is asked for its lines."""
Limits = tuple[float, float]


@dataclass(frozen=True)
class Maps:
    """A net over a rectangle, whose middles of cells are at x (columns,) and y (rows,).

    features: (n, rows, columns), what the units of the last hidden layer say, or the feature map where there is none.
    z: (outputs, rows, columns), their weighted sums with the offset; guess: of the same shape.
    names: of the two inputs.
    fine: the same at more places, of a net with steps.
    """

    x: Array
    y: Array
    features: Array
    z: Array
    guess: Array
    names: tuple[str, str]
    fine: Maps | None = None

    def feature(self, place: int, threshold: float = 0.5, reach: float | None = None) -> Field:
        """One feature."""
        fine = self.fine.feature(place, threshold, reach) if self.fine else None
        return Field(self.x, self.y, self.features[place], threshold, reach, self.names, fine)

    def sum(self, output: int = 0, reach: float | None = None) -> Field:
        """The weighted sum of an output, whose threshold is 0."""
        fine = self.fine.sum(output, reach) if self.fine else None
        return Field(self.x, self.y, self.z[output], 0.0, reach, self.names, fine)

    def says(self, output: int = 0, threshold: float = 0.5, reach: float | None = 0.5) -> Field:
        """The guess of an output."""
        fine = self.fine.says(output, threshold, reach) if self.fine else None
        return Field(self.x, self.y, self.guess[output], threshold, reach, self.names, fine)


def maps(ends: Endpoints, x: Limits, y: Limits, names: tuple[str, str], size: int = SIZE, run: int = 0) -> Maps:
    """What the net of one run says over the rectangle of these limits."""
    jumps = size < FINE and ends.recalled.configuration.jumps
    fine = maps(ends, x, y, names, FINE, run) if jumps else None
    across, up = centers(x, size), centers(y, size)
    inputs = ends.recalled.configuration.features.transform(np.stack(np.meshgrid(across, up)).reshape(2, -1))
    network, theta = ends.recalled.objective.network, ends.stopped[run][None, :]
    hidden = activations(network, theta, inputs)
    found = (
        hidden[-1][0] if hidden else inputs,
        network.preactivation(theta, inputs)[0],
        network.guess(theta, inputs)[0],
    )
    features, z, guess = (values.reshape(-1, size, size) for values in found)
    return Maps(across, up, features, z, guess, names, fine)


def points(ends: Endpoints, most: int = 160) -> Points:
    """The training points, some of them where there are many, with their first label."""
    data = ends.recalled.configuration.data
    return Points(data.X_train[:, :most], data.Y_train[0, :most])
