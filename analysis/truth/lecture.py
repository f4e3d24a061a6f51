"""T11: the lecture's two nets of step functions, set by hand, say what its pictures show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.experiment import Endpoints, Experiment, Finding

SOURCE = "MIT 6.036 (2020), lecture 6"
LOW, HIGH, SHARE = -2.0, 8.0, 0.68
PER_SIDE = 1009
"""Points on a side of the square, so many that no center of a cell lies on a line of the net."""


def findings(experiment: Experiment) -> Iterator[Finding]:
    """The labels of the listed points, and the share of the band picture that is labelled 1."""
    band, run = experiment.run("t11_lecture", many=False)
    yield _labels("habitable zone: two step features and a step on top", band)
    yield _labels("go for a run: three step features and a step on top", run)
    found = _share(band)
    yield Finding(
        "the area labelled 1 in the picture of the habitable zone, [-2, 8]^2",
        f"{SHARE:.0%}",
        f"{found:.2%}",
        abs(found - SHARE) <= 1.0 / PER_SIDE,
    )


def _labels(claim: str, ends: Endpoints) -> Finding:
    data = ends.recalled.configuration.data
    right = int((ends.recalled.guess(data.X_train) == data.Y_train).sum())
    n = data.Y_train.size
    status = ends.runs["status"].iloc[0]
    return Finding(
        f"{claim}, labels of the listed points",
        f"{n} of {n} right, `no gradient`",
        f"{right} of {n} right, `{status.replace('_', ' ')}`",
        right == n and status == "no_gradient" and ends.runs["train_error"].iloc[0] == 0.0,
    )


def _share(ends: Endpoints) -> float:
    """The share of the square's cells whose center is labelled 1."""
    center = LOW + (HIGH - LOW) * (np.arange(PER_SIDE) + 0.5) / PER_SIDE
    points = np.stack(np.meshgrid(center, center)).reshape(2, -1)
    return float(ends.recalled.guess(points).mean())
