"""T6: with a penalty on all parameters, the origin is a strict minimum of XOR."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.experiment import Experiment, Finding

SOURCE = "by hand: tanh(0) = 0, and no corner pulls alone"
TOLERANCE = 1e-12


def findings(experiment: Experiment) -> Iterator[Finding]:
    """The verdict at the origin, its J and its smallest eigenvalue, for several widths and penalties."""
    groups = experiment.run("t6_xor_origin")
    verdicts = {name for ends in groups for name in ends.verdicts}
    l2 = np.array([ends.recalled.configuration.l2 for ends in groups])
    J = np.array([ends.J[0] for ends in groups])
    least = np.array([ends.runs["least_eigenvalue"].iloc[0] for ends in groups])
    away = max(float(np.abs(ends.polished).max()) for ends in groups)
    errors = np.abs(J - np.log(2.0)).max(), np.abs(least - l2).max()
    yield Finding(
        "the origin of XOR (tanh, nll, l2 on all parameters) is a strict minimum, J = ln 2, least eigenvalue l2",
        f"`minimum`, both numbers to {TOLERANCE:g}",
        f"{', '.join(f'`{name}`' for name in sorted(verdicts))}, to {errors[0]:.0e} and {errors[1]:.0e}",
        verdicts == {"minimum"} and away == 0.0 and bool(max(errors) <= TOLERANCE),
    )
