"""T4: a single sigmoid neuron with squared loss has exponentially many minima; under the nll it has one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.experiment import Endpoints, Experiment, Finding, said

SOURCE = "Auer, Herbster & Warmuth 1996, NIPS 8"
SUMS = np.array([0.093746358763, 0.107642170807, 0.111016670455, 0.124912482499])
SHARES = np.array([0.46156, 0.23613, 0.20000, 0.10231])
DIGITS, STANDARD_ERRORS = 1e-12, 3.5


def findings(experiment: Experiment) -> Iterator[Finding]:
    """The minima of four points with their shares, and how many Auer's construction has under either loss."""
    four, squared, nll = experiment.run("t4_one_neuron")
    yield from _four(four)
    yield _count(
        "Auer's 10 examples in 2 dimensions, ratio 8, have floor(n/d)^d minima under the squared loss", 25, squared
    )
    yield _count("the same examples have one minimum under the nll", 1, nll)


def _four(ends: Endpoints) -> Iterator[Finding]:
    counts, n = ends.optima.counts, len(ends.runs)
    sums = 4.0 * np.array([optimum.J for optimum in ends.optima.optima])
    exact = len(sums) == len(SUMS) and bool(np.abs(sums - SUMS).max() <= DIGITS)
    yield Finding(
        "one neuron on 4 points has exactly 4 minima; their sums of squared losses",
        ", ".join(f"{number:.12f}" for number in SUMS),
        ", ".join(f"{number:.12f}" for number in sums),
        exact and set(ends.verdicts) == {"minimum"},
    )
    errors = np.sqrt(SHARES * (1.0 - SHARES) / n)
    yield Finding(
        "their shares of the seeds, w ~ N(0, 1)",
        f"{', '.join(f'{share:.2%}' for share in SHARES)}, give or take {STANDARD_ERRORS} standard errors",
        f"{', '.join(f'{count / n:.2%}' for count in counts)} of {n:,}",
        len(counts) == len(SHARES) and bool((np.abs(counts / n - SHARES) <= STANDARD_ERRORS * errors).all()),
    )


def _count(claim: str, expected: int, ends: Endpoints) -> Finding:
    found, n = len(ends.optima.optima), len(ends.runs)
    return Finding(
        claim,
        f"{expected} distinct {'minima' if expected > 1 else 'minimum'}, every seed at one",
        f"{found} distinct; {said(ends.verdicts)}",
        found == expected and ends.verdicts["minimum"] == n,
    )
