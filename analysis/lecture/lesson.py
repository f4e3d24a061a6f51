"""A row of the lecture whose sweeps have been run: its figures, its claims, and what they came from."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.experiment import Endpoints, Experiment, Finding
from analysis.lecture.row import Row, rows
from nnexp.__main__ import conf_dir
from nnexp.errors import unknown
from nnexp.records import default_dir

FOLDER = "lecture"


@dataclass(frozen=True)
class Lesson:
    """A row with the endpoints of its sweeps, a list of configurations each."""

    row: Row
    ends: tuple[list[Endpoints], ...]

    @functools.cached_property
    def figures(self) -> list[Figure]:
        """Its figures."""
        with np.errstate(all="ignore"):
            return [drawing.figure(*self.ends) for drawing in self.row.drawings]

    @functools.cached_property
    def findings(self) -> list[Finding]:
        """Its claims, with what was found."""
        with np.errstate(all="ignore"):
            return list(self.row.claims(*self.ends))

    @property
    def holds(self) -> bool:
        """Whether every claim does."""
        return all(finding.passed for finding in self.findings)

    def table(self) -> pd.DataFrame:
        """One row a claim."""
        cells = [(f.claim, f.expected, f.found, f.passed) for f in self.findings]
        return pd.DataFrame(cells, columns=["claim", "expected", "found", "holds"])

    @property
    def runs(self) -> list[str]:
        """The ids of the runs that it comes from."""
        return list(dict.fromkeys(run for sweep in self.ends for ends in sweep for run in ends.runs["run"]))

    @property
    def config(self) -> str:
        """What was asked for: the files of its sweeps."""
        files = [conf_dir() / "sweep" / FOLDER / f"{sweep}.yaml" for sweep in self.row.sweeps]
        return "\n".join(f"# conf/sweep/{FOLDER}/{file.name}\n{file.read_text(encoding='utf-8')}" for file in files)

    def metadata(self) -> dict[str, str]:
        """What a figure says of where it comes from, in its file."""
        return {"Title": f"{self.row.id}: {self.row.title}", "Runs": " ".join(self.runs), "Config": self.config}


@dataclass(frozen=True)
class Lecture:
    """The rows, each run when it is asked for, as in `Lecture()["L7"]`.

    runs_dir: the folder of everything that is made. seeds: how many each sweep of several seeds gets, in place of its own;
    by the sweep's name where it is a mapping. overrides: what else is said on the command line.
    """

    runs_dir: str | Path = field(default_factory=lambda: default_dir() / FOLDER)
    seeds: int | Mapping[str, int] | None = None
    overrides: tuple[str, ...] = ("tracking=none",)
    _made: dict[str, Lesson] = field(default_factory=dict, repr=False)

    def __getitem__(self, id: str) -> Lesson:
        """The row with this id, run.

        Raises:
            UserError: if there is none.
        """
        if id not in self._made:
            known = rows()
            if id not in known:
                raise unknown("row", id, known)
            self._made[id] = self._run(known[id])
        return self._made[id]

    def _run(self, row: Row) -> Lesson:
        return Lesson(row, tuple(self._ends(sweep) for sweep in row.sweeps))

    def _ends(self, sweep: str) -> list[Endpoints]:
        seeds = self.seeds.get(sweep) if isinstance(self.seeds, Mapping) else self.seeds
        return Experiment(FOLDER, Path(self.runs_dir), seeds, self.overrides).run(sweep)
