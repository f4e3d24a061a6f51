"""Do all words of a figure lie inside it and beside one another?

`wrapped` breaks a text into lines of a given length. `Fitted` is matplotlib's constrained layout, after which titles and labels
are wrapped to the axes or the figure that they belong to, tick labels that would overlap are thinned out, and legends that
belong below their axes are put below the axes' label.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import ScaledTranslation

POINTS = 72.0
"""In an inch."""

SAFETY = 1.04
"""How many times as long as measured a line may become where its letters are set on pixels."""

SHARES = 0.0, 0.1, 0.25, 0.4, 0.6, 0.8
"""Of the way from the shortest lines that there may be to the longest, at which lines are tried."""

PASSES = 3
"""How often the layout is made at most: what is wrapped makes the axes smaller."""

BELOW, GAP = "below", 0.06
"""The mark of a legend that belongs below its axes, and inches from their label down to it."""

LEAST, TICKS_APART = 60.0, 2.0
"""Points that any line may have, and pixels between two tick labels."""

WORD = re.compile(r"(?:\\\$|\$(?:\\.|[^$\\])*\$|\S)+")
"""A word may hold a formula, with the blanks in it."""

NAME = re.compile(r"[A-Za-z]{2}")
"""A tick label with this is a name, which is never left out."""

JOINT = re.compile(r"_*[^\W_]+[^\w\s]?|.", re.DOTALL)
"""Where a word that is too long is broken: before `_`, behind other signs."""


def plain(name: str) -> str:
    """A name from data or files as matplotlib takes it for words, also where it has dollar signs, not for a formula."""
    return name.replace("$", r"\$")


@functools.lru_cache(maxsize=16384)
def length(text: str, size: float) -> float:
    """How long a line of text in letters of this size is, in points."""
    math = bool(is_math_text(text))
    plain = text if math else text.replace(r"\$", "$")
    return SAFETY * float(text_to_path.get_text_width_height_descent(plain, FontProperties(size=size), math)[0])


def wrapped(text: str, points: float, size: float) -> str:
    """The text in lines of at most so many points, in letters of this size, about as long as one another.

    Lines are broken at blanks; a word that is longer than a line is broken at its joints, or at the last letter that fits.
    Lines that are short enough stay as they are.
    """
    return "\n".join(line for given in text.split("\n") for line in _balanced(given, points, size))


def _balanced(line: str, points: float, size: float) -> list[str]:
    """A line in as few lines as there must be, the longest of them as short as that allows."""
    found = _lines(line, points, size)
    if len(found) == 1:
        return found
    pieces = [piece for word in WORD.findall(line) for piece in _pieces(word, points, size)]
    shortest = min(points, max(length(line, size) / len(found), *(length(piece, size) for piece in pieces)))
    widths = (shortest + share * (points - shortest) for share in SHARES)
    return next((lines for lines in (_lines(line, w, size) for w in widths) if len(lines) == len(found)), found)


def _lines(line: str, points: float, size: float) -> list[str]:
    if length(line, size) <= points:
        return [line]
    found = [""]
    for word in WORD.findall(line):
        longer = f"{found[-1]} {word}".strip()
        if length(longer, size) <= points:
            found[-1] = longer
        else:
            found += _pieces(word, points, size)
    return [line for line in found if line]


def _pieces(word: str, points: float, size: float) -> list[str]:
    """A word in pieces that each fit; a formula stays whole."""
    if is_math_text(word) or length(word, size) <= points:
        return [word]
    pieces = [""]
    for part in JOINT.findall(word):
        for some in [part] if length(part, size) <= points else part:
            if pieces[-1] and length(pieces[-1] + some, size) > points:
                pieces.append("")
            pieces[-1] += some
    return pieces


class Fitted(ConstrainedLayoutEngine):
    """Constrained layout for figures whose words are not known beforehand."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._hidden: list[Text] = []
        self._given: WeakKeyDictionary[Text, tuple[str, str]] = WeakKeyDictionary()

    def execute(self, fig: Figure) -> Any:
        """Lay the figure out until nothing more has to be wrapped."""
        for label in self._hidden:
            label.set_visible(True)
        for _ in range(PASSES):
            super().execute(fig)
            if not (self.wrap(fig) | _put_below(fig) | _clear_offsets(fig)):
                break
        made = super().execute(fig)
        self._hidden = [label for axes in fig.axes for label in thinned(axes)]
        return made

    def wrap(self, fig: Figure) -> bool:
        """Wrap titles and labels to the figure and the axes they belong to, as these are now; whether any is another now."""
        found = [(fig._suptitle, 0.97 * POINTS * fig.get_figwidth())] if fig._suptitle else []  # type: ignore[attr-defined]
        for axes in fig.axes:
            across, up = (max(LEAST, POINTS * pixels / fig.dpi) for pixels in axes.bbox.size)
            titles = axes.title, axes._left_title, axes._right_title  # type: ignore[attr-defined]
            found += [(title, across) for title in titles]
            found += [] if hasattr(axes, "zaxis") else [(axes.xaxis.label, across), (axes.yaxis.label, up)]
        return sum(self._wrap(text, points) for text, points in found) > 0

    def _wrap(self, text: Text, points: float) -> bool:
        """Wrap a text as it was before this engine wrapped it."""
        before = text.get_text()
        given, made = self._given.get(text, (before, before))
        given = given if made == before else before
        made = wrapped(given, points, float(text.get_fontsize()))
        self._given[text] = given, made
        text.set_text(made)
        return made != before


def thinned(axes: Axes) -> list[Text]:
    """The tick labels of axes that were hidden, since beside others there is no room for them."""
    if not axes.axison or hasattr(axes, "zaxis"):
        return []
    return [*_thinned(axes.xaxis, 0), *_thinned(axes.yaxis, 1)]


def _thinned(axis: Axis, along: int) -> list[Text]:
    low, high = sorted(axis.get_view_interval())
    labels = [
        label
        for label, place in zip(axis.get_majorticklabels(), axis.get_majorticklocs(), strict=True)
        if label.get_visible() and label.get_text() and low <= place <= high
    ]
    if any(label.get_rotation() % 90.0 for label in labels) or not all(map(_is_number, labels)):
        return []
    ends = [sorted((box.intervalx, box.intervaly)[along]) for box in (label.get_window_extent() for label in labels)]
    step = next((n for n in range(1, len(ends)) if _apart(ends[::n])), max(1, len(ends)))
    hidden = [label for place, label in enumerate(labels) if place % step]
    for label in hidden:
        label.set_visible(False)
    return hidden


def _is_number(label: Text) -> bool:
    return any(sign.isdigit() for sign in label.get_text()) and not NAME.search(label.get_text())


def _apart(ends: Sequence[list[float]]) -> bool:
    """Whether these stretches lie apart."""
    order = sorted(ends)
    return all(one[1] + TICKS_APART <= two[0] for one, two in itertools.pairwise(order))


def below(axes: Axes, **given: Any) -> None:
    """Add a legend of what is drawn in axes, which the layout puts below them."""
    axes.legend(loc="upper center", borderaxespad=0.0, **given).set_gid(BELOW)


def _put_below(figure: Figure) -> bool:
    """Put the legends that belong below their axes under these axes' label; whether any was elsewhere."""
    found = [(axes, legend) for axes in figure.axes if (legend := axes.get_legend()) and legend.get_gid() == BELOW]
    return sum(_move(axes, legend) for axes, legend in found) > 0


def _move(axes: Axes, legend: Legend) -> bool:
    figure = axes.figure
    before, axis = legend.get_bbox_to_anchor().y0, axes.xaxis.get_tightbbox()
    depth = (axes.bbox.y0 - axis.y0 if axis else 0.0) / figure.dpi + GAP
    under = axes.transAxes + ScaledTranslation(0.0, -depth, figure.dpi_scale_trans)
    legend.set_bbox_to_anchor((0.5, 0.0), transform=under)
    return bool(abs(legend.get_bbox_to_anchor().y0 - before) > 1.0)


def _clear_offsets(figure: Figure) -> bool:
    """Move labels of axes down from what their numbers are to be multiplied with or added to; whether any was moved."""
    return sum(_clear(axes.xaxis) for axes in figure.axes if axes.axison and not hasattr(axes, "zaxis")) > 0


def _clear(axis: Axis) -> bool:
    offset, label = axis.offsetText.get_window_extent(), axis.label.get_window_extent()
    if not (axis.offsetText.get_text() and axis.label.get_text() and offset.overlaps(label)):
        return False
    axis.labelpad += POINTS * (label.y1 - offset.y0) / axis.figure.dpi
    return True
