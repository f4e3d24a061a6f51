"""Draw a run on record: its net, what its units compute, and what it said through training, as pictures and as a film.

python -m nnexp.figures RUN_ID [--runs-dir runs] [--folder FOLDER]      into runs/figures/<run id>/, unasked

    graph.png      the function graph with the trained weights, forward and backward
    units.png      what every unit computes, layer by layer
    boundary.png   what the net said at several steps, and J's curve
    film.gif       the same as a film, a frame a step at which theta was kept

The beginning of an id is enough where no other run's id begins so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from nnexp import frames, interrupts, terminal
from nnexp.errors import UserError
from nnexp.figures.film import boundaries, film
from nnexp.figures.graph import function_graph
from nnexp.figures.style import NothingToDraw
from nnexp.figures.units import unit_maps
from nnexp.tables import whole

DPI = 150


def main() -> None:
    """Run the command line; leaves with 2 where there is no such run, or theta was not kept while it was trained."""
    interrupts.ended_by(lambda: terminal.door(_run))


def _run() -> None:
    parser = terminal.Parser(prog="python -m nnexp.figures", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", help="the run's id, or the beginning of it")
    parser.add_argument("--runs-dir", default="runs", help="the folder of everything that is made")
    parser.add_argument(
        "--folder", help="where the pictures go; figures/<run id>/ in the folder of everything, unasked"
    )
    asked = parser.parse_args()
    row = frames.one(asked.run, asked.runs_dir)
    _refuse_without_snapshots(row)
    folder = Path(asked.folder or Path(asked.runs_dir) / "figures" / row["run"])
    for place in write(row, folder):
        print(place)


def _refuse_without_snapshots(row: Any) -> None:
    if len(row["snapshot_steps"]) < 2 and row["status"] == "finished":
        what = f"run {row['run']} cannot be followed through training: its theta was kept at fewer than two steps"
        raise UserError(f"{what}; ask for the run with snapshots=48, and draw that")


def write(row: Any, folder: Path) -> Iterator[Path]:
    """Write every picture of a run that can be drawn, and give its place; what cannot is said on standard error.

    Args:
        row: a row of a frame with curves.
        folder: where the pictures go; it is made where there is none.

    Raises:
        UserError: if the folder cannot be written.
    """
    made = frames.recall(row)
    pictures: dict[str, Callable[[], Figure | bytes]] = {
        "graph.png": lambda: function_graph(made.configuration, made.theta, backward=True),
        "units.png": lambda: unit_maps(row),
        "boundary.png": lambda: boundaries(row),
        "film.gif": lambda: film(row),
    }
    for name, draw in pictures.items():
        try:
            picture = draw()
        except NothingToDraw as error:
            terminal.refuse(UserError(f"no {name}: {error}"))
            continue
        yield _kept(picture, folder / name, f"run {row['run']} of configuration {row['configuration']}, drawn by nnexp")


def _kept(picture: Figure | bytes, target: Path, source: str) -> Path:
    """Write a picture, whole or not at all; one that is drawn says in its description what it is of."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(picture, bytes):
            whole(target, lambda temporary: temporary.write_bytes(picture))
        else:
            metadata = {"Description": source}
            whole(target, lambda temporary: picture.savefig(temporary, format="png", dpi=DPI, metadata=metadata))
    except OSError as error:
        raise UserError(f"{target} cannot be written ({error.strerror}); give another --folder") from None
    return target


if __name__ == "__main__":
    main()
