"""The values of every metric that is logged (`nnexp.tracking.metrics` says what they are), from a sweep's runs as a frame.

What is not a finite number is left out. What has no curve stands at step 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnexp.optima import seeds
from nnexp.optima.distinct.catalogue import MINIMA
from nnexp.tracking.metrics import BANDS, CURVES, ENDS, FINAL, LOWEST, OVER_ENDS, SHARES, UNJUDGED

Array = NDArray[np.float64]

MOST_POINTS = 64
"""Points of a curve that are logged at most, spaced evenly among those on record, which are spaced evenly on a log scale."""

AT_0 = (0,)
NEAR = 1e-9
"""Two values of J at minima are the same where they differ by no more, relative to 1 + |J|."""

LEAST = {"index": 0.0}
"""Columns in which a smaller number says that nothing is known."""


class Curve(NamedTuple):
    """The values of a metric: a step and a value for each point, all finite."""

    name: str
    steps: Sequence[int]
    values: Sequence[float]


def of_configuration(runs: pd.DataFrame) -> Iterator[Curve]:
    """Everything logged on a configuration, from its runs with their curves."""
    for band, (column, _, _) in BANDS.items():
        steps, over_seeds = seeds.bands(runs, column)
        places = _thinned(len(steps))
        for name, values in over_seeds.items():
            yield from _curve(f"{band}/{name}", steps[places], values[places])
    for end, (column, _, _) in ENDS.items():
        known = runs[column].to_numpy(np.float64)
        known = known[np.isfinite(known)]
        if len(known):
            found = {"median": np.median(known), "best": known.min(), "worst": known.max()}
            yield from (_number(f"final {end}/{over}", found[over]) for over in OVER_ENDS)
    yield from _shares(runs)
    yield from _effort(runs)


def _shares(runs: pd.DataFrame) -> Iterator[Curve]:
    """The share of the seeds at each kind of endpoint; every seed is at one."""
    unjudged = runs["status"].map({"diverged": "diverged", "no_gradient": "no gradient"}).fillna(UNJUDGED)
    ends = runs["endpoint"].fillna(unjudged)
    for verdict in SHARES:
        yield _number(f"share of seeds/{verdict}", (ends == verdict).mean())
    J = runs.loc[runs["endpoint"].isin(MINIMA), "polished_J"].to_numpy(np.float64)
    if len(J):
        yield _number(LOWEST, float((J - J.min() <= NEAR * (1.0 + abs(J.min()))).sum() / len(runs)))


def _effort(runs: pd.DataFrame) -> Iterator[Curve]:
    """The gradient evaluations up to each step, of the run that took most of its steps."""
    longest = runs.iloc[int(runs["steps_taken"].to_numpy().argmax())]
    each = longest["gradient_evaluations"] / max(longest["steps_taken"], 1)
    steps = np.asarray(longest["curve_steps"], dtype=np.int64)
    steps = steps[_thinned(len(steps))]
    yield from _curve("effort/gradient evaluations", steps, steps.astype(np.float64) * float(each))


def of_runs(runs: pd.DataFrame) -> list[list[Curve]]:
    """Everything logged on each run of one configuration, from their rows of a frame with curves."""
    found: list[list[Curve]] = [[] for _ in range(len(runs))]
    places = _thinned(len(runs["curve_steps"].iloc[0]))
    steps = np.asarray(runs["curve_steps"].iloc[0], dtype=np.int64)[places]
    for name, (column, _, _) in CURVES.items():
        values = np.stack(list(runs[f"curve_{column}"])).astype(np.float64)[:, places]
        _add_curves(found, name, steps, values)
    for name, (column, _, _) in FINAL.items():
        numbers: Any = runs[column].to_numpy(np.float64, na_value=np.nan)
        known = np.flatnonzero(np.isfinite(numbers) & (numbers >= LEAST.get(column, -np.inf)))
        for place, value in zip(known.tolist(), numbers[known].tolist(), strict=True):
            found[place].append(Curve(name, AT_0, (value,)))
    return found


def _add_curves(found: Sequence[list[Curve]], name: str, steps: NDArray[np.int64], values: Array) -> None:
    """Add a curve of each run, of its finite points, from all runs' values (runs, points)."""
    finite, every = np.isfinite(values), steps.tolist()
    whole = np.asarray(finite.all(axis=1)).tolist()
    for place, row in enumerate(values.tolist()):
        if whole[place]:
            found[place].append(Curve(name, every, row))
        else:
            found[place].extend(_curve(name, steps, values[place]))


def of_sweep(runs: pd.DataFrame) -> Iterator[Curve]:
    """Everything logged on a sweep; the step is how many runs there were by then."""
    found = {
        "sweep/runs": len(runs),
        "sweep/configurations": runs["configuration"].nunique(),
        "sweep/diverged": (runs["status"] == "diverged").sum(),
        "sweep/at a minimum": runs["endpoint"].isin(MINIMA).sum(),
    }
    for name, value in found.items():
        yield Curve(name, (len(runs),), (float(value),))


def _thinned(n: int) -> NDArray[np.intp]:
    """The places of at most MOST_POINTS of a curve's n points, the first and the last among them."""
    return np.linspace(0, n - 1, min(n, MOST_POINTS)).round().astype(np.intp)


def _curve(name: str, steps: NDArray[np.int64], values: Array) -> Iterator[Curve]:
    """The finite points of a curve, thinned before; nothing where it has none."""
    finite = np.isfinite(values)
    if finite.any():
        yield Curve(name, steps[finite].tolist(), values[finite].tolist())


def _number(name: str, value: Any) -> Curve:
    return Curve(name, AT_0, (float(value),))
