"""Where does every text of a figure stand as it is saved, which are cut by the figure's edge, and which overlap?

A text is what matplotlib draws: titles, labels, the tick labels within the limits, legends, annotations, texts in three
dimensions. Its box is the one that the renderer draws, turned as the text is.
"""

import contextlib
import io
import itertools
from dataclasses import dataclass
from unittest import mock

import numpy as np
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

SHRINK = 1.0
"""Pixels that a box may lie over another, or outside: letters never fill it to its edge."""


@dataclass(frozen=True)
class Box:
    """A text, and its corners (4, 2) in pixels from the lower left, one after the other."""

    said: str
    corners: np.ndarray

    def inside(self, width, height):
        low, high = self.corners.min(axis=0), self.corners.max(axis=0)
        return (low >= -SHRINK).all() and (high <= np.array([width, height]) + SHRINK).all()

    def overlaps(self, other):
        """Whether no line lies between the two: of two convex shapes, one along a side of either would."""
        sides = np.concatenate([np.diff(box.corners[:3], axis=0) for box in (self, other)])
        for across in sides[:, ::-1] * [1.0, -1.0] / np.linalg.norm(sides, axis=1, keepdims=True):
            one, two = self.corners @ across, other.corners @ across
            if one.max() <= two.min() + SHRINK or two.max() <= one.min() + SHRINK:
                return False
        return True


def box(text, renderer):
    """The box of a text that is being drawn."""
    outer, turn = text.get_window_extent(renderer), text.get_rotation()
    text.set_rotation(0.0)
    plain = text.get_window_extent(renderer)
    text.set_rotation(turn)
    half = 0.5 * np.array([[-plain.width, -plain.height], [plain.width, -plain.height]])
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    half = np.concatenate([half, -half]) @ np.array([[cos, sin], [-sin, cos]])
    return Box(text.get_text(), half + 0.5 * (outer.min + outer.max))


@contextlib.contextmanager
def recorded():
    """The figures that are drawn meanwhile, each time with the boxes of its texts: a list of (figure, boxes)."""
    pages, draw, draw_text = [], Figure.draw, Text.draw

    def figure_drawn(figure, renderer):
        pages.append((figure, []))
        return draw(figure, renderer)

    def text_drawn(text, renderer, *given, **more):
        if text.get_visible() and text.get_text().strip():
            pages[-1][1].append(box(text, renderer))
        return draw_text(text, renderer, *given, **more)

    with mock.patch.object(Figure, "draw", figure_drawn), mock.patch.object(Text, "draw", text_drawn):
        yield pages


def saved(figure, dpi):
    """The boxes of a figure's texts as its PNG of so many dots an inch has them, and its width and height in pixels."""
    with recorded() as pages:
        figure.savefig(io.BytesIO(), format="png", dpi=dpi)
    return pages[-1][1], figure.get_size_inches() * dpi


def faults(boxes, size):
    """A sentence for each text that is cut by the edge of a figure of this size in pixels, and each two that overlap."""
    cut = [f"cut: {each.said!r}" for each in boxes if not each.inside(*size)]
    pairs = itertools.combinations(boxes, 2)
    return cut + [f"overlap: {one.said!r} and {two.said!r}" for one, two in pairs if one.overlaps(two)]


def covered(figure):
    """A sentence for each legend that lies within axes, where it may hide what is drawn there."""
    shown = [axes for axes in figure.axes if axes.axison]
    boxes = [(legend, legend.get_window_extent()) for legend in figure.findobj(Legend)]
    return [
        f"legend over axes: {[text.get_text() for text in legend.get_texts()]}"
        for legend, extent in boxes
        if any(extent.padded(-SHRINK).overlaps(axes.bbox) for axes in shown)
    ]


def legible(figure, dpi=90):
    """Every fault of a figure that is saved with so many dots an inch: the fewer, the less exactly are letters set."""
    return faults(*saved(figure, dpi)) + covered(figure)
