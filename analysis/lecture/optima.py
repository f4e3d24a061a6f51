"""L20: the objective of a net is far from convex: how many optima, how good, how often, how far apart, what lies between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis.between import Between, between
from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import above, every, same, within
from analysis.lecture.row import Drawing, Row
from analysis.objectives import objectives
from nnexp.figures import catalogue, landscape
from nnexp.optima.distinct import rungs

EXPECTED = 5
"""Distinct minima of XOR with two tanh units and l2 = 0.01 on all parameters, as `make sweep SWEEP=xor_minima` found."""


def ladder(ends: Sequence[Endpoints]) -> Figure:
    """J of each optimum and how often it is reached."""
    return catalogue.rungs(ends[0].optima, ends[0].runs["init_seed"])


def nets(ends: Sequence[Endpoints]) -> Figure:
    """What each optimum's net says, and its hidden units."""
    return catalogue.gallery(ends[0].optima, ends[0].runs.iloc[0])


def tree(ends: Sequence[Endpoints]) -> Figure:
    """Which optima the lowest passes join, and at what height."""
    found = _between(ends[0])
    assert found.landscape is not None
    return landscape.disconnectivity(found.landscape, found.names)


def _between(ends: Endpoints) -> Between:
    return between(objectives(ends.runs)[0])


def many(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """How many, that each is one, how good, how often, how far apart, and what lies between."""
    recalled, found = ends[0].recalled, ends[0].optima
    yield same("parameters, too many to be seen", 9, recalled.theta.size)
    yield same("distinct local optima", EXPECTED, len(found.optima))
    theta = np.stack([optimum.theta for optimum in found.optima])
    yield within("gradient at each, greatest entry", float(np.abs(recalled.gradient(theta)).max()), 1e-10)
    least = np.linalg.eigvalsh(recalled.hessian(theta).reshape(len(theta), 9, 9))[:, 0]
    yield every("J curves upward at each in all directions", least > 0.0)
    J = np.array([optimum.J for optimum in found.optima])
    yield above("how good: J of the worst over J of the best", float(J[-1] / J[0]), 1.5)
    shares = np.array([optimum.share for optimum in found.optima])
    low, high = rungs.interval(float(shares[0]), len(ends[0].runs))
    said = f"{shares[0]:.0%} ({low:.0%} to {high:.0%})"
    yield Finding(
        "how often the best is reached: not always, not never", "between 1% and 99%", said, 0.01 < shares[0] < 0.99
    )
    lies = _between(ends[0])
    yield above("how far apart: the least distance between two, units matched", float(lies.apart.min()), 0.1)
    yield every("what lies between: J climbs on every straight line", lies.lines.over_higher > 0.0)


ROWS = (
    Row(
        "L20",
        "Many local optima",
        "The objective of a net is far from convex. There are many local optima, and the space of parameters has too "
        "many dimensions to be seen.",
        "Two hidden units can say XOR. If 400 seeds are trained, in how many different places do they end, and do "
        "most end in the best?",
        "A ladder of the five optima by J, joined to bars that say which share of the seeds reached each, with "
        "intervals.",
        ("l20_optima",),
        ladder,
        many,
        (
            Drawing(
                "For each optimum a row: what the net says over the plane of the data, and what each of its two "
                "hidden units says.",
                nets,
            ),
            Drawing(
                "A tree: each optimum hangs at its J from the height of the lowest known pass that joins it to the "
                "others.",
                tree,
            ),
        ),
    ),
)
