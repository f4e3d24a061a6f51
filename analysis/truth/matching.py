"""T9: for one hidden layer matching is exact, so a planted order of the units is always found, and nothing lies between."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.experiment import Endpoints, Experiment, Finding
from nnexp.optima.between.barrier import line_barriers
from nnexp.optima.distinct.matching import match

Array = NDArray[np.float64]

SOURCE = "one assignment problem (Kuhn 1955); Ainsworth et al. 2023"
TOLERANCE = 1e-12


def findings(experiment: Experiment) -> Iterator[Finding]:
    """How many planted orders are found, and the barrier between a net and its equal, before and after matching."""
    rng = np.random.default_rng(0)
    found, before, after = (np.concatenate(each) for each in zip(*_all(experiment, rng), strict=True))
    yield Finding(
        "a planted order of the hidden units (and signs, where free) is always found again",
        "100%, each known to be exact",
        f"{found.mean():.0%} of {len(found)}",
        bool(found.all()),
    )
    yield Finding(
        "the barrier on the straight line to it, before and after matching",
        f"above 0 before, 0 after, to {TOLERANCE:g}",
        f"median {np.median(before):.2g} before, at most {after.max():.0e} after",
        bool(np.median(before) > 1e-3 and after.max() <= TOLERANCE),
    )


def _all(experiment: Experiment, rng: np.random.Generator) -> Iterator[tuple[Array, Array, Array]]:
    """Of each configuration: which orders are found, the barriers before, and those after, (runs,) each."""
    for ends in experiment.run("t9_matching"):
        c, objective, a = ends.recalled.configuration, ends.recalled.objective, ends.stopped
        b = np.stack([planted(ends, theta, rng) for theta in a])
        matched = match(objective.network, a, b)
        off = np.abs(matched.theta - a).max(axis=1)
        barriers = (line_barriers(objective, a, other, c.l2, c.l1).over_chord for other in (b, matched.theta))
        yield matched.exact & (off <= TOLERANCE * np.abs(a).max(axis=1)), *barriers


def planted(ends: Endpoints, theta: Array, rng: np.random.Generator) -> Array:
    """The same net with its hidden units in another order, and those of tanh with random signs."""
    network = ends.recalled.objective.network
    (W, W0), (V, V0) = network.weights(theta)
    order, odd = rng.permutation(len(W0)), ends.recalled.configuration.activation.name == "tanh"
    sign = rng.choice([-1.0, 1.0], size=len(W0)) if odd else np.ones(len(W0))
    return network.theta([((W * sign)[:, order], (W0 * sign)[order]), ((V.T * sign).T[order], V0)])
