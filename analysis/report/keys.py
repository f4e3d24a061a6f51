"""What do depth, width, activation, loss, step size and the like change in the optima, all else equal?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.report.page import Part, Picture, Section, Table, Words
from nnexp.figures.effects import effects
from nnexp.figures.style import NothingToDraw
from nnexp.optima.distinct import rungs

TITLE = "What changes the optima"
HEADINGS = {
    "groups": "compared in",
    "optima": "optima reached",
    "at_optimum": "at an optimum (share)",
    "lowest": "at the lowest (share)",
    "excess": "J above the lowest known (share)",
    "test_error": "test error",
    "test_loss": "test loss",
}
HOW = (
    "Every value of a key is set beside its other values with all other keys equal; 'compared in' says in how many such "
    "groups. Numbers are medians over the groups. J of different losses, penalties or data cannot be compared, which is why "
    "it is told above the lowest known of its own objective; where losses vary, no test loss is told either."
)


def section(runs: pd.DataFrame, keys: Sequence[str]) -> Section:
    """The effect of each key in a table and a picture.

    Args:
        runs: with the columns of `nnexp.optima.distinct.rungs`.
        keys: those that vary.
    """
    table = rungs.configurations(runs, keys)
    found = rungs.effects(table, keys)
    try:
        figure = effects(table, keys)
    except NothingToDraw as reason:
        return Section("keys", TITLE, [Words(f"{reason}.")])
    rows = found.assign(key=found["key"].str.replace("_", " ")).rename(columns=HEADINGS)
    alt = "Optima reached, share at the lowest and test error of each configuration, by " + ", ".join(keys)
    parts: list[Part] = [
        Table(rows, "The effect of each key, all else equal."),
        Picture(
            figure,
            alt,
            "The same, configuration by configuration: optima reached, share of runs at the lowest, median test error.",
        ),
    ]
    return Section("keys", TITLE, [Words(HOW), *parts])
