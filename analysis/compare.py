"""The seeds of a sweep compared: `python -m analysis.compare optima`, or without a name for the newest sweep.

Tables go to the terminal and as CSV, figures as PNG, to runs/analysis/<sweep>/; what cannot be made is said in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis import asked, duel, pictures, tables
from analysis.terminal import console, show, show_seeds
from nnexp.figures.pairing import pairs

DPI = 130


def main(given: Sequence[str] | None = None) -> None:
    """Compare the seeds of the sweep that is asked for."""
    name, runs_dir = asked.arguments("analysis.compare", "the seeds of a sweep compared", given)
    compare(asked.read(name, runs_dir))


def compare(sweep: asked.Asked) -> list[Path]:
    """Every file that was written; says on the way what was found, and where it is."""
    runs, record = sweep.runs, sweep.record
    console.print(f"{record.name}: {record.question or 'no question was asked'}\n{tables.statuses(runs)}")
    if len(runs) < len(record.runs):
        console.print(f"{len(record.runs) - len(runs):,} runs that were asked for are not on record yet")
    sweep.folder.mkdir(parents=True, exist_ok=True)
    written = [*_seeds(runs, sweep.folder), *_duel(runs, sweep.folder)]
    for file in pictures.pictures(runs):
        written += _draw(runs, sweep.folder / file)
    return written


def _seeds(runs: pd.DataFrame, folder: Path) -> list[Path]:
    table = tables.distribution(runs)
    console.print("\nFinal J over the seeds of each configuration, the lowest median first in each data set and loss")
    show_seeds(table, runs)
    console.print(tables.spread(table))
    return [_written(table, folder / "distribution.csv")]


def _duel(runs: pd.DataFrame, folder: Path) -> list[Path]:
    found = pairs(runs)
    console.print("\nGD beside SGD")
    if found.empty:
        console.print("no two runs differ only in gd and sgd; a sweep with optimizer=[gd,sgd] compares them")
        return []
    show(duel.summary(found).drop(columns=["evaluations_gd", "evaluations_sgd"]))
    console.print(duel.verdict(found))
    return [_written(duel.table(found), folder / "gd_beside_sgd.csv")]


def _written(table: pd.DataFrame, file: Path) -> Path:
    table.to_csv(file, index=False)
    console.print(f"table: {file}\n")
    return file


def _draw(runs: pd.DataFrame, file: Path) -> list[Path]:
    """The file of a figure, or none, said in words."""
    made = pictures.picture(file.name, runs)
    if isinstance(made, str):
        console.print(f"no {file.name}: {made}")
        return []
    made.savefig(file, dpi=DPI)
    console.print(f"figure: {file}")
    return [file]


if __name__ == "__main__":
    asked.door(main)
