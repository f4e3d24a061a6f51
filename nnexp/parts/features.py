"""What does the net see of a data point?

A feature map turns data points (d, examples) into the net's inputs (m, examples); it has no parameters that are trained.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.errors import UserError
from nnexp.parts.registry import Count, Number, Part, Positive, Seed, part, refuse_too_large

Array = NDArray[np.float64]
MOST_TERMS = 20_000


@dataclass(frozen=True)
class Features(Part):
    """The interface of a feature map."""

    def transform(self, X: Array) -> Array:
        """The inputs (m, examples) for data points X (d, examples).

        Raises:
            UserError: if the parameters do not fit data of d coordinates.
        """
        raise NotImplementedError


@part("features", "identity")
class Identity(Features):
    """The data points as they are."""

    def transform(self, X: Array) -> Array:
        return X


@part("features", "polynomial")
class Polynomial(Features):
    """Every product of up to `order` coordinates: x1, x2, x1^2, x1 x2, x2^2, ... (the offset stands for the constant)."""

    order: Count = 2

    def transform(self, X: Array) -> Array:
        d = X.shape[0]
        if d + self.order > MOST_TERMS or math.comb(d + self.order, self.order) > MOST_TERMS:
            raise UserError(f"features.polynomial.order={self.order} makes too many features of {d} inputs; lower it")
        refuse_too_large("features.polynomial", math.comb(d + self.order, self.order), X.shape[1])
        made: dict[tuple[int, ...], Array] = {}
        for k in range(1, self.order + 1):
            for term in itertools.combinations_with_replacement(range(d), k):
                made[term] = made[term[:-1]] * X[term[-1]] if k > 1 else X[term[-1]]
        return np.stack(list(made.values()))


@part("features", "steps")
class Steps(Features):
    """Step functions phi_i(x) = 1 where w_i . x + w0_i > 0, else 0; the lines are given, or `count` are drawn at random.

    Random lines pass through points drawn normal with standard deviation `spread`, in uniform directions.
    """

    count: Count = 10
    spread: Positive = 1.0
    seed: Seed = 0
    w: tuple[tuple[Number, ...], ...] = ()
    w0: tuple[Number, ...] = ()

    def transform(self, X: Array) -> Array:
        refuse_too_large("features.steps", len(self.w) or self.count, max(X.shape))
        w, w0 = self.lines(X.shape[0])
        return np.greater(w @ X + w0[:, None], 0.0).astype(np.float64)

    def lines(self, d: int) -> tuple[Array, Array]:
        """The lines' weights (count, d) and offsets (count,).

        Raises:
            UserError: if given lines do not fit the data or one another.
        """
        if self.w or self.w0:
            return self._given(d)
        rng = np.random.default_rng(self.seed)
        w = rng.normal(size=(self.count, d))
        w /= np.linalg.norm(w, axis=1, keepdims=True)
        through = rng.normal(0.0, self.spread, size=(self.count, d))
        return w, -np.sum(w * through, axis=1)

    def _given(self, d: int) -> tuple[Array, Array]:
        if any(len(row) != d for row in self.w):
            raise UserError(f"features.steps.w must be a list of lists of {d} numbers, one for each input of the data")
        if len(self.w0) != len(self.w):
            raise UserError(f"features.steps.w0 has {len(self.w0)} offsets for {len(self.w)} lines in w; give one each")
        return np.array(self.w), np.array(self.w0)


@part("features", "radial")
class Radial(Features):
    """Bumps exp(-|x - c|^2 / (2 width^2)) around `count` centres c drawn normal with standard deviation `spread`."""

    count: Count = 10
    width: Positive = 1.0
    spread: Positive = 1.0
    seed: Seed = 0

    def transform(self, X: Array) -> Array:
        refuse_too_large("features.radial", 2 * self.count, *X.shape)  # differences, and their squares
        centers = np.random.default_rng(self.seed).normal(0.0, self.spread, size=(self.count, X.shape[0]))
        distance = np.add.reduce((X[None, :, :] - centers[:, :, None]) ** 2, axis=1)
        return np.exp(-0.5 * distance / self.width**2)


@part("features", "fourier")
class Fourier(Features):
    """Waves cos(w . x + b): w normal with standard deviation `frequency`, b uniform over a turn (Rahimi & Recht 2007)."""

    count: Count = 10
    frequency: Positive = 1.0
    seed: Seed = 0

    def transform(self, X: Array) -> Array:
        refuse_too_large("features.fourier", self.count, max(X.shape))
        rng = np.random.default_rng(self.seed)
        w = rng.normal(0.0, self.frequency, size=(self.count, X.shape[0]))
        return np.cos(w @ X + rng.uniform(0.0, 2.0 * np.pi, size=(self.count, 1)))
