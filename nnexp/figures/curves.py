"""How did the loss fall, over all seeds of a configuration?

Curves are laid over one another by updates, by passes over the data or by gradient evaluations; only the last two compare
GD with SGD, whose updates cost differently much. Quantiles over seeds are drawn, never means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from nnexp.figures import fit, style
from nnexp.optima import seeds

Array = NDArray[np.float64]

AXES = ("steps", "passes", "gradient evaluations")
MOST, TALLEST = 6, 1e6
NAMES = {"train_loss": "training loss", "test_loss": "test loss", "J": "J"}


def bands(runs: pd.DataFrame, x: str = "steps") -> Figure:
    """A Figure with training and test loss by x: median over seeds, band from the 10 % to the 90 % quantile, best seed.

    Args:
        runs: rows of a frame with curves, of one to MOST configurations.
        x: one of AXES.

    Raises:
        NothingToDraw: if there are too many configurations.
    """
    groups = [group for _, group in runs.groupby("configuration", sort=False)]
    _refuse_many(len(groups))
    varying = seeds.varying(runs)
    made = style.figure(11.0, 4.6 + 0.22 * len(groups))
    measures = ["train_loss", "test_loss"] if runs["test_loss"].notna().any() else ["train_loss"]
    places = made.subplots(1, len(measures), squeeze=False, sharey=True)[0]
    drawn = []
    for axes, measure in zip(places, measures, strict=True):
        drawn += [band(axes, group, measure, x, style.COLORS[i]) for i, group in enumerate(groups)]
        style.tidy(axes, f"{NAMES[measure]} over {_seeds(groups)}", x, NAMES[measure])
    _scales(places, np.concatenate([reached(group, x) for group in groups]), np.concatenate(drawn))
    _explain(made, [_name(group, varying) for group in groups])
    return made


def _refuse_many(n: int) -> None:
    if n > MOST:
        raise style.NothingToDraw(f"the curves of {n} configurations would hide one another; give at most {MOST}")


def band(axes: Axes, group: pd.DataFrame, measure: str, x: str, color: str) -> Array:
    """Draw one configuration's median, band and best seed into axes; gives all their values, (any number,)."""
    _, values = seeds.bands(group, measure)
    at = reached(group, x)
    axes.fill_between(at, values["q10"], values["q90"], color=color, alpha=0.18, linewidth=0)
    axes.plot(at, values["median"], color=color, linewidth=2.0, marker="o" if len(at) == 1 else "")
    axes.plot(at, values["best"], color=color, linewidth=1.1, linestyle=(0, (4, 2)))
    return np.concatenate(list(values.values()))


def reached(group: pd.DataFrame, x: str) -> Array:
    """(points,), where on the x-axis the recorded steps of one configuration lie.

    Gradient evaluations are steps times the batch that a step sees; passes are those over the number of examples.

    Raises:
        NothingToDraw: if x is none of AXES.
    """
    if x not in AXES:
        raise style.NothingToDraw(f"x={x} is no axis of curves; known: {', '.join(AXES)}")
    steps = np.asarray(group["curve_steps"].iloc[0], dtype=float)
    if x == "steps":
        return steps
    taken = group[group["steps_taken"] > 0]
    if taken.empty:
        return np.zeros_like(steps)
    first = taken.iloc[0]
    scale = first["gradient_evaluations"] / first["steps_taken"] if x != "passes" else first["passes"] / first["steps"]
    return steps * float(scale)


def _scales(places: Sequence[Axes], at: Array, values: Array) -> None:
    """Log axes: 0, where training starts, still has a place at the left; a loss on its way to infinity leaves the picture."""
    seen = values[values > 0.0]  # NaN, where no run is left, is not
    for axes in places:
        if len(seen):
            low, high = float(seen.min()), min(float(seen.max()), TALLEST * float(seen.min()))
            axes.set_ylim(low / 1.15, high * 1.15)
            axes.set_yscale("log")
            style.plain_ticks(axes, high / low)
        if at.max() > 0.0:
            axes.set_xscale("symlog", linthresh=at[at > 0.0].min(), linscale=0.3)
            axes.set_xlim(0.0, at.max() * 1.05)


def _name(group: pd.DataFrame, varying: list[str]) -> str:
    said = seeds.label(group.iloc[0], varying) or _seeds([group])
    diverged = int(group["status"].eq("diverged").sum())
    return fit.plain(f"{said} ({diverged} of {len(group)} diverged)" if diverged else said)


def _seeds(groups: list[pd.DataFrame]) -> str:
    counts = sorted({len(group) for group in groups})
    if counts == [1]:
        return "1 seed"
    return f"{counts[0]} seeds" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"


def _explain(made: Figure, names: list[str]) -> None:
    """Configurations in the legend's first column, the meaning of the marks in its second."""
    handles: list[Any] = [style.line(name, style.COLORS[i]) for i, name in enumerate(names)]
    marks: list[Any] = [
        style.line("median over seeds", style.INK),
        Patch(color=style.INK, alpha=0.18, linewidth=0, label="from 10 % to 90 % of seeds"),
        style.line("seed with the lowest final J", style.INK, (0, (4, 2)), 1.1),
    ]
    if len(names) == 1:
        style.legend(made, [*handles, *marks])
        return
    style.legend(made, style.columns(handles, marks), columns=2)
