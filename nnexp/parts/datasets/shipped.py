"""The real data sets that scikit-learn carries, standardized on their training part. Nothing is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnexp.parts.datasets.base import Data, Dataset, one_of, split, standardized
from nnexp.parts.registry import Seed, Share, part


@dataclass(frozen=True)
class Shipped(Dataset):
    """A data set read by one of scikit-learn's loaders."""

    test_share: Share = 0.3
    seed: Seed = 0

    loader: ClassVar[str]

    def load(self) -> Data:
        from sklearn import datasets

        bunch = getattr(datasets, self.loader)()
        X, inputs = bunch.data.T.astype(np.float64), tuple(map(str, bunch.feature_names))
        names = tuple(map(str, getattr(bunch, "target_names", ())))
        Y, task, outputs = self.targets(bunch.target, names)
        return standardized(split(X, Y, task, self.test_share, self.seed, inputs, outputs))

    def targets(self, target: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, str, tuple[str, ...]]:
        """Targets (outputs, examples), the task, and the outputs' names; two classes are one output."""
        task = "binary" if len(names) == 2 else "multiclass"
        return one_of(target, len(names)), task, names[1:] if len(names) == 2 else names


@part("dataset", "iris")
class Iris(Shipped):
    """150 flowers, 4 measures, 3 species (Fisher 1936)."""

    loader: ClassVar[str] = "load_iris"


@part("dataset", "wine")
class Wine(Shipped):
    """178 wines, 13 chemical measures, 3 growers."""

    loader: ClassVar[str] = "load_wine"


@part("dataset", "breast_cancer")
class BreastCancer(Shipped):
    """569 tumours, 30 measures of their cells, malignant (0) or benign (1)."""

    loader: ClassVar[str] = "load_breast_cancer"


@part("dataset", "digits")
class Digits(Shipped):
    """1,797 handwritten digits of 8 x 8 pixels, 10 classes."""

    loader: ClassVar[str] = "load_digits"


@part("dataset", "diabetes")
class Diabetes(Shipped):
    """442 patients, 10 measures; regression of the disease's progress a year on, in standard deviations of the whole."""

    loader: ClassVar[str] = "load_diabetes"

    def targets(self, target: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, str, tuple[str, ...]]:
        return ((target - target.mean()) / target.std())[None, :], "regression", ("progress",)
