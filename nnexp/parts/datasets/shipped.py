"""The real data sets that scikit-learn carries, standardized on their training part. Nothing is downloaded."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnexp.parts.datasets.base import Data, Dataset, one_of, split, standardized
from nnexp.parts.datasets.columns import Target
from nnexp.parts.registry import Seed, Share, part

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Shipped(Dataset):
    """A data set read by one of scikit-learn's loaders.

    `content` is the digest of what it holds in the version of scikit-learn that it was first used with. Where another version
    gives other numbers, the digest of these belongs to the identity of a run.
    """

    test_share: Share = 0.3
    seed: Seed = 0

    loader: ClassVar[str]
    target: ClassVar[str] = "target"
    content: ClassVar[str]

    def identity(self) -> dict[str, Any]:
        from sklearn import datasets

        found = _content(getattr(datasets, self.loader))
        return self.settings() if found == self.content else {**self.settings(), "content": found}

    def load(self) -> Data:
        bunch = self._bunch()
        X, inputs = bunch.data.T.astype(np.float64), tuple(map(str, bunch.feature_names))
        Y, task, outputs, target = self.targets(bunch.target, _names(bunch))
        return replace(standardized(split(X, Y, task, self.test_share, self.seed, inputs, outputs)), target=target)

    def table(self) -> pd.DataFrame:
        import pandas as pd

        bunch = self._bunch()
        labels = np.array(self.targets(bunch.target, _names(bunch))[3].labels)
        target = labels[bunch.target] if len(labels) else bunch.target
        return pd.DataFrame(bunch.data, columns=list(map(str, bunch.feature_names))).assign(**{self.target: target})

    def _bunch(self) -> Any:
        from sklearn import datasets

        return getattr(datasets, self.loader)()

    def targets(self, target: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, str, tuple[str, ...], Target]:
        """Targets (outputs, examples), the task, the outputs' names (two classes are one output), and what the outputs say."""
        task = "binary" if len(names) == 2 else "multiclass"
        outputs = names[1:] if len(names) == 2 else names
        labels = tuple(int(name) if name.isdigit() else name for name in names)
        return one_of(target, len(names)), task, outputs, Target((self.target,), labels)


def _names(bunch: Any) -> tuple[str, ...]:
    """The names of the classes; none for a regression."""
    return tuple(map(str, getattr(bunch, "target_names", ())))


@part("dataset", "iris")
class Iris(Shipped):
    """150 flowers, 4 measures, 3 species (Fisher 1936)."""

    loader: ClassVar[str] = "load_iris"
    content: ClassVar[str] = "77760680c4b140fa"


@part("dataset", "wine")
class Wine(Shipped):
    """178 wines, 13 chemical measures, 3 growers."""

    loader: ClassVar[str] = "load_wine"
    content: ClassVar[str] = "b70c6182a072a1ac"


@part("dataset", "breast_cancer")
class BreastCancer(Shipped):
    """569 tumours, 30 measures of their cells, malignant (0) or benign (1)."""

    loader: ClassVar[str] = "load_breast_cancer"
    content: ClassVar[str] = "62ffe29b62ddf0c3"


@part("dataset", "digits")
class Digits(Shipped):
    """1,797 handwritten digits of 8 x 8 pixels, 10 classes."""

    loader: ClassVar[str] = "load_digits"
    content: ClassVar[str] = "b69169975d2dae36"


@part("dataset", "diabetes")
class Diabetes(Shipped):
    """442 patients, 10 measures; regression of the disease's progress a year on, in standard deviations of the whole."""

    loader: ClassVar[str] = "load_diabetes"
    content: ClassVar[str] = "13f5e66f7ddefc47"

    target: ClassVar[str] = "progress"

    def targets(self, target: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, str, tuple[str, ...], Target]:
        mean, deviation = target.mean(), target.std()
        told = Target((self.target,), (), float(mean), float(deviation))
        return ((target - mean) / deviation)[None, :], "regression", (self.target,), told


@functools.lru_cache(maxsize=16)
def _content(load: Callable[[], Any]) -> str:
    """16 hexadecimal digits of what a loader gives, to 10 decimals: processors round the last ones differently."""
    bunch, made = load(), hashlib.blake2b(digest_size=8)
    for values in (bunch.data, bunch.target):
        made.update(f"{np.shape(values)}".encode())
        made.update((np.round(np.asarray(values, dtype=np.float64), 10) + 0.0).tobytes())
    return made.hexdigest()
