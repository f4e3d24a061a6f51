"""How does J lie around where training ended: `python -m analysis.slices xor_minima`, three planes through the weights.

    slice_optima.png    through the three lowest optima of the run's objective, each the equal that lies nearest to the first
    slice_path.png      along the principal directions of the way that the run went, through where the polish landed
    slice_random.png    along two random directions, each unit's part as long as the unit's own weights

Each point that is drawn comes with its distance off the plane and its own J beside the plane's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import asked
from analysis.objectives import Minimized, objectives
from analysis.terminal import console
from nnexp.errors import UserError
from nnexp.figures.slices import plane
from nnexp.frames import recall
from nnexp.optima.between import slices
from nnexp.optima.between.slices import Slice
from nnexp.optima.distinct.matching import match

Array = NDArray[np.float64]
Drawn = tuple[str, Slice, Array, list[str], Array | None]
"""The name of a picture, its plane, the points on it (points, parameters), what they are called, and a path."""

DPI, LARGEST = 150, 500


def main(given: Sequence[str] | None = None) -> None:
    """Draw the slices that are asked for."""
    parser = asked.parser("analysis.slices", "J on planes through the weights")
    parser.add_argument("--run", help="the run that they are about; the sweep's first that was judged, unasked")
    parser.add_argument("--size", type=int, default=121, help="places along each direction")
    parser.add_argument("--seed", type=int, default=0, help="of the random directions")
    found = parser.parse_args(given)
    if not 2 <= found.size <= LARGEST:
        raise UserError(f"--size {found.size} cannot be drawn; give 2 to {LARGEST} places")
    sweep = asked.read(found.sweep or None, found.runs_dir)
    minimized, row = _chosen(sweep.runs, found.run)
    sweep.folder.mkdir(parents=True, exist_ok=True)
    console.print(f"run {row['run']} (seed {row['seed']}), {minimized.words}")
    for drawn in _slices(minimized, row, found.seed):
        console.print(str(_draw(minimized, drawn, found.size, sweep.folder)))


def _chosen(runs: pd.DataFrame, run: str | None) -> tuple[Minimized, pd.Series]:
    """The run, by its id or the first that was judged, and the objective that it minimizes."""
    for each in objectives(runs):
        judged = each.runs[each.runs["polished_J"].notna()]
        rows = judged if run is None else judged[judged["run"] == run]
        if len(rows):
            return each, rows.iloc[0]
    raise UserError(f"run {run} is not of this sweep, or was not judged; nnexp.load(...)['run'] has the ids")


def _slices(minimized: Minimized, row: pd.Series, seed: int) -> Iterator[Drawn]:
    run, landed = recall(row), np.asarray(row["polished_theta"], dtype=np.float64)
    optima = minimized.found.optima[:3]
    if len(optima) == 3:
        group = minimized.recalled.objective.network
        equals = [optima[0].theta, *(match(group, optima[0].theta, each.theta).theta for each in optima[1:])]
        names = [f"optimum {place}" for place in range(1, 4)]
        yield "slice_optima", slices.through(np.array(equals)), np.array(equals), names, None
    path = np.reshape(row["snapshots"], (-1, len(run.theta)))
    path = path[np.isfinite(path).all(axis=1)]
    ends = np.array([path[0], run.theta, landed]) if len(path) else np.array([run.theta, landed])
    names = ["start", "stopped", "polished"][-len(ends) :]
    if len(path) > 2:
        yield "slice_path", slices.principal(path, origin=landed), ends, names, path
    yield "slice_random", slices.random(run.objective.network, landed, np.random.default_rng(seed)), ends, names, None


def _draw(minimized: Minimized, drawn: Drawn, size: int, folder: Path) -> Path:
    name, on, points, names, path = drawn
    made = minimized.recalled.configuration
    shown = slices.seen(minimized.recalled.objective, on, points, made.l2, made.l1)
    around = shown.t if path is None else np.concatenate([shown.t, on.place(path)])
    limits = slices.limits(around) if name != "slice_random" else ((-1.0, 1.0), (-1.0, 1.0))
    relief = slices.relief(minimized.recalled.objective, on, limits, size, made.l2, made.l1)
    file = folder / f"{name}.png"
    plane(relief, shown, names, [on.place(path)] if path is not None else ()).savefig(file, dpi=DPI)
    return file


if __name__ == "__main__":
    asked.door(main)
