"""Do nets whose weights are set by hand say what the lecture's pictures show?"""

from __future__ import annotations

import numpy as np

from analysis.experiment import Endpoints, Finding

PER_SIDE = 1009
"""Points on a side of a square, so many that no center of a cell lies on a line of the net."""


def labels(claim: str, ends: Endpoints) -> Finding:
    """That each point gets its label, from a net that is not trained."""
    data = ends.recalled.configuration.data
    right = int((ends.guess(data.X_train) == data.Y_train).sum())
    n = data.Y_train.size
    status = ends.runs["status"].iloc[0]
    return Finding(
        claim,
        f"{n} of {n} right, `no gradient`",
        f"{right} of {n} right, `{status.replace('_', ' ')}`",
        right == n and status == "no_gradient" and ends.runs["train_error"].iloc[0] == 0.0,
    )


def share(ends: Endpoints, low: float, high: float) -> float:
    """The share of a square's cells whose center is labelled 1."""
    center = low + (high - low) * (np.arange(PER_SIDE) + 0.5) / PER_SIDE
    points = np.stack(np.meshgrid(center, center)).reshape(2, -1)
    return float(ends.guess(points).mean())
