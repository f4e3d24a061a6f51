"""T7: a ReLU student of as many units as its teacher ends in a spurious minimum, at a rate that is published."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.experiment import Endpoints, Experiment, Finding

SOURCE = "Safran & Shamir 2018, ICML"
SHARES = {6: 0.0030, 7: 0.0474, 8: 0.1258}
SPURIOUS, SMALL, STANDARD_ERRORS = 1e-3, 1e-9, 3.5
LOSS, EIGENVALUE = 0.0232027149, 0.014059
GLOBAL_EIGENVALUE = 1.0 / 4.0 - 1.0 / (2.0 * np.pi)


def findings(experiment: Experiment) -> Iterator[Finding]:
    """The share of spurious minima for 6, 7 and 8 units, and the numbers of two of the minima."""
    groups = {ends.recalled.configuration.dataset.units: ends for ends in experiment.run("t7_teacher")}
    for k, ends in groups.items():
        yield _share(k, ends)
    yield _spurious(groups[7])
    yield _global(groups)


def _share(k: int, ends: Endpoints) -> Finding:
    n, expected = len(ends.runs), SHARES[k]
    found = float((ends.runs["J"] >= SPURIOUS).mean())
    units = ends.recalled.gradient(ends.stopped).reshape(n, k, k)
    slope = 2.0 * np.pi * np.linalg.norm(units, axis=2).max()
    error = float(np.sqrt(expected * (1.0 - expected) / n))
    return Finding(
        f"{k} units, orthonormal teacher: share of seeds in spurious minima",
        f"{expected:.2%}, give or take {STANDARD_ERRORS} standard errors ({STANDARD_ERRORS * error:.2%})",
        f"{found:.2%} of {n:,}, all with slopes below {slope:.0e}",
        bool(slope <= SMALL) and abs(found - expected) <= STANDARD_ERRORS * error,
    )


def _spurious(ends: Endpoints) -> Finding:
    """The spurious minimum of 7 units that most seeds reach."""
    J = np.where(ends.runs["J"] >= SPURIOUS, ends.J, np.nan)
    values, counts = np.unique(J[~np.isnan(J)].round(9), return_counts=True)
    run = int(np.nanargmin(np.abs(J - values[counts.argmax()])))
    least = float(ends.runs["least_eigenvalue"][run])
    return Finding(
        "the spurious minimum of 7 units: F and its least eigenvalue",
        f"`minimum`, {LOSS:.10f}, {EIGENVALUE:.6f}",
        f"`{ends.runs['endpoint'][run]}`, {J[run]:.10f}, {least:.6f}",
        ends.runs["endpoint"][run] == "minimum" and round(float(J[run]), 10) == LOSS and round(least, 6) == EIGENVALUE,
    )


def _global(groups: dict[int, Endpoints]) -> Finding:
    least = np.concatenate([ends.runs["least_eigenvalue"][ends.J < SPURIOUS] for ends in groups.values()])
    error = np.abs(least - GLOBAL_EIGENVALUE).max()
    return Finding(
        "the least eigenvalue at the global minimum is 1/4 - 1/(2 pi)",
        f"{GLOBAL_EIGENVALUE:.12f}",
        f"{np.median(least):.12f} at {len(least):,} endpoints, within {error:.0e}",
        bool(error <= 1e-9),
    )
