"""Small recorded sweeps that are compared, in one folder of runs."""

import pytest

import nnexp

TINY = {"seeds": 4, "passes": 10, "curve_points": 8, "snapshots": 3, "width": 2, "backend": {"where": "serial"}}

SWEEPS = {
    "moons": {"depth": [1, 2], "optimizer": ["gd", "sgd"], "step_size": [0.1, 0.5], "question": "who ends where?"},
    "single": {"dataset": "xor", "snapshots": 0},
    "regression": {"dataset": "noisy_sine", "loss": "squared", "optimizer": ["gd", "sgd"]},
    "diverged": {"dataset": "noisy_sine", "loss": "squared", "depth": 1, "step_size": 1e6, "passes": 60},
    "steps": {"activation": ["step", "tanh"]},
    "many_dimensions": {"dataset": "breast_cancer", "depth": [1, 2], "passes": 3},
    "one_run": {"dataset": "go_for_a_run", "seeds": [3]},
}


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("analysis") / "runs"
    for name, asked in SWEEPS.items():
        nnexp.sweep(**{**TINY, "name": name, "runs_dir": str(folder), **asked})
    return folder
