"""T11: the lecture's two nets of step functions, set by hand, say what its pictures show."""

from __future__ import annotations

from collections.abc import Iterator

from analysis import hand_set
from analysis.experiment import Experiment, Finding

SOURCE = "MIT 6.036 (2020), lecture 6"
LOW, HIGH, SHARE = -2.0, 8.0, 0.68


def findings(experiment: Experiment) -> Iterator[Finding]:
    """The labels of the listed points, and the share of the band picture that is labelled 1."""
    band, run = experiment.run("t11_lecture")
    yield hand_set.labels("habitable zone: two step features and a step on top, labels of the listed points", band)
    yield hand_set.labels("go for a run: three step features and a step on top, labels of the listed points", run)
    found = hand_set.share(band, LOW, HIGH)
    yield Finding(
        "the area labelled 1 in the picture of the habitable zone, [-2, 8]^2",
        f"{SHARE:.0%}",
        f"{found:.2%}",
        abs(found - SHARE) <= 1.0 / hand_set.PER_SIDE,
    )
