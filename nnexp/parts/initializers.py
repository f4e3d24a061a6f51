"""Where does training start?

An initializer draws one layer's matrix [W^T | W0], (outputs, inputs + 1), from the run's own generator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nnexp.errors import UserError
from nnexp.parts.registry import Number, Part, Positive, part

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Initializer(Part):
    """The interface of an initializer; `is_random` marks one that draws its weights."""

    is_random: ClassVar[bool] = True

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int) -> Array:
        """One layer, (outputs, inputs + 1): the weights of each unit, then its offset."""
        raise NotImplementedError

    def layers(self, rng: np.random.Generator, sizes: Sequence[int]) -> list[Array]:
        """Every layer of a net of these sizes, from the first to the output, each as `draw` gives it."""
        return [self.draw(rng, m, n) for m, n in pairwise(sizes)]

    def check(self, sizes: Sequence[int], offsets: bool = True) -> None:
        """Refuse a net of these sizes, with or without offsets, that this initializer cannot start.

        Raises:
            UserError: if so, naming the sizes that it can.
        """


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


@part("initializer", "log_uniform")
class LogUniform(Initializer):
    """Every weight, and with `offsets` every offset, of either sign, its size's logarithm uniform from `least` to `most`."""

    least: Positive = 0.01
    most: Positive = 1.0
    offsets: bool = True

    def check(self, sizes: Sequence[int], offsets: bool = True) -> None:
        if self.least > self.most:
            what = f"initializer.log_uniform.least={self.least:g} is more than most={self.most:g}"
            raise UserError(f"{what}; give least a number that is not")

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int) -> Array:
        logarithm = rng.uniform(np.log(self.least), np.log(self.most), (outputs, inputs + 1))
        layer = np.exp(logarithm) * rng.choice([-1.0, 1.0], size=logarithm.shape)
        return layer if self.offsets else _without_offsets(layer)


@part("initializer", "given")
class Given(Initializer):
    """Stated weights, layer by layer: W (a list for each input, a number for each unit) and W0; 0 where none are stated.

    The seed makes no difference. Nothing stated is the origin.
    """

    W: tuple[tuple[tuple[Number, ...], ...], ...] = ()
    W0: tuple[tuple[Number, ...], ...] = ()

    is_random: ClassVar[bool] = False

    def draw(self, rng: np.random.Generator, inputs: int, outputs: int) -> Array:
        """The one stated layer of this shape; `layers` knows which layer is which."""
        places = [i for i, W in enumerate(self.W) if W and (len(W), len(W[0])) == (inputs, outputs)]
        if self.W and len(places) != 1:
            what = f"{len(places)} layers of {inputs} inputs and {outputs} units"
            raise UserError(f"initializer.given.W states {what}; one is needed")
        return self._layer(places[0] if places else len(self.W0), inputs, outputs)

    def layers(self, rng: np.random.Generator, sizes: Sequence[int]) -> list[Array]:
        self.check(sizes)
        return [self._layer(i, m, n) for i, (m, n) in enumerate(pairwise(sizes))]

    def check(self, sizes: Sequence[int], offsets: bool = True) -> None:
        needed = list(pairwise(sizes))
        stated = [(len(W), {len(row) for row in W}) for W in self.W]
        if stated and stated != [(m, {n}) for m, n in needed]:
            shapes = " and ".join(f"{m} lists of {n}" for m, n in needed)
            raise UserError(f"initializer.given.W does not fit the net; state {shapes}, one W for each layer")
        if self.W0 and not offsets:
            raise UserError("initializer.given.W0 states offsets for a net without; say offsets=true, or leave W0 out")
        if self.W0 and [len(W0) for W0 in self.W0] != [n for _, n in needed]:
            counts = " and ".join(str(n) for _, n in needed)
            raise UserError(f"initializer.given.W0 does not fit the net; state {counts} numbers, one W0 for each layer")

    def _layer(self, place: int, inputs: int, outputs: int) -> Array:
        layer = np.zeros((outputs, inputs + 1))
        if place < len(self.W):
            layer[:, :-1] = np.transpose(self.W[place])
        if place < len(self.W0):
            layer[:, -1] = self.W0[place]
        return layer


def _without_offsets(layer: Array) -> Array:
    layer[:, -1] = 0.0
    return layer
