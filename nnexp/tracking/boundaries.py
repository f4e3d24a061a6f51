"""Pictures of a configuration's decision boundaries through training, under the names by which MLflow shows them as images.

A picture stands for a snapshot: the best, the median and the worst seed side by side, the step above them. MLflow's slider
moves over snapshots, 0 the first, so that configurations trained for different numbers of steps move together.
"""

from __future__ import annotations

import functools
import io
import textwrap
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nnexp.configuration import Configuration, recorded
from nnexp.errors import UserError
from nnexp.figures.pixels import images
from nnexp.optima import seeds
from nnexp.tracking.artifacts import File

KEY = "decision boundary - best - median - worst seed"
GRID = "decision boundaries of the best configurations"
MOST_ROWS, COLUMNS = 4, 3
SIDE, GAP, HEAD, LETTER = 80, 4, 18, 6
MOST_INPUTS = 2000
"""Of nets that are drawn."""

THUMBNAIL = 256
"""The longer side of the small copy that MLflow's grid of images loads."""

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn of a configuration, as plain data that a worker can be handed.

    steps: those at which theta was kept. thetas: (steps, parameters) of each run, by its id. shown: the ids side by side.
    """

    made: Configuration
    steps: list[int]
    thetas: Mapping[str, Array]
    shown: list[str]
    at: int


def drawing(made: Configuration, chosen: Mapping[str, Any], at: int) -> Drawing | None:
    """What is to be drawn of a configuration, best seed first.

    None where no run has a final J, no theta was kept, or the points of a picture have too many inputs for the memory.

    Args:
        made: the configuration.
        chosen: rows of a frame with curves, by their role (`nnexp.optima.seeds.representatives`).
        at: the pictures' time in ms since 1970.
    """
    rows = list(chosen.values())
    if not rows or not len(rows[0]["snapshot_steps"]) or rows[0]["sizes"][0] > MOST_INPUTS:
        return None
    steps = [int(step) for step in rows[0]["snapshot_steps"]]
    thetas = {row["run"]: np.reshape(row["snapshots"], (len(steps), -1)) for row in rows}
    return Drawing(made, steps, thetas, [row["run"] for row in rows], at)


def is_unchanged(made: Configuration, configuration: str) -> bool:
    """Whether a configuration's data are there and what they were when it was trained; a table may have gone since."""
    try:
        return made.current_id() == configuration
    except UserError:
        return False


def draw(drawings: Sequence[Drawing]) -> list[list[File]]:
    """The pictures of each drawing as files, each picture with its small copy."""
    return [
        [
            file
            for number, (step, panels) in enumerate(pictures(drawing))
            for file in named(KEY, number, drawing.at, _headed(panels, f"step {step:,}"))
        ]
        for drawing in drawings
    ]


def grid(runs: pd.DataFrame, at: int) -> Iterator[File]:
    """The pictures of a sweep as files: its best configurations below one another, snapshot by snapshot."""
    keys, columns = seeds.varying(runs), []
    for configuration in seeds.configurations(runs)["configuration"].head(MOST_ROWS * COLUMNS):
        group = runs[runs["configuration"] == configuration]
        made = recorded(configuration, group["settings"].iloc[0])
        drawn = drawing(made, seeds.representatives(group), at) if is_unchanged(made, configuration) else None
        if drawn is not None:
            says = seeds.label(group.iloc[0], keys)
            columns.append([_headed(panels, f"step {step:,}: {says}", lines=2) for step, panels in pictures(drawn)])
    for number, panels in enumerate(zip(*columns, strict=False)):
        yield from named(GRID, number, at, _grid(panels))


def _grid(panels: Sequence[Image.Image]) -> Image.Image:
    """Pictures of one size, row by row."""
    width, height = panels[0].width + 2 * GAP, panels[0].height + GAP
    across = min(COLUMNS, len(panels))
    made = Image.new("RGB", (width * across, height * -(-len(panels) // across)), "white")
    for place, panel in enumerate(panels):
        made.paste(panel, (width * (place % across), height * (place // across)))
    return made


def named(key: str, number: int, at: int, picture: Image.Image) -> Iterator[File]:
    """A picture and its small copy, named as MLflow names images that it shows over steps."""
    identity = uuid.uuid5(uuid.NAMESPACE_OID, f"{key} {number}")
    name = f"images/{key.replace('/', '~')}+step+{number}+timestamp+{at}+{identity}"
    yield f"{name}.png", _encoded(picture, "PNG", compress_level=1)
    scale = THUMBNAIL / max(picture.size)
    small = picture if scale >= 1.0 else picture.resize((round(picture.width * scale), round(picture.height * scale)))
    yield f"{name}+compressed.webp", _encoded(small, "WEBP", method=0, quality=90)


def pictures(drawing: Drawing) -> Iterator[tuple[int, Pixels]]:
    """(step, picture) at each snapshot: the runs side by side, uint8 (height, width, 3)."""
    made_of = images(drawing.made, np.concatenate(list(drawing.thetas.values())), SIDE)
    by_run = made_of.reshape(len(drawing.thetas), len(drawing.steps), *made_of.shape[1:])
    panels = dict(zip(drawing.thetas, by_run, strict=True))
    gap = np.full((SIDE, GAP, 3), 255, np.uint8)
    for place, step in enumerate(drawing.steps):
        parts = [part for run in drawing.shown for part in (panels[run][place], gap)]
        yield step, np.concatenate(parts[:-1], axis=1)


def _headed(panels: Pixels, says: str, lines: int = 1) -> Image.Image:
    """The panels under words; where there are several lines for them, broken, and left out at the end what does not fit."""
    picture = np.concatenate([_head(panels.shape[1], says, lines), panels])
    return Image.fromarray(picture)


@functools.lru_cache(maxsize=256)
def _head(width: int, says: str, lines: int) -> Pixels:
    strip = Image.new("RGB", (width, HEAD * lines), "white")
    fits = [says] if lines == 1 else textwrap.wrap(says, max(4, width // LETTER), max_lines=lines, placeholder=" ...")
    ImageDraw.Draw(strip).text((3, 2), "\n".join(fits), fill="#333333", font=ImageFont.load_default(12))
    return np.asarray(strip)


def _encoded(picture: Image.Image, form: str, **settings: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, form, **settings)
    return written.getvalue()
