"""L19: on a convex objective GD and SGD get near the one optimum, with suitable step sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis import linear
from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import above, every, same, within
from analysis.lecture.row import Drawing, Row
from nnexp.figures import curves, panels, style
from nnexp.figures.panels import Line, Panel
from nnexp.figures.ways import of_runs

Array = NDArray[np.float64]

SHOWN = 4
SIZES = ("too small", "right", "too large")
COLORS = (style.BLUE, "#009E73", style.RED)
LOWEST, HIGHEST = 1e-13, 1e8
TAIL = 0.2
"""The last share of a curve over which a noise floor is taken."""


def fan(seeds: Sequence[Endpoints], sizes: Sequence[Endpoints], schedules: Sequence[Endpoints]) -> Figure:
    """The ways of several seeds over both parameters."""
    rows = [seeds[0].runs.iloc[i] for i in range(min(SHOWN, len(seeds[0].runs)))]
    return of_runs({f"seed {row['init_seed']}": row for row in rows}, names=("$\\theta_1$", "$\\theta_2$"))


def step_sizes(seeds: Sequence[Endpoints], sizes: Sequence[Endpoints], schedules: Sequence[Endpoints]) -> Figure:
    """How J comes down to the optimum, by step size of GD and by schedule of SGD."""
    gd, sgd = [], []
    for each, color, size in zip(sizes, COLORS, SIZES, strict=True):
        said = f"{size}: {each.recalled.configuration.step_size:g}"
        said += ", diverged" if (each.runs["status"] == "diverged").all() else ""
        gd += _lines(each, said, color, "steps")
    for each, color, said in zip(schedules, (style.ORANGE, style.BLUE), ("constant", "decreasing"), strict=True):
        sgd += _lines(each, f"{said} steps", color, "steps")
    shown = [
        Panel(
            "GD: three step sizes",
            *("updates", "J above the optimum", gd),
            "a line a seed; too large a step overshoots further each time",
            x_scale="log",
            y_scale="log",
            x_limits=(1.0, 1500.0),
            y_limits=(LOWEST, HIGHEST),
        ),
        Panel(
            "SGD: constant and decreasing steps",
            *("updates", "J above the optimum", sgd),
            "median and each seed: constant steps stay at a noise floor",
            x_scale="log",
            y_scale="log",
        ),
    ]
    return panels.panels(shown, width=4.9)


def _lines(ends: Endpoints, name: str, color: str, x: str) -> list[Line]:
    """Each seed's curve of J above the optimum, thin, and their median."""
    at, gap = curves.reached(ends.runs, x), gaps(ends)
    seeds = [Line(at, each, "", color, width=0.7, alpha=0.35) for each in gap]
    return [*seeds, Line(at, np.median(gap, axis=0), name, color)]


def optimum(ends: Endpoints) -> Array:
    """The one optimum as theta (parameters,), by other means than training."""
    found = linear.optimum(ends)
    return np.asarray(found.T.ravel())


def gaps(ends: Endpoints) -> Array:
    """(runs, points), how far the curve of J lies above the optimum."""
    J = np.stack([np.asarray(curve, float) for curve in ends.runs["curve_J"]])
    return np.asarray(np.maximum(J - ends.recalled.value(optimum(ends)), LOWEST))


def near_the_one(
    seeds: Sequence[Endpoints], sizes: Sequence[Endpoints], schedules: Sequence[Endpoints]
) -> Iterator[Finding]:
    """That every seed ends at the one optimum, what the step size does, and that decreasing steps take the noise away."""
    apart = np.abs(seeds[0].stopped - optimum(seeds[0])).max(axis=1)
    yield every("nll: every seed within 1e-6 of the optimum found by other means", apart <= 1e-6)
    starts = np.ptp(np.stack([np.asarray(row)[:2] for row in seeds[0].runs["snapshots"]]), axis=0)
    yield above("nll: though the seeds start apart, by", float(starts.min()), 3.0)
    yield same("nll: distinct optima, by the catalogue", 1, len(seeds[0].optima.optima))
    small, right, large = sizes
    yield above("squared, too small a step: J above the optimum at the end", float(gaps(small)[:, -1].min()), 1e-3)
    yield within("squared, the right step: J above the optimum at the end", float(gaps(right)[:, -1].max()), 1e-12)
    yield every("squared, too large a step: diverged, and the run says so", large.runs["status"] == "diverged")
    yield every("and at which step", large.runs["diverged_at"].notna())
    constant, decreasing = (floor(each) for each in schedules)
    yield above("SGD, constant steps: noise floor over that of decreasing steps", constant / decreasing, 5.0)


def floor(ends: Endpoints) -> float:
    """How far J stays above the optimum at the end of training: the median over seeds and over the last points."""
    gap = gaps(ends)
    steps = curves.reached(ends.runs, "steps")
    return float(np.median(gap[:, steps >= (1.0 - TAIL) * steps[-1]]))


ROWS = (
    Row(
        "L19",
        "Nice and convex",
        "If J is nice and convex, GD and SGD with suitable step sizes get near the one global optimum, from wherever "
        "they start.",
        "Four seeds start in four places. Where do they end? And what happens if the step is a thousand times "
        "smaller, or seven times larger?",
        "A grey bowl over theta 1 and theta 2 with four ways from four places that fan in to one point, and the same "
        "from above.",
        ("l19_fan_in", "l19_step_sizes", "l19_schedules"),
        fan,
        near_the_one,
        (
            Drawing(
                "Left, J above the optimum by updates: the right step falls straight to rounding, the small one "
                "hardly sinks, the large one shoots up and is marked as diverged. Right, SGD: constant steps level "
                "off, decreasing steps go on down.",
                step_sizes,
            ),
        ),
    ),
)
