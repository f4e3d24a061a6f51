"""What the person at the terminal sees: progress, the summary, the next commands, one line where something is wrong."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import rich.console
from rich import box
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from nnexp.door import door, refuse, say_no_more
from nnexp.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from nnexp.files import Aside
    from nnexp.pipeline import Outcome
    from nnexp.plan import Plan

__all__ = ["Bar", "Console", "Parser", "console", "door", "refuse", "report", "synced", "verdicts"]

MOST_ROWS = 24


class Console(rich.console.Console):
    """What is said at the terminal; where nobody reads on, as behind `head`, the work goes on unheard."""

    def on_broken_pipe(self) -> None:
        """Say no more."""
        self.quiet = True
        say_no_more()


console = Console(highlight=False, markup=False)


class Parser(argparse.ArgumentParser):
    """A parser of arguments that refuses in one line, as everything is refused."""

    def error(self, message: str) -> NoReturn:
        """Refuse what was asked."""
        raise UserError(f"{message}; see {self.prog} --help")


class Bar:
    """A watcher that shows what is done, how fast, and the time left."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeElapsedColumn(),
            TextColumn("gone,"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console,
            refresh_per_second=4,
        )
        self._tasks: dict[str, TaskID] = {}
        self._planned = False
        self._aside: set[Aside] = set()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._tasks:
            self._progress.stop()

    def planned(self, plan: Plan, missing: int) -> None:
        """Say what will be done."""
        if missing or not self._planned:
            runs, configurations = f"{len(plan.runs):,} runs", _counted(len(plan.configurations), "configuration")
            console.print(f"{plan.sweep.name}: {configurations}, {runs}, {missing:,} to train{_long(plan, missing)}")
        if missing:
            self._show("training", "runs", missing, 0)
        elif not self._planned:
            console.print("every run is on record: nothing is trained")
        self._planned = True

    def trained(self, runs: int) -> None:
        """Move the bar of runs."""
        task = self._progress.tasks[self._tasks["training"]]
        self._show("training", "runs", task.total or 0, int(task.completed) + runs)

    def judged(self, done: int, of: int) -> None:
        """Move the bar of endpoints."""
        self._show("judging", "endpoints", of, done)

    def drawn(self, done: int, of: int) -> None:
        """Move the bar of a picture's pixels."""
        self._show("training", "pixels", of, done)

    def tracked(self, done: int, of: int) -> None:
        """Move the bar of what is shown in MLflow."""
        self._show("tracking", "entries", of, done)

    def _show(self, what: str, unit: str, total: float, done: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total, unit=unit)
            self._progress.start()
        task = self._tasks[what]
        self._progress.update(task, completed=done, total=total)
        speed = self._progress.tasks[task].finished_speed or self._progress.tasks[task].speed
        self._progress.update(task, unit=f"{unit}, {speed:,.0f} a second" if speed else unit)

    def tracked_slowly(self, why: str) -> None:
        """Say why MLflow is not written the quick way."""
        console.print(f"MLflow is written through its client, entry by entry: {why}", soft_wrap=True)

    def not_tracked(self, why: str) -> None:
        """Say that MLflow could not be written, and that nothing is lost."""
        console.print(
            f"not tracked: {why}; the records are whole, and make sync, or the same command, tries again",
            soft_wrap=True,
        )

    def waiting(self) -> None:
        """Say that another sweep comes first."""
        console.print("another sweep is training into the same folder; waiting until it has finished", soft_wrap=True)

    def set_aside(self, files: Sequence[Aside]) -> None:
        """Say which files could not be trusted, each once."""
        for file in files:
            if file not in self._aside:
                console.print(str(file), soft_wrap=True)
        self._aside.update(files)


def _long(plan: Plan, missing: int) -> str:
    """How long training may take, where that is hours or more."""
    hours = plan.seconds * missing / len(plan.runs) / 3600
    return (
        "" if hours < 1 else f": about {hours:,.0f} hours of work for one core, if no run is over before its last step"
    )


def report(outcome: Outcome) -> None:
    """What came of a sweep: the table of configurations, every failed run with its reason, what to type next."""
    from nnexp.optima import seeds

    runs = outcome.frame(curves=False)
    _show(seeds.configurations(runs).drop(columns="configuration"))
    for line in seeds.failures(runs):
        console.print(line, soft_wrap=True)
    if runs["endpoint"].notna().any():
        console.print(f"endpoints: {seeds.verdicts(runs)}", soft_wrap=True)
    if outcome.plan.sweep.until is not None:
        _unseen(outcome, outcome.plan.sweep.until)
    if outcome.tracked is not None:
        console.print(f"tracked in {outcome.tracked}", soft_wrap=True)
    _next_commands(outcome)


def _unseen(outcome: Outcome, until: float) -> None:
    """How far the seeds that were spent got, for each of the first configurations."""
    from nnexp import spending

    lines = spending.said(outcome.store, outcome.plan, until)
    for line in lines[:MOST_ROWS]:
        console.print(line, soft_wrap=True)
    if len(lines) > MOST_ROWS:
        console.print(f"... and {len(lines) - MOST_ROWS:,} further configurations")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def verdicts(name: str, runs: pd.DataFrame, judged: int) -> None:
    """What the judge found of a sweep's runs, and how many of them it had not seen before."""
    from nnexp.optima import seeds

    console.print(f"{name}: {judged:,} of {len(runs):,} runs judged now, the others before")
    console.print(f"endpoints: {seeds.verdicts(runs)}", soft_wrap=True)


def synced(done: Mapping[str, bool]) -> None:
    """Which sweeps MLflow shows now, and which it had shown before."""
    for name, written in done.items():
        console.print(f"{name}: {'brought up to date' if written else 'was up to date'}", soft_wrap=True)
    if not done:
        console.print("no sweep on record is tracked; name one, and it is shown")


def _show(table: pd.DataFrame) -> None:
    """The table of configurations, best first; of many, the first ones."""
    rows = [[_cell(name, value) for name, value in row.items()] for row in table.head(MOST_ROWS).to_dict("records")]
    shown = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    for i, name in enumerate(table.columns):
        header = str(name).replace("_", "\n").replace(".", "\n")
        shown.add_column(header, justify="right", overflow="fold", min_width=max(len(row[i]) for row in rows))
    for row in rows:
        shown.add_row(*row)
    first = next(str(name) for name in table.columns if str(name).startswith("median")).replace("_", " ")
    console.print(f"{len(rows)} of {_counted(len(table), 'configuration')}, best {first} first", soft_wrap=True)
    console.print(shown)


def _next_commands(outcome: Outcome) -> None:
    """What to type next: make's targets where they would find the sweep, else what the installed package offers."""
    name, folder = outcome.record.name, outcome.plan.sweep.runs_dir
    usual = folder == "runs"
    load = f"nnexp.load({name!r})" if usual else f"nnexp.load({name!r}, runs_dir={folder!r})"
    look = "python -m nnexp.tracking" if usual else f"python -m nnexp.tracking ui --runs-dir {shlex.quote(folder)}"
    commands = {
        look: "curves and decision boundaries in MLflow",
        f'python -c "import nnexp; print({load})"': "as a frame",
    }
    if usual and Path("Makefile").is_file():
        commands = {
            "make ui": "curves and decision boundaries in MLflow",
            f"make report SWEEP={name}": "the optima, how often each is reached, what lies between: one page",
            f"make compare SWEEP={name}": "the seeds compared: tables and figures",
            f"make notebooks SWEEP={name}": "the same, to read and change",
        }
    if outcome.tracked is None or outcome.tracked.server:
        commands = {command: what for command, what in commands.items() if "MLflow" not in what}
    console.print("next:")
    for command, what in commands.items():
        console.print(f"  {command:<32} {what}", soft_wrap=True)


def _cell(name: object, value: object) -> str:
    if isinstance(value, float):
        percent = str(name).endswith("error")
        exact = f"{value:.3f}" if str(name).endswith("loss") and 1e-3 <= value < 1e3 else f"{value:.3g}"
        return "" if value != value else f"{value:.1%}" if percent else exact
    return "" if value is None else str(value)
