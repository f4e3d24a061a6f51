"""What do depth, width, activation and the like change in the optima, all else equal?

A dot is a configuration; a column of dots is one value of a key, and every column of a key has the same values of all other
keys beside it, so that columns may be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnexp.figures import style
from nnexp.figures.losses import heaped
from nnexp.optima.distinct import rungs

SHOWN = {
    "optima": "distinct optima",
    "lowest": "share at the lowest",
    "test_error": "0-1 test error",
}


def effects(table: pd.DataFrame, keys: Sequence[str]) -> Figure:
    """A Figure with a row a measure and a panel a key.

    Args:
        table: as `nnexp.optima.distinct.rungs.configurations` gives it.
        keys: those that vary.

    Raises:
        NothingToDraw: if no key can be compared, all else equal.
    """
    beside = {key: rungs.beside(table, key, [other for other in keys if other != key]) for key in keys}
    compared = {key: part for key, part in beside.items() if len(part)}
    shown = {measure: said for measure, said in SHOWN.items() if table[measure].notna().any()}
    if not compared:
        raise style.NothingToDraw("no two configurations differ in one key alone, so that no key's effect can be told")
    made = style.figure(2.0 + 1.9 * len(compared), 0.5 + 2.3 * len(shown))
    places = made.subplots(len(shown), len(compared), squeeze=False, sharey="row")
    for row, (measure, said) in enumerate(shown.items()):
        for column, (key, part) in enumerate(compared.items()):
            _strips(places[row, column], part, key, measure)
            style.tidy(places[row, column], "" if row else key.replace("_", " "), y="" if column else said)
    style.legend(made, [style.dot("a configuration", style.BLUE), style.line("median", style.INK, width=2.5)])
    return made


def _strips(axes: Axes, part: pd.DataFrame, key: str, measure: str) -> None:
    """A column of dots for each value of the key, with its median."""
    values = sorted(part[key].unique())
    for place, value in enumerate(values):
        y = part.loc[part[key] == value, measure].dropna().sort_values().to_numpy()
        axes.scatter(place + 0.9 * heaped(y), y, s=14, color=style.BLUE, alpha=0.4, linewidths=0)
        if len(y):
            axes.hlines(y[(len(y) - 1) // 2], place - 0.42, place + 0.42, color=style.INK, linewidth=2.5)
    names = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    axes.set_xticks(range(len(values)), names, rotation=30 if max(map(len, names)) > 5 else 0)
    axes.set_xlim(-0.7, len(values) - 0.3)
