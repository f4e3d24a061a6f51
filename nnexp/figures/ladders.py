"""On which rung of its objective's ladder does each configuration end, and is the lowest rung the one that tests best?

The rungs are the distinct optima of an objective, the lowest J to the left. Shares of runs are drawn rung by rung; a mean
over rungs would be a J that no run has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from nnexp.figures import fit, style
from nnexp.optima import seeds
from nnexp.optima.distinct import rungs

MOST_PANELS, MOST_ROWS = 6, 10
AREA = 330.0
"""Of the circle of all runs, in square points."""

ENDS = {
    "lowest optimum": style.BLUE,
    "another optimum": "#56B4E9",
    "kink": "#009E73",
    "saddle": "#CC79A7",
    "at infinity": style.ORANGE,
    "not stationary": style.GREY,
    "undecided": "#8c8c8c",
    "diverged": style.RED,
    "no gradient": style.INK,
    "not judged": "#ececea",
}
"""Kinds of end, in the order in which they are drawn."""


def ends(runs: pd.DataFrame, names: dict[int, str]) -> Figure:
    """A Figure with a bar an objective: which share of its runs ended at its lowest optimum, at another one, at none and why.

    Args:
        runs: rows with `objective`, `optimum` and `endpoint`.
        names: of the objectives, by number.
    """
    kinds = kind_of_end(runs)
    shares = pd.crosstab(runs["objective"], kinds, normalize="index").reindex(index=list(names), fill_value=0.0)
    used = [kind for kind in ENDS if kind in shares]
    rows, height = style.rows([names[n] for n in shares.index])
    made = style.figure(9.6, 1.2 + height * max(3, len(shares)))
    axes = made.subplots()
    left = np.zeros(len(shares))
    for kind in used:
        axes.barh(np.arange(len(shares)), shares[kind], left=left, height=0.72, color=ENDS[kind], linewidth=0)
        left += shares[kind].to_numpy()
    style.tidy(axes, x="share of runs")
    axes.set_yticks(range(len(shares)), rows)
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0.0, 1.0), ylim=(len(shares) - 0.5, -0.5))
    axes.spines["left"].set_visible(False)
    style.legend(made, [Patch(color=ENDS[kind], label=kind) for kind in used], columns=6)
    return made


def kind_of_end(runs: pd.DataFrame) -> pd.Series:
    """One of ENDS for each run: its optimum, where it is at one, else what the judge called its endpoint."""
    at = np.where(runs["optimum"] == 0, "lowest optimum", "another optimum")
    return (
        runs["endpoint"]
        .fillna("not judged")
        .where(runs["optimum"] == rungs.NONE, pd.Series(at, runs.index))
        .rename("end")
    )


def ladders(groups: Sequence[pd.DataFrame], titles: Sequence[str], keys: Sequence[str]) -> Figure:
    """A Figure with a panel an objective: a row a configuration, a circle a rung, as large as the share of runs that reach it.

    Args:
        groups: the runs of each objective, with `optimum` and `polished_J`; at most MOST_PANELS are drawn.
        titles: of each.
        keys: what tells configurations of one objective apart.

    Raises:
        NothingToDraw: if no run is at an optimum.
    """
    shown = [
        (group, title) for group, title in zip(groups, titles, strict=True) if (group["optimum"] != rungs.NONE).any()
    ]
    if not shown:
        raise style.NothingToDraw("there is no ladder to draw: no run ended at an optimum")
    shown = shown[:MOST_PANELS]
    rows = max(min(MOST_ROWS, group["configuration"].nunique()) for group, _ in shown)
    made, places = style.grid(len(shown), 2, 6.0, 1.1 + 0.36 * rows)
    for axes, (group, title) in zip(places, shown, strict=True):
        _ladder(axes, group, keys)
        style.tidy(axes, fit.plain(title), "J of the optimum")
        axes.spines["left"].set_visible(False)
    style.legend(
        made,
        [
            style.dot(f"{share:.0%} of a configuration's runs", style.BLUE, size=(share * AREA) ** 0.5)
            for share in (1.0, 0.25)
        ]
        + [style.dot("lowest known optimum", style.ORANGE)],
    )
    return made


def _ladder(axes: Axes, group: pd.DataFrame, keys: Sequence[str]) -> None:
    """The circles of an objective, with a thin line at each rung."""
    at = group[group["optimum"] != rungs.NONE]
    heights = at.groupby("optimum")["polished_J"].first()
    order = list(dict.fromkeys(group["configuration"]))[:MOST_ROWS]
    for J in heights:
        axes.axvline(J, color=style.GREY, linewidth=0.8, zorder=0)
    for place, configuration in enumerate(order):
        runs = group[group["configuration"] == configuration]
        shares = runs["optimum"].value_counts(normalize=True).drop(rungs.NONE, errors="ignore")
        color = [style.ORANGE if k == 0 else style.BLUE for k in shares.index]
        axes.scatter(
            heights.loc[shares.index], [place] * len(shares), s=AREA * shares, c=color, alpha=0.8, linewidths=0
        )
        none = float((runs["optimum"] == rungs.NONE).mean())
        if none:
            right = axes.get_yaxis_transform()
            axes.text(
                1.01, place, f"{none:.0%}\nat none", transform=right, va="center", fontsize=style.SMALL, color=style.INK
            )
    names = [seeds.label(group[group["configuration"] == c].iloc[0], list(keys)) or "every run" for c in order]
    axes.set_yticks(range(len(order)), style.rows(names)[0])
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.margins(x=0.12)


def tested(tables: Sequence[pd.DataFrame], titles: Sequence[str]) -> Figure:
    """A Figure with a panel an objective: the test loss of each optimum against its J; larger circles are reached more often.

    Args:
        tables: catalogues' frames, of objectives with two optima or more; at most MOST_PANELS are drawn.
        titles: of each.

    Raises:
        NothingToDraw: if none has two optima and test data.
    """
    known = [
        (table, title)
        for table, title in zip(tables, titles, strict=True)
        if len(table) > 1 and table["test_loss"].notna().all()
    ][:MOST_PANELS]
    if not known:
        raise style.NothingToDraw(
            "no objective has two optima and test data, so no optimum can be tested against another"
        )
    made, places = style.grid(len(known), 3, 4.0, 3.4)
    for axes, (table, title) in zip(places, known, strict=True):
        style.tidy(axes, fit.plain(title), "J of the optimum", "its loss on test data")
        best = int(table["test_loss"].to_numpy().argmin())
        size = 30.0 + 220.0 * table["share"]
        axes.scatter(table["J"], table["test_loss"], s=size, color=style.BLUE, alpha=0.65, linewidths=0)
        axes.scatter(
            table["J"].iloc[:1], table["test_loss"].iloc[:1], s=size.iloc[:1], color=style.ORANGE, linewidths=0
        )
        axes.scatter(
            table["J"].iloc[[best]],
            table["test_loss"].iloc[[best]],
            s=size.iloc[[best]] + 90.0,
            facecolors="none",
            edgecolors=style.INK,
        )
        axes.margins(0.15)
    ring = style.dot("least test loss", "none", style.INK)
    style.legend(made, [style.dot("an optimum", style.BLUE), style.dot("lowest J", style.ORANGE), ring])
    return made
