"""The table of faults: what was done to a sweep, how often, what had to hold, and whether it did."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

HEAD = ("what was done", "times", "what must hold", "held", "seen")
COMMAND = "make faults"


@dataclass(frozen=True)
class Row:
    """A line of the table.

    done: the fault. times: how often it was done. must: what has to hold each time. held: how often it did.
    seen: the figures, in a few words.
    """

    done: str
    times: int
    must: str
    held: int
    seen: str = ""

    @property
    def cells(self):
        return (self.done, f"{self.times:,}", self.must, f"{self.held:,}", self.seen)


def show(title, rows):
    """Print the rows of an area."""
    table = Table(*HEAD, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row.cells, style=None if row.held == row.times else "red")
    Console().print(table)


def markdown(areas):
    """The page: a table for each area, by its title."""
    lines = [
        "# Faults, and what a sweep makes of them",
        "",
        f"Made by `{COMMAND}`, which does all of this to real sweeps.",
    ]
    for title, rows in areas.items():
        lines += ["", f"## {title}", "", f"| {' | '.join(HEAD)} |", f"|{' --- |' * len(HEAD)}"]
        lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row.cells)} |" for row in rows]
    return "\n".join(lines) + "\n"
