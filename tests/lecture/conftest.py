"""The rows of the lecture in their short form, each run once a worker."""

import pytest

from analysis.lecture import Lecture

SEEDS = {"l02_polynomial": 4, "l19_fan_in": 6, "l20_optima": 120, "l21_optima": 60, "l22_deeper": 4}
"""Enough that each claim can be seen to hold; the other sweeps are about one seed or a few."""

SMALL = ("tracking=none", "backend=serial")


@pytest.fixture(scope="session")
def lecture(tmp_path_factory):
    return Lecture(tmp_path_factory.mktemp("lecture") / "runs", SEEDS, SMALL)
