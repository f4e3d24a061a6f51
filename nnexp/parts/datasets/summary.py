"""What was read, in two lines: rows and inputs, then the target, the parts, and what a net has to be better than."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.parts.datasets.base import Data, Dataset, count
from nnexp.parts.datasets.columns import Categorical, Numeric

MOST_NAMES, MOST_CLASSES = 6, 8


def describe(dataset: Dataset, data: Data) -> tuple[str, str]:
    """Two lines on a data set: its rows and inputs with whatever was found out or left out, and its target with the baseline.

    The baseline is the error of always guessing the training part's most common class, or the root mean squared error of
    always guessing its mean, on the test part (on the training part where there is no other).
    """
    rows = data.X_train.shape[1] + data.X_test.shape[1]
    said = [f"data: {dataset.label}, {count(rows, 'row')} used" if rows else f"data: {dataset.label}, no examples"]
    said += [", ".join(_inputs(data))]
    return "; ".join([*said, *data.notes]), f"target: {_target(data)}"


def _some(names: Iterable[object], most: int = MOST_NAMES) -> str:
    shown = [str(name) for name in names]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most:,} more" if len(shown) > most else "")


def _inputs(data: Data) -> list[str]:
    """The inputs by kind."""
    numeric = [column.name for column in data.encoding.columns if isinstance(column, Numeric)]
    categories = [column for column in data.encoding.columns if isinstance(column, Categorical)]
    said = [f"{count(len(numeric), 'numeric input')} ({_some(numeric)})"] if numeric else []
    levels = [f"{column.name} with {count(len(column.levels), 'level')}" for column in categories]
    return said + ([f"{len(levels)} categorical ({_some(levels)})"] if levels else [])


def _target(data: Data) -> str:
    """The target, the parts, and the baseline."""
    n, m = data.Y_train.shape[1], data.Y_test.shape[1]
    if data.task == "population":
        return f"{_some(data.outputs)}, an expectation over all inputs"
    if data.task == "regression":
        return _numbers(data)
    if data.task == "multilabel":
        common = data.Y_train.mean(axis=1, keepdims=True) > 0.5
        Y = data.Y_test if m else data.Y_train
        wrong = (common != (Y > 0.5)).mean()
        return (
            f"labels {_some(data.outputs)}; train {n:,}, test {m:,}; always the more common answer: {wrong:.1%} wrong"
        )
    labels = data.target.labels
    counts = [_class_counts(Y, len(labels)) for Y in (data.Y_train, data.Y_test)]
    parts = [f"{part} {int(c.sum()):,}{_counted(labels, c)}" for part, c in zip(("train", "test"), counts, strict=True)]
    most = int(np.argmax(counts[0]))
    part, seen = ("test", counts[1]) if m else ("train", counts[0])
    baseline = f"always {labels[most]}: {1.0 - seen[most] / seen.sum():.1%} {part} error"
    said = f"{data.target.names[0]}, {len(labels)} classes; {'; '.join(parts)}; {baseline}"
    return "; ".join([said, *_absent(labels, counts, m)])


def _class_counts(Y: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """How many examples each class has, (classes,)."""
    classes = Y[0].astype(np.int64) if n == 2 else Y.argmax(axis=0)
    return np.bincount(classes, minlength=n)


def _counted(labels: Sequence[Any], counts: NDArray[np.int64]) -> str:
    """The counts of the classes; of many their range."""
    if not counts.sum():
        return ""
    if len(labels) > MOST_CLASSES:
        return f" ({counts.min():,} to {counts.max():,} per class)"
    return f" ({', '.join(f'{label}: {count:,}' for label, count in zip(labels, counts, strict=True))})"


def _absent(labels: Sequence[Any], counts: Sequence[NDArray[np.int64]], n_test: int) -> Iterable[str]:
    """Which classes a part lacks."""
    for part, seen in zip(("training", "test"), counts, strict=True):
        lacking = [label for label, count in zip(labels, seen, strict=True) if not count]
        if lacking and (part == "training" or n_test):
            yield f"no {_some(lacking)} in the {part} part"


def _numbers(data: Data) -> str:
    """A target of numbers in its own unit."""
    target, parts = data.target, {"train": data.Y_train, "test": data.Y_test}
    own = {part: Y * target.deviation + target.mean for part, Y in parts.items()}
    low, high = own["train"].min(), own["train"].max()
    mean = own["train"].mean(axis=1, keepdims=True)
    part = "test" if own["test"].size else "train"
    rmse = float(np.sqrt(np.square(own[part] - mean).mean()))
    scaled = ", standardized for training" if target.deviation != 1.0 else ""
    middle = f", mean {mean[0, 0]:.4g}" if len(mean) == 1 else ""
    sizes = f"train {own['train'].shape[1]:,}, test {own['test'].shape[1]:,}"
    values = f"{_some(target.names)}, numbers from {low:.4g} to {high:.4g}{middle}{scaled}"
    return f"{values}; {sizes}; always the mean: {part} RMSE {rmse:.4g}"


def describe_all(pairs: Iterable[tuple[Dataset, Data]]) -> list[str]:
    """The lines of several data sets, each once."""
    lines = Counter(line for pair in pairs for line in describe(*pair))
    return list(lines)
