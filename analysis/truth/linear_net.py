"""T3: the critical points of a linear net with one hidden layer, each put in its place and judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.experiment import Endpoints, Experiment, Finding, judged, said
from analysis.truth.critical import Spectrum, placed, spectrum, subsets
from nnexp.optima.endpoints.verdict import Judged

Array = NDArray[np.float64]

SOURCE = "Baldi & Hornik 1989, Neural Networks 2"
TOLERANCE = 1e-11


def findings(experiment: Experiment) -> Iterator[Finding]:
    """What is found at every critical point, and where the seeds end."""
    (ends,) = experiment.run("t3_linear_net")
    p, data = ends.recalled.configuration.widths[0], spectrum(ends.recalled)
    sets, rng = subsets(len(data.eigenvalues), p), np.random.default_rng(0)
    theta = np.array([placed(ends.recalled, data, chosen, rng) for chosen in sets])
    verdicts, full = judged(ends.recalled, theta), [chosen for chosen in sets if len(chosen) == p]
    yield _losses(ends, data, sets, theta)
    yield _indices(data, full, verdicts)
    yield _zeros(p, len(full), verdicts)
    yield _named(verdicts, len(sets))
    yield _seeds(ends, data.loss(tuple(range(p))))


def _losses(ends: Endpoints, data: Spectrum, sets: list[tuple[int, ...]], theta: Array) -> Finding:
    error = np.abs(ends.recalled.value(theta) - [data.loss(chosen) for chosen in sets]).max()
    slope = np.linalg.norm(ends.recalled.gradient(theta), axis=1).max()
    return Finding(
        f"a linear net's {len(sets)} critical values are tr S_yy less sums of eigenvalues",
        f"losses to {TOLERANCE:g}, gradients 0",
        f"losses to {error:.0e}, gradients to {slope:.0e}",
        bool(error <= TOLERANCE and slope <= TOLERANCE),
    )


def _indices(data: Spectrum, full: list[tuple[int, ...]], verdicts: Judged) -> Finding:
    expected = [data.index(chosen) for chosen in full]
    found = [int(index) for index in verdicts.index[: len(full)]]
    return Finding(
        "the index of a critical point of full rank is its number of pairs of eigenvalues out of order",
        _listed(expected),
        _listed(found),
        found == expected,
    )


def _zeros(p: int, full: int, verdicts: Judged) -> Finding:
    found = sorted({int(count) for count in verdicts.zero_directions[:full]})
    return Finding(
        "at full rank p, GL(p) leaves p^2 directions in which nothing changes",
        f"{p * p}",
        _listed(found),
        found == [p * p],
    )


def _named(verdicts: Judged, n: int) -> Finding:
    found = Counter(verdicts.endpoint)
    return Finding(
        "only the point of the p largest eigenvalues is a minimum, never a strict one; every other is a saddle",
        f"1 `flat minimum`, the global one, {n - 1} `saddle`",
        said(found),
        verdicts.endpoint[0] == "flat minimum" and found["saddle"] == n - 1,
    )


def _seeds(ends: Endpoints, least: float) -> Finding:
    error = np.abs(ends.J - least).max()
    return Finding(
        "every seed ends at the global value",
        f"`flat minimum` from every seed, J to {TOLERANCE:g}",
        f"{said(ends.verdicts)}, J to {error:.0e}",
        set(ends.verdicts) == {"flat minimum"} and bool(error <= TOLERANCE),
    )


def _listed(numbers: list[int]) -> str:
    return " ".join(map(str, numbers))
