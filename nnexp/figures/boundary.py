"""Where does a trained net say 1, and where 0? Its picture over the plane of its data, as panels with axes.

For thousands of bare images see `images`; the plane itself is `plane`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from nnexp.figures import fit, pixels, style
from nnexp.figures.pixels import image, images
from nnexp.figures.plane import Plane, centers, plane
from nnexp.frames import recall

__all__ = ["image", "images", "key", "panel", "panels", "plane", "through_training"]

Array = NDArray[np.float64]
FINE, FINER = 160, 4
"""Pixels on a side of a panel, and how many times as many where a net jumps along lines, which would have notches."""
MOST_CLASSES = 12


def panels(runs: Sequence[Any], titles: Sequence[str] | None = None, columns: int = 4) -> Figure:
    """A Figure with a panel a run: the guess, the decision boundary, training and test points, J and test error.

    Args:
        runs: rows of a frame with curves (`nnexp.frames`), of one or several configurations.
        titles: what to say above each panel; the seed, unasked.
        columns: how many panels stand side by side at most.

    Raises:
        NothingToDraw: if there is no run.
    """
    if not runs:
        raise style.NothingToDraw("there is no boundary to draw: no run was given")
    made, places = style.grid(len(runs), columns, 3.4, 3.5)
    titles = titles if titles is not None else [f"seed {row['init_seed']}" for row in runs]
    for axes, row, title in zip(places, runs, titles, strict=True):
        panel(axes, row)
        axes.set_title(f"{title}\n{outcome(row)}", fontsize=style.TEXT, color=style.INK)
    _explain(made, runs)
    return made


def through_training(rows: Mapping[str, Any], size: int = 150) -> Figure:
    """A Figure with a row of pictures a run, a column a step at which theta was kept.

    Args:
        rows: runs of one configuration by their role, as {"best": row, "median": row, "worst": row}.
        size: pixels on a side of each picture.

    Raises:
        NothingToDraw: if no run is given, or theta was not kept on the way.
    """
    steps = _kept_steps(rows)
    made = style.figure(1.55 * len(steps) + 1.1, 1.62 * len(rows) + 0.9)
    places = made.subplots(len(rows), len(steps), squeeze=False)
    for line, (role, row) in zip(places, rows.items(), strict=True):
        thetas = np.reshape(row["snapshots"], (len(steps), -1))
        for axes, picture in zip(line, images(recall(row).configuration, thetas, size), strict=True):
            _bare(axes, picture)
        line[0].set_ylabel(f"{role}: seed {row['init_seed']}\n{J(row)}", fontsize=style.TEXT, color=style.INK)
    for axes, step in zip(places[0], steps, strict=True):
        axes.set_title(f"step {step:,}", fontsize=style.TEXT, color=style.INK)
    _explain(made, list(rows.values()), tested=False)
    return made


def _kept_steps(rows: Mapping[str, Any]) -> list[int]:
    if not rows:
        raise style.NothingToDraw("there is no run to follow through training: none has a final J")
    steps = next(iter(rows.values()))["snapshot_steps"]
    if not len(steps):
        raise style.NothingToDraw("there is nothing to see on the way: theta was not kept; ask for snapshots=6")
    return [int(step) for step in steps]


def _bare(axes: Axes, picture: Any) -> None:
    axes.imshow(picture, interpolation="nearest")
    style.framed(axes)


def panel(axes: Axes, row: Any, size: int = FINE, scale: float = 1.0, tested: bool = True, output: int = 0) -> None:
    """Draw a run into axes: its guess over the plane of its data, the boundary, the points; or that it diverged.

    Args:
        axes: where to draw.
        row: a row of a frame with curves.
        size: pixels on a side of the coloured ground.
        scale: how large the points are drawn; 1 suits an axes of 3 inches.
        tested: whether the test points are drawn too.
        output: which of several labels or numbers is drawn, from 0; several classes are always drawn together.
    """
    run = recall(row)
    data = _from_output(run.configuration.data, output)
    view = plane(data)
    style.tidy(axes, x=view.names[0], y=view.names[1] if len(view.names) == 2 else fit.plain(data.outputs[0]))
    axes.set_xlim(view.limits[0])
    axes.set_ylim(view.limits[1] if len(view.names) == 2 else pixels.heights(data))
    if not np.isfinite(run.theta).all():
        axes.set_facecolor(tuple(style.mix(style.GREY, "white", 0.3)))
        style.says(axes, "diverged")
        return
    size *= FINER if run.configuration.jumps else 1
    draw, size = (_surface, size) if len(view.names) == 2 else (_curves, 4 * size)
    draw(axes, data, view, _guess(run, view, size)[output:], size)
    area = scale * float(np.clip(3000.0 / max(data.X_train.shape[1], 1), 16.0, 90.0))
    if tested:
        _points(axes, data, view, data.X_test, data.Y_test, False, area)
    _points(axes, data, view, data.X_train, data.Y_train, True, area)


def _from_output(data: Any, output: int) -> Any:
    """The data as if this output were the first."""
    Y_train, Y_test = data.Y_train[output:], data.Y_test[output:]
    return replace(data, Y_train=Y_train, Y_test=Y_test, outputs=data.outputs[output:]) if output else data


def _surface(axes: Axes, data: Any, view: Plane, guess: Array, size: int) -> None:
    ground = pixels.colors(data, guess).reshape(size, size, 3)
    (left, right), (low, high) = view.limits
    axes.imshow(ground, extent=(left, right, low, high), origin="upper", aspect="auto", interpolation="nearest")
    across, up = centers(view.limits[0], size), centers(view.limits[1], size)[::-1]
    for lead in _leads(data, guess):
        if lead.min() < 0.0 < lead.max():
            axes.contour(across, up, lead.reshape(size, size), [0.0], colors=[style.INK], linewidths=1.3)


def _curves(axes: Axes, data: Any, view: Plane, guess: Array, size: int) -> None:
    across = centers(view.limits[0], size)
    several = data.task == "multiclass"
    inks = style.class_colors(len(guess)) if several else [style.INK]
    for values, ink in zip(guess, inks, strict=False):
        axes.plot(across, values, color=ink, linewidth=2.0)
    low, high = pixels.heights(data)
    if not ((guess > low) & (guess < high)).any():
        style.says(axes, "the guess lies outside", style.RED)


def _guess(run: Any, view: Plane, size: int) -> Array:
    inputs = run.configuration.features.transform(view.grid(size))
    return next(iter(pixels.guesses(run.configuration, run.theta[None, :], inputs)))


def _leads(data: Any, guess: Array) -> Iterable[Array]:
    """By how much each class leads the others, (examples,) each; the boundaries are where that is 0."""
    if data.task in pixels.NUMBERS:
        return []
    if data.task != "multiclass":
        return [guess[0] - 0.5]
    return [guess[k] - np.delete(guess, k, axis=0).max(axis=0) for k in range(len(guess))]


def _points(axes: Axes, data: Any, view: Plane, X: Array, Y: Array, filled: bool, area: float) -> None:
    seen = view.seen(X)
    up = seen[1] if len(seen) == 2 else pixels.on_curve(data, Y)
    colors = pixels.inks(data, view, Y)
    edges: Any = "white" if filled else colors
    axes.scatter(
        seen[0],
        up,
        s=area,
        c=colors if filled else "none",
        edgecolors=edges,
        linewidths=0.02 * area + 0.4 * (not filled),
    )


def J(row: Any) -> str:
    """A run's final J in words, or where it diverged."""
    if np.isfinite(row["J"]):
        return f"J {row['J']:.3g}"
    return f"diverged at step {row['diverged_at']:,.0f}"


def outcome(row: Any) -> str:
    """A run's final J and its test error in words, the test loss where errors have no meaning."""
    if not np.isfinite(row["J"]):
        return J(row)
    if np.isfinite(row["test_error"]):
        return f"{J(row)}, test error {row['test_error']:.1%}"
    return f"{J(row)}, test loss {row['test_loss']:.3g}" if np.isfinite(row["test_loss"]) else J(row)


def key(runs: Sequence[Any], tested: bool = True) -> list[Any]:
    """Handles for a legend that says which colour is which class, which points are which, and what the line is."""
    sets = {row["dataset"]: recall(row).configuration.data for row in runs}
    named = {handle.get_label(): handle for data in sets.values() for handle in _class_handles(data)}
    pointed = any(data.X_train.size for data in sets.values())
    marks = [style.dot("training point", style.INK)] if pointed else []
    if tested and pointed:
        marks.append(style.dot("test point", "none", style.INK))
    flat = {data.X_train.shape[0] == 1 for data in sets.values()}
    if any(data.task not in pixels.NUMBERS for data in sets.values()) and False in flat:
        marks.append(style.line("decision boundary", width=1.3))
    if True in flat:
        marks.append(style.line("guess"))
    return [*named.values(), *marks]


def _class_handles(data: Any) -> list[Patch | Line2D]:
    if data.task in pixels.NUMBERS:
        if data.X_train.shape[0] == 1:
            return []
        low, high = pixels.value_range(data)
        ends, name = ((style.BLUE, low), (style.ORANGE, high)), fit.plain(data.outputs[0])
        return [style.area(f"{name} {value:.3g}", color) for color, value in ends]
    names, colors = class_names(data), style.class_colors(len(class_names(data)))
    return [style.area(fit.plain(n), c) for n, c in list(zip(names, colors, strict=True))[:MOST_CLASSES]]


def class_names(data: Any) -> list[str]:
    """The classes in words, in the order of their colours; of several labels, those of the first."""
    if data.task == "multiclass":
        return list(data.outputs)
    name = data.outputs[0]
    return ["label 0" if name == "label 1" else f"not {name}", name]


def _explain(made: Figure, runs: Sequence[Any], tested: bool = True) -> None:
    style.legend(made, key(runs, tested))
    notes = dict.fromkeys(plane(recall(row).configuration.data).note for row in runs)
    if any(notes):
        made.suptitle("\n".join(filter(None, notes)), fontsize=style.SMALL, color=style.INK)
