"""What the person at the terminal sees: sentences, short tables, where each file went."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich import box
from rich.table import Table

from nnexp.figures.losses import ALIKE
from nnexp.optima import seeds
from nnexp.terminal import Console

MOST_ROWS = 24
WORDS = "configuration"

console = Console(highlight=False, markup=False, soft_wrap=True)


def show(table: pd.DataFrame) -> None:
    """Print a table as it is: no number is cut; where the terminal is narrow, words are wrapped."""
    rows = [[_cell(name, value) for name, value in row.items()] for row in table.to_dict("records")]
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for i, name in enumerate(table.columns):
        words = name == WORDS
        widest = 0 if words else max(len(row[i]) for row in rows)
        shown.add_column(
            name if words else name.replace("_", "\n"), justify="left" if words else "right", min_width=widest
        )
    for row in rows:
        shown.add_row(*row)
    console.print(shown, soft_wrap=False)


def show_seeds(table: pd.DataFrame, runs: pd.DataFrame) -> None:
    """Print what matters most of the table of configurations: of each data set and loss the first rows."""
    said = seeds.names(runs)
    kept = ["runs", "diverged", "best_J", "median_J", "worst_J", "median_test_error"]
    first = table.groupby(ALIKE, sort=False).head(max(4, MOST_ROWS // len(table[ALIKE].drop_duplicates())))
    words = [said[configuration] or "the only one" for configuration in first["configuration"]]
    show(first[kept].assign(**{WORDS: words}))
    if len(first) < len(table):
        console.print(f"{len(first)} of {len(table)} configurations; all of them are in the file")


def _cell(name: Any, value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return (
            f"{value:.1%}" if str(name).endswith("error") else f"{value:,.0f}" if 1e4 <= value < 1e9 else f"{value:.3g}"
        )
    return f"{value:,}" if isinstance(value, int) else str(value)
