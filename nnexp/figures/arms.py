"""Does SGD end elsewhere than GD from the same initial weights, and lower?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from nnexp.figures import fit, style

MOST_PANELS, MOST_OPTIMA = 6, 12
MANY, DECADES = 50.0, (0.01, 0.1, 1.0, 10.0, 100.0)
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)


def forest(table: pd.DataFrame) -> Figure:
    """A Figure with a row an objective: the typical J of SGD over that of GD, with its 95 % interval, where training stopped.

    Args:
        table: with `objective`, `ratio_J`, `ratio_low`, `ratio_high` and `p_holm`.

    Raises:
        NothingToDraw: if no objective has a ratio.
    """
    known = table[np.isfinite(table["ratio_J"]) & (table["ratio_J"] > 0.0)]
    if known.empty:
        raise style.NothingToDraw(
            "GD and SGD cannot be laid beside one another: no objective has enough pairs with both J"
        )
    names, row = style.rows(known["objective"])
    made = style.figure(9.0, 1.4 + row * max(3, len(known)))
    axes = made.subplots()
    places = np.arange(len(known))
    seen = pd.concat(
        [known["ratio_J"], known["ratio_low"].where(lambda low: low > 0.0), known["ratio_high"].where(np.isfinite)]
    ).dropna()
    low, high = 0.9 * min(1.0, seen.min()), 1.1 * max(1.0, seen.max())
    axes.hlines(
        places,
        known["ratio_low"].clip(lower=low),
        known["ratio_high"].clip(upper=high),
        color=style.GREY,
        linewidth=2.4,
    )
    sure = known["p_holm"] < 0.05
    axes.scatter(known["ratio_J"][sure], places[sure], s=44, color=style.BLUE, zorder=3)
    axes.scatter(known["ratio_J"][~sure], places[~sure], s=44, facecolors="white", edgecolors=style.BLUE, zorder=3)
    axes.axvline(1.0, color=style.INK, linewidth=1.0)
    style.tidy(axes, x="J of SGD / J of GD from the same initial weights (left of 1: SGD ends lower)")
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    ticks = [tick for tick in (TICKS if high < MANY * low else DECADES) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks(places, names)
    axes.set(xlim=(low, high), ylim=(len(known) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    hollow = style.dot("could be chance", "white", style.BLUE)
    style.legend(
        made, [style.dot("differs (p < 0.05, Holm)", style.BLUE), hollow, style.line("95 % interval", style.GREY)]
    )
    return made


def transitions(tables: Sequence[pd.DataFrame], titles: Sequence[str]) -> Figure:
    """A Figure with a panel an objective: how many starts end at each optimum by GD (rows) and by SGD (columns).

    Optima at which GD never ends have no row, and those at which SGD never ends no column. Of more than MOST_OPTIMA rows or
    columns those where most starts end are drawn, and the title says of how many.

    Args:
        tables: counts, optima by their number, the lowest J first; at most MOST_PANELS are drawn.
        titles: of each.

    Raises:
        NothingToDraw: if there is none.
    """
    shown = list(zip(tables, titles, strict=True))[:MOST_PANELS]
    if not shown:
        raise style.NothingToDraw("no objective was minimized by both GD and SGD from enough common starts")
    made, places = style.grid(len(shown), 3, 3.9, 3.6)
    for axes, (table, title) in zip(places, shown, strict=True):
        rows, columns = _most(table, 1), _most(table, 0)
        _transition(axes, table.loc[rows, columns])
        ends = [f"optimum where {arm} ends" for arm in ("SGD", "GD")]
        counted = zip(ends, (columns, rows), (table.any(axis=0), table.any(axis=1)), strict=True)
        style.tidy(
            axes, fit.plain(title), *(f"{name}{_of(len(drawn), int(used.sum()))}" for name, drawn, used in counted)
        )
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(length=0)
    return made


def _most(table: pd.DataFrame, axis: Literal[0, 1]) -> list[str]:
    """The rows (axis 1) or columns (axis 0) with the largest counts, in their order; none without any."""
    counts = table.sum(axis=axis)
    largest = counts[counts > 0].sort_values(ascending=False, kind="stable").index[:MOST_OPTIMA]
    return [name for name in counts.index if name in largest]


def _of(drawn: int, n: int) -> str:
    return f" ({drawn} of {n})" if drawn < n else ""


def _transition(axes: Axes, table: pd.DataFrame) -> None:
    """The counts of one objective, bold where both end at the same optimum."""
    counts = table.to_numpy()
    ramp = style.ramp(style.BLUE)
    most = max(int(counts.max()), 1)
    axes.imshow(ramp[np.round(counts / most * (style.LEVELS - 1)).astype(int)], interpolation="nearest")
    for i, j in zip(*np.nonzero(counts), strict=True):
        weight = "bold" if table.index[i] == table.columns[j] else "normal"
        axes.text(
            j, i, f"{counts[i, j]}", ha="center", va="center", fontsize=style.SMALL, color=style.INK, fontweight=weight
        )
    axes.set_xticks(range(counts.shape[1]), list(table.columns))
    axes.set_yticks(range(counts.shape[0]), list(table.index))
