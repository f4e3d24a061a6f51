"""T5: XOR with two sigmoid units has no finite local minimum; stuck runs lie on plateaus at infinity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.experiment import MINIMA, Experiment, Finding, said

SOURCE = "Hamey 1998; Sprinkhuizen-Kuyper & Boers 1999"
LADDERS = {
    "squared": np.array([1 / 8, 1 / 6, 1 / 4]),
    "nll": np.array([np.log(2.0) / 2.0, 0.75 * np.log(3.0) - 0.5 * np.log(2.0), np.log(2.0)]),
}
"""Two corners learned and the others guessed at 1/2; one learned and the others guessed at 1/3; all guessed at 1/2."""

TOLERANCE = 5e-3


def findings(experiment: Experiment) -> Iterator[Finding]:
    """Of each loss: how many endpoints are called minima, and how far the stuck ones lie from the ladder."""
    for ends in experiment.run("t5_xor_plateaus"):
        loss, n = ends.recalled.configuration.loss.name, len(ends.runs)
        verdicts, losses = ends.verdicts, ends.runs["J"].to_numpy()
        minima = sum(verdicts[name] for name in MINIMA)
        yield Finding(
            f"XOR 2-2-1 without l2 ({loss}) has no finite local minimum",
            f"0 verdicts `minimum` in {n:,} seeds",
            said(verdicts),
            minima == 0,
        )
        ladder = LADDERS[loss]
        stuck = losses[losses > ladder[0] / 2.0]
        off = np.abs(stuck[:, None] - ladder).min(axis=1)
        yield Finding(
            f"its stuck runs ({loss}) lie on plateaus, a ladder of losses",
            f"all within {TOLERANCE:g} of {', '.join(f'{rung:.4f}' for rung in ladder)}",
            f"{len(stuck)} of {n:,} stuck, all within {off.max(initial=0.0):.1e}",
            len(stuck) > 0 and bool((off <= TOLERANCE).all()),
        )
