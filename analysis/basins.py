"""Which optimum is reached from which initial weights: `python -m analysis.basins xor_minima`, a plane of 300 x 300 runs.

The plane goes through what a run started from, along two of its parameters, and every pixel is a run of the same configuration.
The picture goes to runs/analysis/<sweep>/basins.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from analysis import asked
from analysis.terminal import console
from nnexp.errors import UserError
from nnexp.figures.basins import picture
from nnexp.frames import recall
from nnexp.planes import around, plane
from nnexp.terminal import Bar

LARGEST = 2000


def main(given: Sequence[str] | None = None) -> None:
    """Draw the plane that is asked for."""
    found = _parser().parse_args(given)
    sweep = asked.read(found.sweep or None, found.runs_dir)
    rows = sweep.runs if found.run is None else sweep.runs[sweep.runs["run"] == found.run]
    if rows.empty:
        raise UserError(
            f"run {found.run} is not of this sweep; its ids are in nnexp.load({sweep.record.name!r})['run']"
        )
    row = rows.iloc[0]
    run = recall(row)
    first, second = found.parameters
    _check(len(run.theta), found)
    field = around(run.configuration, int(row["seed"]), (first, second), found.reach, found.size)
    with Bar() as bar:
        made = plane(run.configuration, field, int(row["seed"]), told=bar.drawn)
    sweep.folder.mkdir(parents=True, exist_ok=True)
    file = sweep.folder / "basins.png"
    picture(made.basins, made.J).savefig(file, dpi=150)
    console.print(f"from run {row['run']} (seed {row['seed']}): {file}")


def _parser() -> argparse.ArgumentParser:
    parser = asked.parser("analysis.basins", "which optimum is reached from a plane of initial weights")
    parser.add_argument(
        "--run", help="the run whose initial weights the plane goes through; the sweep's first, unasked"
    )
    parser.add_argument(
        "--parameters", type=int, nargs=2, default=(0, 1), help="the two that vary, 0 being the first of theta"
    )
    parser.add_argument("--reach", type=float, default=4.0, help="they go from minus this to this")
    parser.add_argument("--size", type=int, default=300, help="pixels to a side")
    return parser


def _check(n: int, found: argparse.Namespace) -> None:
    """Refuse what makes no plane of a net with n parameters."""
    first, second = found.parameters
    if first == second or not (0 <= first < n and 0 <= second < n):
        raise UserError(f"--parameters {first} {second} are not two parameters of this net; give two of 0 to {n - 1}")
    if not 2 <= found.size <= LARGEST:
        raise UserError(f"--size {found.size} cannot be drawn; give 2 to {LARGEST:,} pixels to a side")
    if not 0.0 < found.reach < float("inf"):
        raise UserError(f"--reach {found.reach} is no width of a plane; give a number above 0")


if __name__ == "__main__":
    asked.door(main)
