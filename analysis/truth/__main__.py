"""The truths from outside, run as experiments: `python -m analysis.truth`, or `python -m analysis.truth T4 T7` for some.

Each claim is printed with its source, what is expected, what was found, and whether it passed. Where no truth is left out, the
table goes to docs/truths.md, and a shorter one into the README. Leaves with 1 if a claim failed. The runs go into
runs/truth/ and are not trained twice.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import asked
from analysis.experiment import Experiment, Finding
from analysis.terminal import console
from analysis.truth import (
    convex,
    deep_linear,
    lecture,
    linear_net,
    matching,
    one_neuron,
    separable,
    teacher,
    trajectories,
    xor_origin,
    xor_plateaus,
)
from nnexp.errors import unknown

TRUTHS = {
    "T1": convex,
    "T2": separable,
    "T3": linear_net,
    "T4": one_neuron,
    "T5": xor_plateaus,
    "T6": xor_origin,
    "T7": teacher,
    "T8": deep_linear,
    "T9": matching,
    "T10": trajectories,
    "T11": lecture,
}
PAGE = Path(__file__).parents[2] / "docs" / "truths.md"
README, START, STOP = PAGE.parents[1] / "README.md", "<!-- truths: by make truth -->\n", "<!-- end -->"
INTRODUCTION = """\
# Truths from outside

Theorems, published figures and exact arithmetic, each run as an experiment from `conf/sweep/truth/` by `make truth`, which
writes this page. Nothing here is loosened to pass, and what was found is what the experiment gave. Roundings, such as
`to 2e-15`, differ from one kind of processor to another, since matrix products do.
"""
"""What stands above the table."""


@dataclass(frozen=True)
class Row:
    """A finding with the truth it belongs to."""

    truth: str
    source: str
    finding: Finding

    def cells(self) -> list[str]:
        """What the table says in each column."""
        f = self.finding
        return [self.truth, f.claim, self.source, f.expected, f.found, "pass" if f.passed else "FAIL"]


def main(given: Sequence[str] | None = None) -> None:
    """Run the truths that are asked for; leaves with 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m analysis.truth", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("truths", nargs="*", help=f"some of {', '.join(TRUTHS)}; all, unasked")
    parser.add_argument("--seeds", type=int, help="how many seeds, in place of those in the experiments' files")
    parser.add_argument("--runs-dir", default="runs/truth", help="the folder for their runs")
    said = parser.parse_args(given)
    for name in said.truths:
        if name not in TRUTHS:
            raise unknown("truth", name, TRUTHS)
    whole = not said.truths and said.seeds is None
    rows = list(table(Experiment("truth", Path(said.runs_dir), said.seeds), said.truths or list(TRUTHS), _told))
    if whole:
        PAGE.write_text(markdown(rows), encoding="utf-8")
        before, _, rest = README.read_text(encoding="utf-8").partition(START)
        README.write_text(before + START + short(rows) + STOP + rest.partition(STOP)[2], encoding="utf-8")
    failed = [row for row in rows if not row.finding.passed]
    console.print(
        f"{len(rows) - len(failed)} of {len(rows)} claims hold{f'; table: docs/{PAGE.name}' if whole else ''}"
    )
    if failed:
        sys.exit(1)


def table(
    experiment: Experiment, truths: Sequence[str], tell: Callable[[Row, float], None] = lambda row, seconds: None
) -> Iterator[Row]:
    """Every row of these truths, told one by one with the seconds since the one before."""
    for truth in truths:
        started = time.monotonic()
        for finding in TRUTHS[truth].findings(experiment):
            row = Row(truth, TRUTHS[truth].SOURCE, finding)
            tell(row, time.monotonic() - started)
            yield row
            started = time.monotonic()


def _told(row: Row, seconds: float) -> None:
    """Print a row: the claim with its source, then expected and found one below the other."""
    truth, claim, source, expected, found, verdict = row.cells()
    console.print(f"{truth:<4} {verdict}  {claim} ({source}), {seconds:.0f} s")
    console.print(f"{'':11}expected {expected}\n{'':11}found    {found}")


def markdown(rows: Sequence[Row]) -> str:
    """The page with the table."""
    head = ["| | claim | source | expected | found | |", "|---|---|---|---|---|---|"]
    return "\n".join([INTRODUCTION, *head, *(_line(row) for row in rows)]) + "\n"


def short(rows: Sequence[Row]) -> str:
    """The table for the README, a line a truth: its claim, its source, how many findings hold."""
    lines = ["| | truth | source | holds |", "|---|---|---|---|"]
    for truth in dict.fromkeys(row.truth for row in rows):
        module, passed = TRUTHS[truth], [row.finding.passed for row in rows if row.truth == truth]
        claim = (module.__doc__ or "").splitlines()[0].removeprefix(f"{truth}: ")
        lines.append(f"| {truth} | {claim} | {module.SOURCE} | {sum(passed)} of {len(passed)} |")
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in row.cells())} |"


if __name__ == "__main__":
    asked.door(main)
