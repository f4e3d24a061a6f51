"""T1: a single layer is convex, so every seed ends in the one optimum, which is known in closed form or as a root."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis import linear
from analysis.experiment import Experiment, Finding

SOURCE = "convexity of least squares and of the nll in a linear model"
TOLERANCE = 1e-10


def findings(experiment: Experiment) -> Iterator[Finding]:
    """Of each linear model: how many optima the seeds reach, and how far they are from the one there is."""
    for ends in experiment.run("t1_convex"):
        c = ends.recalled.configuration
        expected = linear.optimum(ends)
        found = np.array([np.vstack([*ends.weights(run)[0]]) for run in range(len(ends.runs))])
        distance = np.abs(found - expected).max()
        optima, minima = len(ends.optima.optima), ends.verdicts["minimum"]
        yield Finding(
            f"{c.loss.name} of a linear model ({c.dataset.name}, l2 = {c.l2:g}) has one optimum, and every seed gets there",
            f"1 optimum, 100% of the seeds, parameters to {TOLERANCE:g}",
            f"{optima} optimum, {minima / len(found):.0%} of {len(found)} seeds, parameters to {distance:.0e}",
            optima == 1 and minima == len(found) and bool(distance <= TOLERANCE),
        )
