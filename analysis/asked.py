"""Which sweep is asked for, on the command line or in the environment, and where does what is made of it go?"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from nnexp import door as way_in
from nnexp.errors import UserError
from nnexp.frames import frame
from nnexp.records import Records, SweepRecord


@dataclass(frozen=True)
class Asked:
    """A recorded sweep with its runs.

    record: what was asked for; runs: those on record, one row each, with curves; folder: for what is made of them.
    """

    record: SweepRecord
    runs: pd.DataFrame
    folder: Path


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see python -m {self.prog} --help")


def arguments(program: str, what: str, given: Sequence[str] | None, elsewhere: bool = True) -> tuple[str | None, str]:
    """The sweep's name, None for the newest, and the folder of everything that is made, which may be `elsewhere`.

    Raises:
        UserError: if there is an argument that is not known.
    """
    found = parser(program, what, elsewhere).parse_args(given)
    return found.sweep or None, found.runs_dir


def parser(program: str, what: str, elsewhere: bool = True) -> argparse.ArgumentParser:
    """What reads these two, to which more may be added."""
    made = _Parser(prog=program, description=what)
    made.add_argument(
        "sweep", nargs="?", default=os.environ.get("SWEEP"), help="its name; unasked, $SWEEP or the newest"
    )
    made.set_defaults(runs_dir="runs")
    if elsewhere:
        made.add_argument("--runs-dir", help="the folder of everything that is made; runs, unasked")
    return made


def read(sweep: str | None, runs_dir: str | Path) -> Asked:
    """The newest sweep of this name (of all, unasked) and its runs.

    Raises:
        UserError: if there is none, or none of its runs is on record yet.
    """
    store = Records(runs_dir)
    record = store.sweep(sweep)
    runs = frame(store, record.runs) if store.ids() & set(record.runs) else pd.DataFrame()
    if runs.empty:
        raise UserError(f"no run of the sweep {record.name} is on record yet; start it again and let it train some")
    return Asked(record, runs, store.root / "analysis" / record.name)


def door(main: Callable[[Sequence[str] | None], Any]) -> None:
    """Run a program; a refusal is one line on standard error and exit code 2."""
    way_in.door(lambda: main(None), "analysis")
