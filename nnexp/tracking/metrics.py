"""Every metric that is logged: its name, what it is, and its unit.

Losses are as the sweep chose them. The step of a curve is the number of updates taken; what has no curve is logged at step
0, which MLflow draws as a bar.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nnexp.optima import seeds
from nnexp.optima.endpoints.verdict import VERDICTS
from nnexp.records import STATUS

BANDS = {
    "training loss": ("train_loss", "mean loss over the training examples, at rest, penalty left out"),
    "test loss": ("test_loss", "mean loss over the test examples"),
    "training error": ("train_error", "share of training labels that are wrong"),
    "test error": ("test_error", "share of test labels that are wrong"),
}
OVER_SEEDS = {
    "median": "the middle of the seeds",
    "q10": "exceeded by nine seeds in ten",
    "q90": "exceeded by one seed in ten",
    "best": "the seed with the lowest final J",
}
CURVES = {
    "objective/J": ("J", "mean training loss plus penalty"),
    "loss/train": ("train_loss", "mean loss over the training examples, at rest, penalty left out"),
    "loss/test": ("test_loss", "mean loss over the test examples"),
    "loss/validation": ("validation_loss", "mean loss over the training examples set aside for validation"),
    "error/train": ("train_error", "share of training labels that are wrong"),
    "error/test": ("test_error", "share of test labels that are wrong"),
}
FINAL = {
    "objective/penalty": (
        "penalty",
        "l2 / 2 times the sum of squares plus l1 times the sum of sizes of what is penalized",
    ),
    "cost/train": (
        "train_cost",
        "asymmetric cost over the training examples: a missed 1 costs more than a false alarm",
    ),
    "cost/test": ("test_cost", "asymmetric cost over the test examples"),
    "effort/updates": ("steps_taken", "updates taken until the run was over"),
    "effort/gradient evaluations": ("gradient_evaluations", "examples that a gradient was taken on"),
}
SHARES = {f"share of seeds/{status}": meaning for status, meaning in STATUS.items()}
ENDPOINTS = {f"share of endpoints/{verdict}": meaning for verdict, meaning in VERDICTS.items()}
SWEEP = {
    "sweep/runs": "runs on record",
    "sweep/configurations": "configurations with runs on record",
    "sweep/diverged": "runs that diverged",
    "sweep/best test loss": "the lowest test loss of any run",
}

DICTIONARY: dict[str, str] = {
    **{f"{band}/{name}": f"{what}; {over}" for band, (_, what) in BANDS.items() for name, over in OVER_SEEDS.items()},
    **{name: what for name, (_, what) in (CURVES | FINAL).items()},
    **{name: f"share of the seeds whose run {meaning}" for name, meaning in SHARES.items()},
    **{name: f"share of the seeds whose endpoint, judged, is one: {meaning}" for name, meaning in ENDPOINTS.items()},
    **SWEEP,
}

Point = tuple[str, float, int]


def of_configuration(runs: pd.DataFrame) -> Iterator[Point]:
    """(name, value, step) of everything logged on a configuration, from its runs; NaN is left out."""
    for band, (column, _) in BANDS.items():
        steps, over_seeds = seeds.bands(runs, column)
        for name, values in over_seeds.items():
            yield from _finite(f"{band}/{name}", values, steps)
    for name in STATUS:
        yield f"share of seeds/{name}", float((runs["status"] == name).mean()), 0
    if runs["endpoint"].notna().any():
        for verdict in VERDICTS:
            yield f"share of endpoints/{verdict}", float((runs["endpoint"] == verdict).mean()), 0


def of_run(run: pd.Series) -> Iterator[Point]:
    """(name, value, step) of everything logged on one run; NaN is left out."""
    for name, (column, _) in CURVES.items():
        yield from _finite(name, run[f"curve_{column}"], run["curve_steps"])
    for name, (column, _) in FINAL.items():
        yield from _finite(name, [run[column]], [0])


def of_sweep(runs: pd.DataFrame) -> Iterator[Point]:
    """(name, value, step) of everything logged on a sweep; the step is how many runs there were by then."""
    step = len(runs)
    yield "sweep/runs", float(step), step
    yield "sweep/configurations", float(runs["configuration"].nunique()), step
    yield "sweep/diverged", float((runs["status"] == "diverged").sum()), step
    yield from _finite("sweep/best test loss", [runs["test_loss"].min()], [step])


def _finite(name: str, values: object, steps: object) -> Iterator[Point]:
    for value, step in zip(values, steps, strict=True):  # type: ignore[call-overload]
        if pd.notna(value):
            yield name, float(value), int(step)
