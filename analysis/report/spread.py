"""Where does the spread over runs come from: the data, the initial weights, the order of the data?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.causes import MEASURES, Crossing, verdict
from analysis.report.page import Picture, Section, Words
from nnexp.figures.causes import causes
from nnexp.figures.style import NothingToDraw
from nnexp.optima.spread import Split

TITLE = "Where the spread comes from"
NONE = "Not asked here; make sweep SWEEP=spread does."
HOW = (
    "A run differs from another by its data, its initial weights and the order of its data. Where a sweep crosses them, the "
    "variance can be split. What two causes have only together (data x order) is what neither brings by itself; a run is "
    "determined by all three, so nothing is left over."
)


def section(found: Sequence[Crossing]) -> Section:
    """The shares of each cause, configuration by configuration."""
    if not found:
        return Section("spread", TITLE, [Words(NONE)])
    said = [Words(f"{_name(each)}: {verdict(each, measure)}") for each in found for measure in MEASURES]
    return Section("spread", TITLE, [Words(HOW), *said, _picture(found)])


def _name(each: Crossing) -> str:
    return (each.label or "the configuration").capitalize()


def _picture(found: Sequence[Crossing]) -> Picture | Words:
    splits = {_name(each): {MEASURES[m]: s for m, s in each.splits.items() if _has_spread(s)} for each in found}
    try:
        figure = causes(
            {name: {m: s for m, s in made.items() if isinstance(s, Split)} for name, made in splits.items()}
        )
    except NothingToDraw as reason:
        return Words(f"{reason}.")
    return Picture(figure, "Shares of the variance by cause, with their intervals.", "The variance by cause.")


def _has_spread(found: Split | str) -> bool:
    return isinstance(found, Split) and bool(np.isfinite(found.share).all())
