"""How far apart are the optima of one objective, and what lies between them?"""

from __future__ import annotations

import numpy as np

from analysis.between import Between
from analysis.report.page import Picture, Section, Table, Words
from nnexp.figures import landscape as pictures

TITLE = "How far apart, and what lies between"
FLAT = 1e-9
"""A line that climbs no more than this climbs nothing."""


def section(found: Between) -> Section:
    """Every pair in a table, and the lowest passes in a picture."""
    of = (found.of.number,)
    words = Words(" ".join([how_far(found), on_the_line(found), over_the_pass(found)]))
    says = f"Every pair of optima of {found.of.words}, the closest first, by their number in the ladder."
    return Section("between", TITLE, [words, Table(found.table(), says, of), *_tree(found, of)])


def how_far(found: Between) -> str:
    """Distances, in a sentence."""
    return (
        f"How far apart: the {len(found.chosen)} optima of {found.of.words} lie {found.apart.min():.3g} to "
        f"{found.apart.max():.3g} from one another once their hidden units are matched ({found.before.min():.3g} to "
        f"{found.before.max():.3g} before)."
    )


def on_the_line(found: Between) -> str:
    """What straight lines cross, in a sentence."""
    over, before = found.lines.over_higher, found.unmatched.over_higher
    return (
        f"What lies between: on the straight line between two of them J climbs {np.median(over):.3g} above the worse end in "
        f"the median pair ({np.median(before):.3g} before matching). {_climbing(over)}"
    )


def _climbing(over: np.ndarray) -> str:
    """How many lines climb, in a sentence."""
    climb = int((over > FLAT).sum())
    if len(over) == 1:
        return f"The line {'climbs' if climb else 'does not climb'}."
    if climb == len(over):
        return f"Every one of the {len(over)} lines climbs."
    return f"{climb} of the {len(over)} lines climb{'s' if climb == 1 else ''}."


def over_the_pass(found: Between) -> str:
    """What the lowest ways known cross, in a sentence."""
    if found.landscape is None:
        return "The net is too large for its passes to be looked for here."
    climbs = found.passes - found.lines.J.max(axis=1)
    known = np.isfinite(climbs)
    if not known.any():
        return "No pass between them was found."
    new = int(found.landscape.found.sum())
    more = f" On the way {new} more optima turned up that no run had reached." if new else ""
    return (
        f"The lowest way known climbs {np.median(climbs[known]):.3g} in the median pair. "
        f"{_joined(found, int(known.sum()))}{more}"
    )


def _joined(found: Between, known: int) -> str:
    """How many passes were found, how many of them are proved, and how many pairs they join."""
    assert found.landscape is not None
    proved = found.landscape.ways.certified
    n = len(proved)
    each = (
        (", each a proved saddle" if n > 1 else ", a proved saddle")
        if proved.all()
        else f", {proved.sum()} of them proved"
    )
    pairs = "every pair is" if known == len(found.pairs) else f"{known} of {len(found.pairs)} pairs are"
    over = "these" if n > 1 else "it"
    passes = f"{n} pass{'es' if n > 1 else ''}"
    return f"The {len(found.chosen)} optima are joined by {passes}{each}; over {over} {pairs} joined."


def _tree(found: Between, of: tuple[int, ...]) -> list[Picture]:
    """The disconnectivity graph, where passes are known."""
    if found.landscape is None or not len(found.landscape.ways.J):
        return []
    alt = "A tree whose leaves are optima at their J, joined at the height of the lowest pass known."
    says = "Optima hang at their J, and two branches meet at the height of the lowest pass known (a disconnectivity graph)."
    return [Picture(pictures.disconnectivity(found.landscape, found.names), alt, says, of)]
