"""The report of a sweep: `python -m analysis.report optima`, or without a name for the newest sweep.

One HTML page, which needs nothing beside it, goes to runs/analysis/<sweep>/report.html: what was asked, what was found, in
words, tables and pictures, each with the runs that it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

import nnexp
from analysis import arms, asked, causes
from analysis.between import LARGEST, MOST_OPTIMA, Between, between
from analysis.objectives import Minimized, close_look, objectives, together
from analysis.report import duels, gallery, glossary, keys, landscape, optima, question, spread
from analysis.report.made import made, short
from analysis.report.page import Section, Source, render
from analysis.report.summary import summary
from analysis.terminal import console
from nnexp import origin
from nnexp.config import recorded
from nnexp.errors import UserError
from nnexp.optima import seeds
from nnexp.records import SweepRecord


def main(given: Sequence[str] | None = None) -> None:
    """Write the report of the sweep that is asked for."""
    name, runs_dir = asked.arguments("analysis.report", "a sweep's report, one HTML page", given)
    sweep = asked.read(name, runs_dir)
    file = report(sweep)
    console.print(f"report: {file}")
    _show(sweep.record, runs_dir)


def _show(record: SweepRecord, runs_dir: str) -> None:
    """Keep the page in MLflow too, where the sweep is tracked."""
    if recorded(record.config[-1]).tracking.store == "mlflow":
        try:
            nnexp.sync(record.id, runs_dir)
        except UserError as error:
            console.print(f"the report is not in MLflow: {error}", soft_wrap=True)


def report(sweep: asked.Asked) -> Path:
    """The file that was written; says in short what it holds."""
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        page, said = _page(sweep)
    console.print(*said, sep="\n")
    sweep.folder.mkdir(parents=True, exist_ok=True)
    file = sweep.folder / "report.html"
    file.write_text(page, encoding="utf-8")
    return file


def _page(sweep: asked.Asked) -> tuple[str, list[str]]:
    """The page, and the sentences of its summary."""
    found = objectives(sweep.runs)
    runs, varying = together(found), seeds.varying(sweep.runs)
    close = close_look(found, MOST_OPTIMA, LARGEST)
    lies = between(close) if close is not None else None
    fought, crossed = arms.duels(found), causes.crossings(sweep.runs)
    sections = [
        question.section(sweep.record, sweep.runs, varying),
        optima.ends(found, runs),
        optima.optima(found, sweep.runs),
        *_closer(close, lies, _goal(sweep)),
        keys.section(runs, varying),
        duels.section(fought),
        spread.section(crossed),
        glossary.section(),
    ]
    said = summary(found, runs, lies, fought, crossed)
    source = Source(
        {each.number: (each.name, list(each.runs["run"])) for each in found},
        made(sweep.record),
        short(origin.commit()[0]),
    )
    name, asks = sweep.record.name, sweep.record.question or "No question was asked."
    return render(f"The sweep {name}", asks, said, sections, source), said


def _goal(sweep: asked.Asked) -> float | None:
    """The probability unseen at which the sweep was to stop spending seeds, where it said one."""
    until = sweep.record.config[-1].get("until")
    return None if until is None else float(str(until).rpartition("<")[2])


def _closer(close: Minimized | None, lies: Between | None, goal: float | None) -> list[Section]:
    return [gallery.section(close, goal), landscape.section(lies)] if close is not None and lies is not None else []


if __name__ == "__main__":
    asked.door(main)
