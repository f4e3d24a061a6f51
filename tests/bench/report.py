"""How are the results told: as tables on the terminal, and as a page of the docs?"""

import datetime
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench import machine
from bench.race import AGREEMENT, PEERS
from bench.workloads import WORKLOADS


@dataclass(frozen=True)
class Grid:
    """A table: its title, its columns' names, its rows."""

    title: str
    columns: list[str]
    rows: list[list[str]]

    def on(self, console):
        """Print it."""
        table = Table(title=self.title, title_justify="left", title_style="bold")
        for i, name in enumerate(self.columns):
            table.add_column(name, justify="right" if i else "left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self):
        """The same in Markdown."""
        align = ["---", *["---:"] * (len(self.columns) - 1)]
        lines = ["| " + " | ".join(row) + " |" for row in (self.columns, align, *self.rows)]
        return "\n".join([f"### {self.title}", "", *lines, ""])


def number(value):
    """Three significant digits, as people write them."""
    digits = f"{float(f'{value:.3g}'):,.6f}".rstrip("0").rstrip(".")
    return digits if value >= 0.001 else f"{value:.1g}"


def speed_grid(letter, results):
    """One workload: microseconds per run-step and ratio of each peer, by number of runs."""
    counts = sorted({result.runs for result in results})
    found = {(result.peer, result.runs): result for result in results}
    columns = ["", *(name for runs in counts for name in (f"{runs:,} run{'s' * (runs > 1)}", "ratio"))]
    peers = dict.fromkeys(result.peer for result in results)
    rows = [[peer, *cells(found, peer, counts)] for peer in peers]
    return Grid(
        f"{letter}: {WORKLOADS[letter].title}; microseconds per run-step", [*columns, "compiling, s", "chosen"], rows
    )


def cells(found, peer, counts):
    """A peer's row: time and ratio for each number of runs, then what belongs to the largest."""
    row = []
    for runs in counts:
        result = found[peer, runs]
        row += [number(result.microseconds), number(result.ratio)]
    largest = found[peer, counts[-1]]
    return [*row, f"{largest.compiling:.1f}" if largest.compiling else "", largest.note]


def goal_grid(goals):
    """What was wanted and what was reached."""
    rows = [[goal.wanted, goal.measured, "yes" if goal.reached else "no"] for goal in goals]
    return Grid("Goals", ["wanted", "measured", "reached"], rows)


def show(grid):
    """Print a table on the terminal."""
    grid.on(Console(width=None if Console().is_terminal else 150))


def page(grids, goals, command):
    """The whole page, in Markdown."""
    peers = "\n".join(f"- **{peer.NAME}**: {peer.ABOUT}" for peer in PEERS)
    return f"""# Benchmark

How long one step of one run takes: the same nets, from the same weights, on the same data in the same order, in float64.
`{command}` made this page on {datetime.date.today():%Y-%m-%d}, and nobody edits it by hand.

![Time of each peer per run-step, divided by nnexp's](bench.png)

- Machine: {machine.hardware()}; a matrix product (512 x 512) ran at {machine.matmul_speed():.0f} GFLOP/s.
- Versions: {machine.versions()}.
- Times are CPU time on one core with one thread, in microseconds per run and step: the median of turns that all peers take
  one after another. The ratio is to nnexp in the same turn: above 1 a peer is slower than nnexp, below 1 it is faster. On a
  machine that others use too, ratios hold better than times.
- Every call's final losses were compared with nnexp's, run by run: none was off by more than {AGREEMENT:g}.
- The order of the data was drawn beforehand for everyone but nnexp, which draws its own while it is timed, as it does its
  initial weights and J at both ends. Compiling is in no time; it has a column of its own, for the largest number of runs.
- Slow peers were timed on fewer runs or steps, since they repeat themselves: those that train run after run on some of the
  runs, nnexp without its kernels on 64 of them.
- Workload c stops at 16 runs: its nets are so large that a stack gains nothing more.
- scikit-learn cannot draw examples with replacement, so it is missing in d and e; it adds up its loss at every step besides.

{peers}

## Tables

{chr(10).join(grid.markdown() for grid in grids)}
{goal_grid(goals).markdown()}"""
