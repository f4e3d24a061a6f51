"""How does what a net says change while it is trained? As small multiples, and as a film, with J's curve beside it.

A film is an animated GIF: a frame for a step at which theta was kept (`snapshots` of a record), with a mark that moves along
J's curve. Steps are kept evenly on a log scale, and so a film goes: most happens early. Of a run that diverges it shows the
steps until J is TALLEST times its lowest value.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray
from PIL import Image

from nnexp.figures import boundary, curves, fit, pixels, style
from nnexp.figures.plane import plane
from nnexp.frames import recall
from nnexp.optima.between.trails import kept

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

MULTIPLES, IN_A_ROW = 10, 5
FRAMES, MILLISECONDS, REST = 48, 140, 2000
"""Of a film: frames at most, how long each is shown, and how long the last."""

MOSAIC, NEARLY_WHITE = 6, 245
"""Frames that a film's 256 colors are chosen from, and above what red, green and blue of a color are taken for white."""


@dataclass(frozen=True)
class Moments:
    """Some of the steps at which a run's theta was kept, the first and the last among them.

    steps: (moments,). theta: (moments, parameters). J: (moments,), on the run's curve.
    """

    steps: NDArray[np.int64]
    theta: Array
    J: Array


def moments(row: Any, most: int) -> Moments:
    """At most so many of the kept steps of a run, evenly among them.

    Args:
        row: a row of a frame with curves (`nnexp.frames`).
        most: how many; 2 or more.

    Raises:
        NothingToDraw: if theta was not kept at two steps at least, or never moved.
    """
    steps, theta = kept(row)
    J = np.asarray(row["curve_J"], dtype=np.float64)[np.searchsorted(row["curve_steps"], steps)]
    seen = np.flatnonzero(_tallest(row) >= J)
    if len(seen) < 2:
        raise style.NothingToDraw(_why_none(row))
    chosen = seen[np.unique(np.linspace(0, len(seen) - 1, min(most, len(seen))).round().astype(np.int64))]
    return Moments(steps[chosen], theta[chosen], J[chosen])


def _tallest(row: Any) -> float:
    """The highest J that is shown."""
    J = np.asarray(row["curve_J"], dtype=np.float64)
    return float(curves.TALLEST * np.nanmin(np.abs(J)) if row["status"] == "diverged" else np.inf)


def _why_none(row: Any) -> str:
    run = f"run {row['run']}"
    if row["status"] == "no_gradient":
        return f"{run} never moves, since no gradient reaches its weights: there is no way through training to see"
    if row["status"] == "diverged" and len(row["snapshot_steps"]) > 1:
        return f"{run} diverged at step {row['diverged_at']:,.0f}, with fewer than two kept before; take a smaller step_size"
    return (
        f"{run} has no way through training: theta was not kept at two steps or more; ask for a run with snapshots=48"
    )


def boundaries(row: Any, most: int = MULTIPLES) -> Figure:
    """A Figure of what a run's net said at several steps, as small multiples, and J's curve with these steps marked.

    Args:
        row: a row of a frame with curves.
        most: how many steps are shown.

    Raises:
        NothingToDraw: if theta was not kept at two steps at least, or never moved.
    """
    seen = moments(row, most)
    columns = min(IN_A_ROW, len(seen.steps))
    rows = -(-len(seen.steps) // columns)
    made = style.figure(max(7.0, 2.3 * columns), 2.5 * rows + 2.6)
    places = made.add_gridspec(rows + 1, columns, height_ratios=[*[1.0] * rows, 0.8])
    for number, (step, theta, J) in enumerate(zip(seen.steps, seen.theta, seen.J, strict=True)):
        axes = made.add_subplot(places[divmod(number, columns)])
        boundary.panel(axes, {**dict(row), "theta": theta}, scale=0.4, tested=False)
        axes.set_title(f"step {step:,}\nJ {J:.3g}", fontsize=style.TEXT, color=style.INK)
        style.framed(axes)
        is_named = number == (rows - 1) * columns
        axes.set_xlabel(axes.get_xlabel() if is_named else "", fontsize=style.SMALL, loc="left")
        axes.set_ylabel(axes.get_ylabel() if is_named else "", fontsize=style.SMALL)
    curve = made.add_subplot(places[-1, :])
    _curve(curve, row)
    curve.plot(seen.steps, seen.J, "o", color="white", markeredgecolor=style.INK, markersize=7, zorder=3)
    _explain(made, row, seen, "J at the steps shown")
    return made


def _curve(axes: Axes, row: Any) -> None:
    """J over the steps, on a log scale where J is above 0."""
    steps, J = np.asarray(row["curve_steps"]), np.asarray(row["curve_J"], dtype=np.float64)
    shown = (steps <= row["steps_taken"]) & (_tallest(row) >= J)
    axes.plot(steps[shown], J[shown], color=style.BLUE, linewidth=1.6)
    style.tidy(axes, x="steps", y="J")
    axes.set_xscale("symlog", linthresh=1.0, linscale=0.3)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    if J[shown].min() > 0.0:
        axes.set_yscale("log")
        style.plain_ticks(axes, float(J[shown].max() / J[shown].min()))


def _explain(made: Figure, row: Any, seen: Moments, mark: str) -> None:
    """The legend, and above all whether the run diverged, outputs are left out, or the plane is a slice."""
    style.legend(made, [*boundary.key([row], tested=False), style.dot(mark, "white", style.INK)], columns=6)
    data = recall(row).configuration.data
    notes = [plane(data).note]
    if data.task in ("multilabel", "regression") and len(data.outputs) > 1:
        notes.append(f"Of {len(data.outputs)} outputs the first is shown: {fit.plain(data.outputs[0])}.")
    if row["status"] == "diverged":
        notes.append(f"The run diverged at step {row['diverged_at']:,.0f}; it is shown up to step {seen.steps[-1]:,}.")
    if any(notes):
        made.suptitle("\n".join(filter(None, notes)), fontsize=style.SMALL, color=style.INK)


def film(row: Any, most: int = FRAMES, milliseconds: int = MILLISECONDS) -> bytes:
    """An animated GIF of what a run's net says through training, J's curve beside it with a moving mark.

    In a notebook: `IPython.display.Image(data=film(run))`.

    Args:
        row: a row of a frame with curves.
        most: how many frames there are at most.
        milliseconds: how long each is shown; the last rests for REST.

    Raises:
        NothingToDraw: if theta was not kept at two steps at least, or never moved.
    """
    shown = frames(row, most)
    palette = _palette(shown)
    first, *rest = (Image.fromarray(each).quantize(palette=palette, dither=Image.Dither.NONE) for each in shown)
    durations = [milliseconds] * len(rest) + [REST]
    made = io.BytesIO()
    first.save(made, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=False)
    return made.getvalue()


def _palette(shown: list[Pixels]) -> Image.Image:
    """The film's 256 colors: those of the house, and the most telling of some frames."""
    house = [style.mix(c, "black", share) for c in style.COLORS for share in (0.0, pixels.DARKER)]
    house += [style.mix(c, "white", style.SOFT) for c in style.COLORS]
    house += [style.mix(c, "white", 0.0) for c in (style.INK, style.GREY, "white")]
    mosaic = Image.fromarray(np.concatenate(shown[:: max(1, len(shown) // MOSAIC)]))
    found = np.reshape(mosaic.quantize(256 - len(house)).getpalette() or [], (-1, 3))
    found[found.min(axis=1) > NEARLY_WHITE] = 255  # paper stays white: Pillow takes the near for the nearest
    made = Image.new("P", (1, 1))
    made.putpalette([*style.as_pixels(np.array(house)).ravel().tolist(), *found.ravel().tolist()])
    return made


def frames(row: Any, most: int = FRAMES) -> list[Pixels]:
    """The frames of a film, (height, width, 3) each; the arguments are those of `film`."""
    seen = moments(row, most)
    made = style.figure(9.0, 4.6)
    canvas, engine = FigureCanvasAgg(made), style.engine(made)
    left, right = made.subplots(1, 2)
    _curve(right, row)
    (mark,) = right.plot([], [], "o", color="white", markeredgecolor=style.INK, markersize=9, zorder=3)
    _explain(made, row, seen, "J at the step shown")
    found = []
    for step, theta, J in zip(seen.steps, seen.theta, seen.J, strict=True):
        left.clear()
        boundary.panel(left, {**dict(row), "theta": theta}, scale=0.7, tested=False)
        mark.set_data([step], [J])
        left.set_title(f"step {step:,}", fontsize=style.TITLE, color=style.INK)
        right.set_title(f"J {J:.3g}", fontsize=style.TITLE, color=style.INK)
        engine.wrap(made)
        canvas.draw()
        made.set_layout_engine("none")  # as the first frame was laid out, so that nothing jumps
        found.append(np.array(canvas.buffer_rgba())[:, :, :3])
    return found
