"""Where does training start?

An initializer draws one layer's matrix [W^T | W0], (outputs, inputs + 1), from the run's own generator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.registry import Part, Positive, part

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Initializer(Part):
    """The interface of an initializer."""

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int) -> Array:
        """One layer, (outputs, inputs + 1): the weights of each unit, then its offset."""
        raise NotImplementedError


@part("initializer", "normal")
class Normal(Initializer):
    """Every weight, and with `offsets` every offset, normal with this standard deviation."""

    deviation: Positive = 1.0
    offsets: bool = True

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int) -> Array:
        layer = rng.normal(0.0, self.deviation, (outputs, inputs + 1))
        return layer if self.offsets else _without_offsets(layer)


@part("initializer", "uniform")
class Uniform(Initializer):
    """Every weight, and with `offsets` every offset, uniform between -limit and limit."""

    limit: Positive = 1.0
    offsets: bool = True

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int) -> Array:
        layer = rng.uniform(-self.limit, self.limit, (outputs, inputs + 1))
        return layer if self.offsets else _without_offsets(layer)


@part("initializer", "glorot")
class Glorot(Initializer):
    """Weights uniform within sqrt(6 / (inputs + outputs)), offsets 0 (Glorot & Bengio 2010): for tanh and sigmoid."""

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int) -> Array:
        limit = np.sqrt(6.0 / (inputs + outputs))
        return _without_offsets(rng.uniform(-limit, limit, (outputs, inputs + 1)))


@part("initializer", "he")
class He(Initializer):
    """Weights normal with standard deviation sqrt(2 / inputs), offsets 0 (He et al. 2015): for ReLU."""

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int) -> Array:
        return _without_offsets(rng.normal(0.0, np.sqrt(2.0 / inputs), (outputs, inputs + 1)))


def _without_offsets(layer: Array) -> Array:
    layer[:, -1] = 0.0
    return layer
