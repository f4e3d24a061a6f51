"""T8: every local minimum of a deep linear net is a global one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from analysis.experiment import MINIMA, Endpoints, Experiment, Finding, judged, said
from analysis.truth.critical import placed, spectrum, subsets

SOURCE = "Kawaguchi 2016, NIPS 29"
TOLERANCE = 1e-9


def findings(experiment: Experiment) -> Iterator[Finding]:
    """Of each depth: whether any point above the global value is called a minimum, among seeds and critical points."""
    for ends in experiment.run("t8_deep_linear"):
        yield _seeds(ends)
        yield _critical(ends)


def _global(ends: Endpoints) -> float:
    return spectrum(ends.recalled).loss(tuple(range(min(ends.recalled.configuration.widths))))


def _seeds(ends: Endpoints) -> Finding:
    certified = ends.runs["endpoint"].isin(MINIMA).to_numpy()
    above = int((ends.J[certified] > _global(ends) + TOLERANCE).sum())
    return Finding(
        f"linear net of depth {ends.recalled.configuration.depth}: where the seeds end, every minimum is global",
        "no certified minimum above the global value",
        f"{above} above, {int(certified.sum())} at it, {int((~certified).sum())} not certified",
        above == 0 and bool(certified.any()),
    )


def _critical(ends: Endpoints) -> Finding:
    data, rng = spectrum(ends.recalled), np.random.default_rng(0)
    sets = subsets(len(data.eigenvalues), min(ends.recalled.configuration.widths))[1:]
    verdicts = judged(ends.recalled, np.array([placed(ends.recalled, data, chosen, rng) for chosen in sets]))
    found = Counter(verdicts.endpoint)
    return Finding(
        f"linear net of depth {ends.recalled.configuration.depth}: its other critical points, the origin among them, are none",
        f"0 of {len(sets)} called a minimum",
        said(found),
        not any(found[name] for name in MINIMA),
    )
