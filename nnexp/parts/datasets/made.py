"""Data sets made by a rule: the toy problems of the field and the lecture's two stories.

Each draws its points from a generator of its own seed; `noise` is the standard deviation of what is added to the points,
or the share of labels turned over where the docstring says so.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from nnexp.parts.datasets.base import Data, Dataset, one_of, split
from nnexp.parts.registry import Count, NotNegative, Positive, Seed, Share, part, refuse_too_large

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Made(Dataset):
    """A data set drawn by `draw` and split at random."""

    examples: Count = 300
    noise: NotNegative = 0.1
    test_share: Share = 0.3
    seed: Seed = 0

    task: ClassVar[str] = "binary"
    inputs: ClassVar[tuple[str, ...]] = ("x1", "x2")
    outputs: ClassVar[tuple[str, ...]] = ("label 1",)

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Points (d, examples) and targets (outputs, examples)."""
        raise NotImplementedError

    def load(self) -> Data:
        X, Y = self.draw(np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(0,))))
        return split(X, Y, self.task, self.test_share, self.seed, self.inputs, self.outputs)


@part("dataset", "two_moons")
class TwoMoons(Made):
    """Two half circles that reach into one another."""

    noise: NotNegative = 0.2

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        from sklearn.datasets import make_moons

        X, label = make_moons(self.examples, noise=self.noise, random_state=int(rng.integers(2**31)))
        return X.T, one_of(label, 2)


@part("dataset", "circles")
class Circles(Made):
    """A circle inside a circle of twice its radius."""

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        from sklearn.datasets import make_circles

        X, label = make_circles(self.examples, noise=self.noise, factor=0.5, random_state=int(rng.integers(2**31)))
        return X.T, one_of(label, 2)


@part("dataset", "blobs")
class Blobs(Made):
    """Round Gaussian clouds, one a class, their centres evenly on a circle of radius 2; `noise` is their width."""

    noise: NotNegative = 0.7
    classes: Annotated[int, Ge(2), Le(1000)] = 2

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        refuse_too_large("dataset.blobs", self.classes, self.examples)
        label = rng.integers(self.classes, size=self.examples)
        angle = 2.0 * np.pi * label / self.classes
        X = 2.0 * np.stack([np.cos(angle), np.sin(angle)]) + rng.normal(0.0, self.noise, (2, self.examples))
        return X, one_of(label, self.classes)

    def load(self) -> Data:
        X, Y = self.draw(np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(0,))))
        task, names = ("binary", self.outputs) if self.classes == 2 else ("multiclass", _classes(self.classes))
        return split(X, Y, task, self.test_share, self.seed, self.inputs, names)


@part("dataset", "spirals")
class Spirals(Made):
    """Two spirals wound round one another, `turns` times each."""

    examples: Count = 400
    noise: NotNegative = 0.02
    turns: Positive = 1.0

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        label = np.arange(self.examples) % 2
        along = np.sqrt(rng.uniform(0.01, 1.0, self.examples))
        angle = 2.0 * np.pi * self.turns * along + np.pi * label
        X = along * np.stack([np.cos(angle), np.sin(angle)]) + rng.normal(0.0, self.noise, (2, self.examples))
        return X, one_of(label, 2)


@part("dataset", "xor")
class Xor(Dataset):
    """The four corners of the unit square, label 1 where exactly one coordinate is 1; `copies` of each, with noise.

    The test part is drawn the same way, so without noise it is the same four corners.
    """

    copies: Count = 1
    noise: NotNegative = 0.0
    seed: Seed = 0

    def load(self) -> Data:
        corners = np.tile(np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]]), self.copies)
        Y = (corners[0] != corners[1])[None, :].astype(np.float64)
        rng = np.random.default_rng(self.seed)
        X_train, X_test = (corners + rng.normal(0.0, self.noise, corners.shape) for _ in range(2))
        return Data(X_train, Y, X_test, Y.copy(), "binary", ("x1", "x2"), ("label 1",))


@part("dataset", "habitable_zone")
class HabitableZone(Made):
    """The lecture's planets: label 0 in the band 2 <= x1 + x2 <= 6 of distance and star size, 1 on both sides.

    `noise` is the share of labels turned over; `inverted` puts label 1 into the band.
    """

    noise: Share = 0.0
    inverted: bool = False
    inputs: ClassVar[tuple[str, ...]] = ("distance", "star size")

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        X = rng.uniform(-2.0, 8.0, (2, self.examples))
        label = ((X[0] + X[1] > 6.0) | (X[0] + X[1] < 2.0)) != self.inverted
        return X, _turned(rng, label, self.noise)


@part("dataset", "go_for_a_run")
class GoForARun(Made):
    """The lecture's run: label 1 where precipitation < 2 and 5 < temperature < 30.

    `noise` is the share of labels turned over. Precipitation is in mm/h, temperature in degrees Celsius.
    """

    noise: Share = 0.0
    inputs: ClassVar[tuple[str, ...]] = ("precipitation", "temperature")

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        X = np.stack([rng.uniform(0.0, 5.0, self.examples), rng.uniform(-10.0, 45.0, self.examples)])
        label = (X[0] < 2.0) & (X[1] > 5.0) & (X[1] < 30.0)
        return X, _turned(rng, label, self.noise)


@part("dataset", "noisy_sine")
class NoisySine(Made):
    """Regression: y = sin(pi x) + noise for x between -1 and 1 times `periods`."""

    noise: NotNegative = 0.2
    periods: Positive = 1.0
    task: ClassVar[str] = "regression"
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    outputs: ClassVar[tuple[str, ...]] = ("y",)

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        X = rng.uniform(-self.periods, self.periods, (1, self.examples))
        return X, np.sin(np.pi * X) + rng.normal(0.0, self.noise, X.shape)


@part("dataset", "linear_map")
class LinearMap(Made):
    """Regression: y = A x + noise, with A and the points normal; `targets` numbers y from `coordinates` numbers x.

    The entries of A have variance 1 / coordinates, so that each target has variance 1 + noise^2.
    """

    coordinates: Count = 3
    targets: Count = 1
    task: ClassVar[str] = "regression"

    def draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        for counts in itertools.combinations((self.examples, self.coordinates, self.targets), 2):
            refuse_too_large("dataset.linear_map", *counts)
        A = rng.normal(0.0, self.coordinates**-0.5, (self.targets, self.coordinates))
        X = rng.normal(size=(self.coordinates, self.examples))
        return X, A @ X + rng.normal(0.0, self.noise, (self.targets, self.examples))

    def load(self) -> Data:
        X, Y = self.draw(np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(0,))))
        inputs, outputs = (tuple(f"{name}{i + 1}" for i in range(len(rows))) for name, rows in (("x", X), ("y", Y)))
        return split(X, Y, self.task, self.test_share, self.seed, inputs, outputs)


def _turned(rng: np.random.Generator, label: NDArray[np.bool_], share: float) -> Array:
    """Labels as targets, a random share of them turned over."""
    return (label ^ (rng.uniform(size=label.shape) < share))[None, :].astype(np.float64)


def _classes(n: int) -> tuple[str, ...]:
    return tuple(f"class {i}" for i in range(n))
