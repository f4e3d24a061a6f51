"""Small recorded sweeps that the figures are drawn from, each made once."""

import pytest

import nnexp

TINY = {"seeds": 5, "passes": 20, "curve_points": 12, "snapshots": 3, "backend": {"where": "serial"}}


@pytest.fixture(scope="session")
def sweep(tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("figures"), {}

    def make(**asked):
        key = repr(asked)
        if key not in made:
            made[key] = nnexp.sweep(**{**TINY, "runs_dir": str(folder), **asked})
        return made[key]

    return make


@pytest.fixture(scope="session")
def runs(sweep):
    """Two moons by GD and SGD: 2 depths x 2 optimizers x 2 step sizes, 5 seeds each."""
    moons = {"two_moons": {"examples": 60}}
    return sweep(dataset=moons, depth=[1, 2], width=3, optimizer=["gd", "sgd"], step_size=[0.1, 0.5], l2=0.001)


@pytest.fixture(scope="session")
def diverged(sweep):
    return sweep(dataset="noisy_sine", loss="squared", depth=1, step_size=1e6, passes=60, optimizer=["gd", "sgd"])
