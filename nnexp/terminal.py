"""What the person at the terminal sees: progress, the summary, the next commands, one line where something is wrong."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import rich.console
from rich import box
from rich.measure import Measurement
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

__all__ = ["Bar", "Console", "Parser", "console", "door", "refuse", "report", "say", "synced", "verdicts"]

MOST_DATA = 4
"""Data sets that are described before training; all of them are on record."""

MOST_ROWS, MOST_TABLES = 24, 6
"""How many configurations are shown, and how many tables where they cannot be compared in one."""

WIDE = 80
"""On narrower terminals progress is shown without speed and time taken."""

SHORT = {"activation": "act.", "activations": "act.", "initializer": "init.", "optimizer": "opt.", "schedule": "sched."}
"""Words of column names that are shortened where a table is wider than the terminal."""


class Console(rich.console.Console):
    """What is said at the terminal; where nobody reads on, as behind `head`, the work goes on unheard."""

    def on_broken_pipe(self) -> None:
        """Say no more."""
        self.quiet = True
        say_no_more()


console = Console(highlight=False, markup=False)


def say(text: str) -> None:
    """Print lines of text, wrapped between words at a terminal; each on one line where they go to a file or a pipe."""
    for line in text.splitlines():
        whole = not console.is_terminal
        lines = [line] if whole else textwrap.wrap(line, console.width, break_long_words=False, break_on_hyphens=False)
        console.print("\n".join(lines), soft_wrap=True)


class Parser(argparse.ArgumentParser):
    """A parser of arguments that refuses in one line, as everything is refused."""

    def error(self, message: str) -> NoReturn:
        """Refuse what was asked."""
        raise UserError(f"{message}; see {self.prog} --help")


class Bar:
    """A watcher that shows what is done, how fast, and the time left."""

    def __init__(self) -> None:
        taken = (TimeElapsedColumn(), TextColumn("gone,")) if console.width >= WIDE else ()
        self._progress = Progress(
            TextColumn("{task.description:<8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            *taken,
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
            say(f"{plan.sweep.name}: {configurations}, {runs}, {missing:,} to train{_long(plan, missing)}")
        if not self._planned:
            for line in plan.data[: 2 * MOST_DATA]:
                say(line)
        if missing:
            self._show("training", "runs", missing, 0)
        elif not self._planned:
            say("every run is on record: nothing is trained")
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
        if console.width >= WIDE and speed:
            self._progress.update(task, unit=f"{unit}, {speed:,.0f} a second")

    def tracked_slowly(self, why: str) -> None:
        """Say why MLflow is not written the quick way."""
        say(f"MLflow is written through its client, entry by entry: {why}")

    def not_tracked(self, why: str) -> None:
        """Say that MLflow could not be written, and that nothing is lost."""
        say(f"not tracked: {why}; the records are whole, and make sync, or the same command, tries again")

    def waiting(self) -> None:
        """Say that another sweep comes first."""
        say("another sweep is training into the same folder; waiting until it has finished")

    def set_aside(self, files: Sequence[Aside]) -> None:
        """Say which files could not be trusted, each once."""
        for file in files:
            if file not in self._aside:
                say(str(file))
        self._aside.update(files)


def _long(plan: Plan, missing: int) -> str:
    """How long training may take, where that is hours or more."""
    hours = plan.seconds * missing / len(plan.runs) / 3600
    return (
        "" if hours < 1 else f": about {hours:,.0f} hours of work for one core, if no run is over before its last step"
    )


def report(outcome: Outcome) -> None:
    """Print what a sweep found: tables of configurations, every failed run with its reason, verdicts, what to type next."""
    from nnexp.optima import seeds

    runs = outcome.frame(curves=False)
    groups = seeds.comparable(runs)
    shown = sum(_ranking(group, max(4, MOST_ROWS // len(groups))) for group in groups[:MOST_TABLES])
    more = len(outcome.plan.configurations) - shown
    if more:
        where = f"make compare SWEEP={outcome.record.name}" if _has_targets(outcome) else _loading(outcome)
        say(f"{_counted(more, 'more configuration')}: {where}")
    for line in seeds.failures(runs):
        say(line)
    if outcome.plan.sweep.judge is not False:
        _endpoints(runs)
    if outcome.plan.sweep.until is not None:
        _unseen(outcome, outcome.plan.sweep.until, seeds.names(runs))
    if outcome.tracked is not None:
        say(f"tracked in {outcome.tracked}")
    _next_commands(outcome)


def _unseen(outcome: Outcome, until: float, names: pd.Series) -> None:
    """How far the seeds that were spent got, for each of the first configurations."""
    from nnexp import spending

    lines = spending.said(outcome.store, outcome.plan, until)
    for configuration, line in list(lines.items())[:MOST_ROWS]:
        say(f"{names[configuration]}: {line}" if names[configuration] else line)
    if len(lines) > MOST_ROWS:
        say(f"... and {_counted(len(lines) - MOST_ROWS, 'more configuration')}")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def verdicts(name: str, runs: pd.DataFrame, judged: int) -> None:
    """Print what the judge found of a sweep's runs, and how many of them it had not seen before."""
    say(f"{name}: {judged:,} of {len(runs):,} runs judged now, the others before")
    _endpoints(runs)


def _endpoints(runs: pd.DataFrame) -> None:
    """Print how often each verdict was given, and a line for each that has a remedy."""
    from nnexp.optima import seeds

    say(f"endpoints: {seeds.verdicts(runs)}")
    for verdict, remedy in seeds.remedies(runs).items():
        say(f"{verdict}: {remedy}")


def synced(done: Mapping[str, bool]) -> None:
    """Print which sweeps MLflow shows now, and which it had shown before."""
    for name, written in done.items():
        say(f"{name}: {'brought up to date' if written else 'was up to date'}")
    if not done:
        say("no sweep on record is tracked; name one, and it is shown")


def _ranking(runs: pd.DataFrame, most: int) -> int:
    """Print the first configurations of a ranking, and what all have in common; gives how many were printed."""
    from nnexp.optima import seeds

    table, measure = seeds.configurations(runs).drop(columns="configuration"), seeds.measure(runs)
    counted = _counted(len(table), "configuration")
    first = f"{min(most, len(table))} of {counted}, lowest median {measure.replace('_', ' ')} first"
    say(first + (", since losses or data sets differ" if measure in ("test_error", "test_rmse") else ""))
    say(f"the same in all: {seeds.shared(runs)}")
    one_count, table = table["runs"].nunique() == 1, table.head(most)
    alike = {"runs": one_count, "diverged": not table["diverged"].any()}
    _show(table.drop(columns=[name for name, left_out in alike.items() if left_out]))
    return len(table)


def _show(table: pd.DataFrame) -> None:
    """Print a table; one wider than the terminal has some names shortened, and is not cut where that does not suffice."""
    whole: Mapping[str, str] = {}
    for names in (whole, SHORT):
        shown = _table(table, names)
        shown.width = Measurement.get(console, console.options.update_width(10_000), shown).maximum
        if shown.width <= console.width or not console.is_terminal:
            break
    console.print(shown, soft_wrap=True)


def _table(table: pd.DataFrame, names: Mapping[str, str]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    for name in map(str, table.columns):
        words = name.replace("_", " ").replace(".", " ").split()
        shown.add_column("\n".join(names.get(word, word) for word in words), justify="right")
    for row in table.to_dict("records"):
        shown.add_row(*(_cell(name, value) for name, value in row.items()))
    return shown


def _next_commands(outcome: Outcome) -> None:
    """Print what to type next: make's targets where they would find the sweep, else what the installed package offers."""
    name, folder = outcome.record.name, outcome.plan.sweep.runs_dir
    look = "" if folder == "runs" else f" ui --runs-dir {shlex.quote(folder)}"
    commands = {
        f"{_python()} -m nnexp.tracking{look}": "curves and decision boundaries in MLflow",
        f"{_python()} -c {_quoted(f'import nnexp; print({_loading(outcome)})')}": "the runs as a pandas frame",
    }
    if _has_targets(outcome):
        commands = {
            "make ui": "curves and decision boundaries in MLflow",
            f"make report SWEEP={name}": "one page: the optima, how often each is reached",
            f"make compare SWEEP={name}": "tables and figures that compare the seeds",
            f"make notebooks SWEEP={name}": "the same as notebooks, to read and change",
        }
    if outcome.tracked is None or outcome.tracked.server:
        commands = {command: what for command, what in commands.items() if "MLflow" not in what}
    say("next:")
    longest = max(map(len, commands))
    beside = not console.is_terminal or max(longest + len(what) + 4 for what in commands.values()) <= console.width
    for command, what in commands.items():
        console.print(f"  {command:<{longest}}  {what}" if beside else f"  {what}:\n    {command}", soft_wrap=True)


def _has_targets(outcome: Outcome) -> bool:
    """Whether make's targets are there, and find the sweep."""
    return outcome.plan.sweep.runs_dir == "runs" and Path("Makefile").is_file()


def _loading(outcome: Outcome) -> str:
    """The Python expression that gives the sweep's runs."""
    folder = outcome.plan.sweep.runs_dir
    return f"nnexp.load({outcome.record.name!r}{'' if folder == 'runs' else f', runs_dir={folder!r}'})"


def _python() -> str:
    """How to call the Python that runs this, for a shell in this folder."""
    here = Path(sys.executable)
    if here.is_relative_to(Path.cwd()):
        return shlex.quote(str(here.relative_to(Path.cwd())))
    return "python" if shutil.which("python") == sys.executable else shlex.quote(sys.executable)


def _quoted(code: str) -> str:
    """Python code as one word of a shell, within double quotes where it can be."""
    return shlex.quote(code) if set(code) & set('"$`\\!') else f'"{code}"'


def _cell(name: object, value: object) -> str:
    if not isinstance(value, float):
        return "" if value is None else str(value)
    measure = str(name).rsplit("_", 1)[-1]
    exact = f"{value:.3f}" if measure == "loss" and 1e-3 <= value < 1e3 else f"{value:.3g}"
    shown = {"error": f"{value:.1%}", "rmse": f"{value:.4g}"}.get(measure, exact)
    return "" if value != value else shown
