"""What a net says over the plane of its data, as images made by colour map and array writes, thousands in a minute.

Two coordinates: every pixel has the colour of the guess there, and a dark line runs where the label changes. One
coordinate: the guess is a curve. The training points are dots. Where a run diverged, the picture is grey.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.figures import style
from nnexp.figures.plane import REACH, Plane, plane, span

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

NUMBERS = ("regression", "population")
"""The tasks whose outputs are numbers, not classes."""

DARKER = 0.38
"""How much black a point's color has in it, so that it shows on its class's ground."""

PIECE = 3600
"""Points that go through a net at a time: one net on so many stays in the cache, which several nets or all points do not."""

MOST_DOTS, FEW_DOTS = 250, 30
DIAMETERS = 40, 16
"""The image's size over the diameter of a dot, where there are many and where there are few."""


def image(configuration: Any, theta: Array, size: int = 120) -> Pixels:
    """(size, size, 3), what one net says, for its theta (parameters,); see `images`."""
    return images(configuration, theta[None, :], size)[0]


def images(configuration: Any, thetas: Array, size: int = 120) -> Pixels:
    """(runs, size, size, 3), red, green and blue: what each net says over the plane of its data.

    Args:
        configuration: what the nets share (`nnexp.configuration.Configuration`).
        thetas: (runs, parameters).
        size: pixels on a side.
    """
    data, view = configuration.data, plane(configuration.data)
    inputs = configuration.features.transform(view.grid(size))
    paint = _curve if len(view.names) == 1 else _surface
    made = np.empty((len(thetas), size, size, 3), np.uint8)
    for picture, guess in zip(made, guesses(configuration, np.asarray(thetas, float), inputs), strict=True):
        picture[:] = paint(data, guess, size)
    where, colors = _dots(data, view, size)
    made[:, where] = colors
    return made


def guesses(configuration: Any, thetas: Array, inputs: Array) -> Iterator[Array]:
    """Each net's guess in turn, (outputs, examples), for thetas (runs, parameters) and inputs (m, examples)."""
    objective = configuration.objective()
    pieces = [np.ascontiguousarray(inputs[:, i : i + PIECE]) for i in range(0, inputs.shape[1], PIECE)]
    for theta in thetas:
        with np.errstate(all="ignore"):
            yield np.concatenate([objective.guess(theta[None, :], piece)[0] for piece in pieces], axis=1)


def colors(data: Any, guess: Array) -> Pixels:
    """(examples, 3), the colours of what a net says, for its guess (outputs, examples); grey where it is not a number.

    Binary and several labels: blue to orange by the first output. Several classes: the colour of the largest output, the
    paler the less it leads. Regression: blue to orange about the mean of the training targets.
    """
    if data.task == "multiclass":
        return _of_classes(guess)
    low, high = value_range(data)
    share = np.clip((guess[0] - low) / (high - low), 0.0, 1.0)
    return _grey_where_nan(_MAP[_index(share)], share)


def value_range(data: Any) -> tuple[float, float]:
    """The guesses that are wholly blue and wholly orange."""
    if data.task not in NUMBERS:
        return 0.0, 1.0
    if not data.Y_train.size:
        return 0.0, 2.0 * REACH  # a sum of ReLU units over the two inputs that are seen
    middle = float(data.Y_train[0].mean())
    reach = float(np.abs(data.Y_train[0] - middle).max()) or 1.0
    return middle - reach, middle + reach


def labels(data: Any, guess: Array) -> NDArray[np.int64]:
    """(examples,), the class that a net's guess (outputs, examples) says; regression has none, and is all 0."""
    if data.task in NUMBERS:
        return np.zeros(guess.shape[1], np.int64)
    return guess.argmax(axis=0) if data.task == "multiclass" else (guess[0] > 0.5).astype(np.int64)


def point_colors(data: Any, Y: Array) -> Array:
    """(examples, 3), between 0 and 1: what the targets Y (outputs, examples) are coloured."""
    if data.task in NUMBERS:
        low, high = value_range(data)
        return _MAP[_index(np.clip((Y[0] - low) / (high - low), 0.0, 1.0))].astype(np.float64) * (0.62 / 255.0)
    solid = [style.mix(color, "black", DARKER) for color in style.class_colors(max(2, len(Y)))]
    return np.array(solid, np.float64)[labels(data, Y)]


_MAP = style.diverging()
_RAMPS = np.stack([style.ramp(color) for color in style.COLORS])


def _of_classes(guess: Array) -> Pixels:
    top, least = guess.max(axis=0), 1.0 / len(guess)
    lead = np.clip((top - least) / (1.0 - least), 0.0, 1.0)
    return _grey_where_nan(_RAMPS[guess.argmax(axis=0) % len(_RAMPS), _index(lead)], lead)


def _index(share: Array) -> NDArray[np.int64]:
    return (np.nan_to_num(share) * (style.LEVELS - 1)).astype(np.int64)


def _grey_where_nan(made: Pixels, values: Array) -> Pixels:
    made[np.isnan(values)] = style.as_pixels(style.mix(style.GREY, "white", 0.3))
    return made


def _surface(data: Any, guess: Array, size: int) -> Pixels:
    made = colors(data, guess).reshape(size, size, 3)
    says = labels(data, guess).reshape(size, size)
    edge = np.zeros((size, size), bool)
    edge[:, 1:] |= says[:, 1:] != says[:, :-1]
    edge[1:] |= says[1:] != says[:-1]
    made[edge] = _INK
    return made


_INK = style.as_pixels(style.mix(style.INK, "white", 0.1))


def _curve(data: Any, guess: Array, size: int) -> Pixels:
    """Each output as a curve over the one coordinate, all of them for several classes, else the first."""
    made = np.full((size, size, 3), 255, np.uint8)
    several = data.task == "multiclass"
    inks = _RAMPS[np.arange(len(guess)) % len(_RAMPS), -1] if several else _INK[None, :]
    for values, ink in zip(guess, inks, strict=False):
        made[_line(_row(values, heights(data), size), size)] = ink
    return made


def heights(data: Any) -> tuple[float, float]:
    """The least and greatest guess that a curve's picture shows."""
    return (
        span(data.Y_train[0] if data.Y_train.size else np.array(value_range(data)), 0.15)
        if data.task in NUMBERS
        else (-0.12, 1.12)
    )


def _row(values: Array, limits: tuple[float, float], size: int) -> Array:
    """The pixel row of each value, between -2 and size + 1, so that what lies outside stays outside."""
    row = (limits[1] - values) / (limits[1] - limits[0]) * size - 0.5
    return np.clip(np.round(row), -2.0, size + 1.0)


def _line(row: Array, size: int) -> NDArray[np.bool_]:
    """(size, size), True on a line two pixels high through these rows, one a column, without gaps."""
    following = np.append(row[1:], row[-1])
    low, high = np.minimum(row, following), np.maximum(row, following)
    down = np.arange(size)[:, None]
    return (down >= low) & (down <= high + 1.0)


def _dots(data: Any, view: Plane, size: int) -> tuple[NDArray[np.bool_], Pixels]:
    """Which pixels (size, size) the training points cover, and those pixels' colours, in the mask's order."""
    X, Y = (values[:, :: max(1, -(-values.shape[1] // MOST_DOTS))] for values in (data.X_train, data.Y_train))
    seen, limits = view.seen(X), view.limits
    if len(view.names) == 1:
        seen, limits = np.concatenate([seen, on_curve(data, Y)[None, :]]), (*limits, heights(data))
    column = np.floor((seen[0] - limits[0][0]) / (limits[0][1] - limits[0][0]) * size).astype(np.int64)
    rows = _row(seen[1], limits[1], size).astype(np.int64)
    painted = np.zeros((size, size, 3), np.uint8)
    where = np.zeros((size, size), bool)
    shades = style.as_pixels(inks(data, view, Y))
    for down, across in _disc(max(2, size // DIAMETERS[X.shape[1] <= FEW_DOTS])):
        r, c = np.clip(rows + down, 0, size - 1), np.clip(column + across, 0, size - 1)
        painted[r, c], where[r, c] = shades, True
    return where, painted[where]


def inks(data: Any, view: Plane, Y: Array) -> Array:
    """(examples, 3), the colours of points in a picture: `point_colors`, but one blue where their height says the value."""
    if data.task in NUMBERS and len(view.names) == 1:
        return np.tile(style.mix(style.BLUE, "white", 0.1), (Y.shape[1], 1))
    return point_colors(data, Y)


def on_curve(data: Any, Y: Array) -> Array:
    """(examples,), the height at which a point stands beside a curve: its target; several classes stand at the foot."""
    return np.zeros(Y.shape[1]) if data.task == "multiclass" else Y[0]


def _disc(diameter: int) -> list[tuple[int, int]]:
    """The pixels of a dot about its middle."""
    reach = range(-(diameter // 2), diameter - diameter // 2)
    middle = 0.0 if diameter % 2 else -0.5
    near = (diameter / 2.0) ** 2 * 1.05
    return [(i, j) for i in reach for j in reach if (i - middle) ** 2 + (j - middle) ** 2 <= near]
