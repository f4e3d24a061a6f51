"""The lecture, row by row: `python -m analysis.lecture`, or `python -m analysis.lecture L7 L19` for some.

Runs what is not on record yet, draws, checks every claim, and writes one page that needs nothing beside it: index.html of
all rows, L7-L19.html of those, in runs/lecture/, with a PNG file of each figure in figures/. Leaves with 1 if a claim failed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from analysis import asked, notebooks
from analysis.lecture.lesson import FOLDER, Lecture, Lesson
from analysis.lecture.page import write
from analysis.lecture.row import rows
from analysis.terminal import console
from nnexp.errors import unknown


def main(given: Sequence[str] | None = None) -> None:
    """Make the rows that are asked for; leaves with 1 if a claim failed."""
    said = _arguments(given)
    if said.notebook:
        notebooks.check_installed()
    known = rows()
    for id in said.rows:
        if id not in known:
            raise unknown("row", id, known)
    lecture = Lecture(said.runs_dir, said.seeds, ("tracking=mlflow" if said.track else "tracking=none",))
    lessons = [_made(lecture, id) for id in said.rows or known]
    page = write(lessons, Path(said.runs_dir), whole=not said.rows)
    held = [finding.passed for lesson in lessons for finding in lesson.findings]
    console.print(f"{sum(held)} of {len(held)} claims hold; page: {page}")
    failed = notebooks.run(notebooks.FOLDER / f"{FOLDER}.ipynb", Path(said.runs_dir)) if said.notebook else []
    if failed:
        print(*failed, sep="\n", file=sys.stderr)
    if failed or not all(held):
        sys.exit(1)


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m analysis.lecture", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rows", nargs="*", help="some of L1 to L22; all, unasked")
    parser.add_argument("--seeds", type=int, help="how many seeds, in place of those in the sweeps of several seeds")
    parser.add_argument("--runs-dir", default=f"runs/{FOLDER}", help="the folder of everything that is made")
    parser.add_argument("--track", action="store_true", help="show the sweeps in MLflow too")
    parser.add_argument("--notebook", action="store_true", help="execute the notebook as well, on runs/lecture")
    return parser.parse_args(given)


def _made(lecture: Lecture, id: str) -> Lesson:
    """A row, run, drawn and checked, with a line that says so."""
    started = time.monotonic()
    lesson = lecture[id]
    figures, held = len(lesson.figures), sum(finding.passed for finding in lesson.findings)
    took = f"{figures} figure{'s' * (figures > 1)}, {time.monotonic() - started:.0f} s"
    console.print(f"{id:<4} {held} of {len(lesson.findings)} claims hold  {lesson.row.title}, {took}")
    for finding in lesson.findings:
        if not finding.passed:
            console.print(
                f"     FAIL {finding.claim}\n          expected {finding.expected}\n          found    {finding.found}"
            )
    return lesson


if __name__ == "__main__":
    asked.door(main)
