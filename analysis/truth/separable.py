"""T2: on data that a line separates, the nll of a linear model without penalty falls for ever and has no minimum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linprog

from analysis.experiment import Endpoints, Experiment, Finding, said

SOURCE = "Albert & Anderson 1984, Biometrika 71"


def findings(experiment: Experiment) -> Iterator[Finding]:
    """The verdicts on each data set that linear programming shows to be separable."""
    for ends in experiment.run("t2_separable"):
        name = ends.recalled.configuration.dataset.name
        yield Finding(
            f"logistic regression without l2 on separable data ({name}) has no minimum",
            "separable, and every seed `at infinity`",
            f"{'separable' if separable(ends) else 'not separable'}; {said(ends.verdicts)}",
            separable(ends) and set(ends.verdicts) == {"at infinity"},
        )


def separable(ends: Endpoints) -> bool:
    """Whether some w, w0 have +-(w . x + w0) >= 1 at every example, by linear programming."""
    data = ends.recalled.configuration.data
    sign = 2.0 * data.Y_train[0] - 1.0
    A = -sign[:, None] * np.column_stack([data.X_train.T, np.ones(len(sign))])
    return bool(linprog(np.zeros(A.shape[1]), A, np.full(len(A), -1.0), bounds=(None, None)).status == 0)
