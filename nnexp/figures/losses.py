"""Where does training end? The final loss of every seed, never their mean; and SGD's beside GD's from the same start.

J of different losses or data sets cannot be compared, so each of these has axes of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnexp.figures import fit, style
from nnexp.figures.pairing import finished, pairs
from nnexp.optima import seeds

Array = NDArray[np.float64]

MOST_ROWS, MOST_PANELS = 24, 4
HEAP = 0.02
"""By what share J may differ for dots to be set above one another, so that they do not hide one another."""

ALIKE = seeds.ALIKE


def distribution(runs: pd.DataFrame, most: int = MOST_ROWS) -> Figure:
    """A Figure with the final J of every seed as a dot, a row a configuration, the lowest median above.

    Args:
        runs: rows of a frame, with or without curves.
        most: how many configurations are shown of each loss and data set; of more, these are taken evenly through the
            ranking, the first and the last included. Runs that diverged are counted at the right.
    """
    groups = [group for _, group in runs.groupby(ALIKE, sort=False)][:MOST_PANELS]
    shown = [evenly(ranking(group), most) for group in groups]
    rows = max(len(order) for order in shown)
    varying = [key for key in seeds.varying(runs) if len(groups) == 1 or key.split(".")[0] not in ALIKE]
    named = [style.rows(_names(group, order, varying)) for group, order in zip(groups, shown, strict=True)]
    made = style.figure(7.6 * len(groups), 1.7 + max(0.8, rows * max(height for _, height in named)))
    places = made.subplots(1, len(groups), squeeze=False)[0]
    for axes, group, order, (names, _) in zip(places, groups, shown, named, strict=True):
        _rows(axes, group, order, names)
        style.tidy(axes, _headline(group, len(order)), "J at the end of training")
        axes.spines["left"].set_visible(False)
        axes.set_ylim(rows - 0.4, -0.6)
    style.legend(
        made, [style.dot("one seed", style.BLUE), style.tick("median over seeds"), style.dot("best seed", style.ORANGE)]
    )
    return made


def ranking(runs: pd.DataFrame) -> list[str]:
    """The configurations by median final J, the lowest first; those that only diverged last. The median is a run's J."""
    J = runs.groupby("configuration", sort=False)["J"]
    return J.quantile(0.5, interpolation="lower").sort_values(kind="stable").index.tolist()


def evenly(order: list[str], most: int) -> list[str]:
    """At most so many of a list, evenly through it, the first and the last included."""
    if len(order) <= most:
        return order
    return [order[i] for i in np.linspace(0, len(order) - 1, most).round().astype(int)]


def _headline(group: pd.DataFrame, shown: int) -> str:
    n, first = group["configuration"].nunique(), group.iloc[0]
    many = f"{shown} of {n} configurations, evenly through the ranking" if shown < n else f"{n} configurations"
    return f"{fit.plain(seeds.data_and_loss(first))}: {many if n > 1 else '1 configuration'}"


def _names(group: pd.DataFrame, order: list[str], varying: list[str]) -> list[str]:
    first = group.drop_duplicates("configuration").set_index("configuration")
    return [seeds.label(first.loc[configuration], varying) or "every run" for configuration in order]


def _rows(axes: Axes, group: pd.DataFrame, order: list[str], names: list[str]) -> None:
    """Draw the dots of these configurations, row by row, and name each row."""
    by_id = dict(list(group.groupby("configuration", sort=False)))
    for place, configuration in enumerate(order):
        row_of_dots(axes, by_id[configuration], place)
    log_if_positive(axes, group["J"])
    axes.set_yticks(range(len(order)), names)
    axes.grid(axis="x", color=style.GREY, linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)


def row_of_dots(axes: Axes, runs: pd.DataFrame, place: float, area: float = 22.0) -> None:
    """Draw one configuration's final J as dots at a height; median and best are marked, runs that diverged counted."""
    J = runs["J"].dropna().sort_values().to_numpy()
    if len(J):
        up = place + heaped(J)
        axes.scatter(J, up, s=area, color=style.BLUE, alpha=0.55, linewidths=0)
        axes.scatter(J[:1], up[:1], s=area * 1.5, color=style.ORANGE, edgecolors="white", linewidths=0.6)
        axes.plot(J[(len(J) - 1) // 2], place, marker="|", color=style.INK, markersize=13, markeredgewidth=2)
    diverged = int(runs["status"].eq("diverged").sum())
    if diverged:
        said = f"{diverged} of {len(runs)} diverged"
        right = axes.get_yaxis_transform()
        axes.text(1.01, place, said, transform=right, va="center", fontsize=style.SMALL, color=style.RED)


def heaped(J: Array) -> Array:
    """(n,), heights within -0.4 and 0.4 that spread out, for ascending J (n,), those that lie within HEAP of one another.

    A heap grows up and down from the middle by the same step for all heaps, so the higher one has more runs.
    """
    order, first = np.zeros(len(J)), 0
    for i in range(len(J)):
        first = first if J[i] - J[first] <= HEAP * abs(J[first]) else i
        order[i] = i - first
    middle_out = np.where(order % 2 == 1, 1.0, -1.0) * np.ceil(order / 2.0)
    return middle_out * min(0.13, 0.4 / max(1.0, float(np.abs(middle_out).max(initial=0.0))))


def log_if_positive(axes: Axes, J: pd.Series) -> None:
    """A log axis where every J allows one, wide enough that equal ones do not stand at its rim."""
    known = J.dropna()
    if known.empty:
        axes.set_xticks([])
        return
    low, high = float(known.min()), float(known.max())
    if low > 0.0:
        axes.set_xscale("log")
        room = max(1.25, (high / low) ** 0.06)
        axes.set_xlim(low / room, high * room)
        style.plain_ticks(axes, high / low)


def duel(runs: pd.DataFrame) -> Figure:
    """A Figure of final J, SGD's against GD's from the same initial weights, a dot a pair, coloured by step size.

    Args:
        runs: rows of a frame, with or without curves.

    Raises:
        NothingToDraw: if no two runs differ only in gd and sgd, or none of such pairs has both of its J.
    """
    found = pairs(runs)
    if found.empty:
        raise style.NothingToDraw("there is no GD beside SGD: no two runs differ only in that; say optimizer=[gd,sgd]")
    groups = [group for _, group in found.groupby(ALIKE, sort=False) if len(finished(group))][:MOST_PANELS]
    if not groups:
        raise style.NothingToDraw("there is no GD beside SGD: in every pair a run diverged; take a smaller step_size")
    made, places = style.grid(len(groups), 2, 5.0, 5.3)
    sizes = sorted(found["step_size"].unique())
    colors = dict(zip(sizes, style.class_colors(len(sizes)), strict=True))
    for axes, group in zip(places, groups, strict=True):
        _against(axes, finished(group), colors)
        first = runs[runs["configuration"] == group["configuration_gd"].iloc[0]].iloc[0]
        axes.set_title(_score(group, fit.plain(seeds.data_and_loss(first))), fontsize=style.TEXT, color=style.INK)
    style.legend(made, [style.dot(f"step size {size:g}", color) for size, color in colors.items()])
    return made


def _against(axes: Axes, group: pd.DataFrame, colors: dict[Any, str]) -> None:
    style.tidy(axes, x="J where GD ends", y="J where SGD ends, same initial weights")
    both = group[["J_gd", "J_sgd"]].to_numpy()
    low, high = both.min(), both.max()
    room = max(1.1, (high / low) ** 0.06) if low > 0.0 else 1.0
    ends = (low / room, high * room)
    if low > 0.0:
        axes.set_xscale("log")
        axes.set_yscale("log")
        style.plain_ticks(axes, high / low)
    axes.plot(ends, ends, color=style.INK, linewidth=1.0)
    for size, part in group.groupby("step_size"):
        axes.scatter(part["J_gd"], part["J_sgd"], s=16, color=colors[size], alpha=0.6, linewidths=0)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    for x, y, where, said in ((0.97, 0.04, "right", "SGD lower"), (0.03, 0.93, "left", "GD lower")):
        axes.text(x, y, said, transform=axes.transAxes, ha=where, fontsize=style.TITLE, color="#888888", zorder=0)


def _score(group: pd.DataFrame, what: str) -> str:
    """What was compared, who ended lower how often, and what a run cost each."""
    ended = finished(group)
    lower = int((ended["J_sgd"] < ended["J_gd"]).sum())
    lost = f"\n({len(group) - len(ended)} more had a run that diverged)" if len(ended) < len(group) else ""
    cost = [f"{name.upper()} {group[f'gradient_evaluations_{name}'].median():,.0f}" for name in ("gd", "sgd")]
    return (
        f"{what}: SGD ends lower in {lower} of {len(ended)} pairs{lost}\n"
        f"gradient evaluations a run (median): {', '.join(cost)}"
    )
