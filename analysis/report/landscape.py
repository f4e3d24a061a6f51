"""How far apart are the optima of one objective, and what lies between them?"""

from __future__ import annotations

import numpy as np

from analysis.between import Between
from analysis.report.page import Picture, Section, Table, Words
from nnexp.figures import landscape as pictures
from nnexp.optima.distinct import rungs

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
    free = int((over <= FLAT).sum())
    return (
        f"What lies between: on the straight line between two of them J climbs {np.median(over):.3g} above the worse end in "
        f"the median pair ({np.median(before):.3g} before matching), and {free} of {len(over)} lines climb nothing."
    )


def over_the_pass(found: Between) -> str:
    """What the lowest ways known cross, in a sentence."""
    if found.landscape is None:
        return "The net is too large for its passes to be looked for here."
    climbs = found.passes - found.lines.J.max(axis=1)
    known = np.isfinite(climbs)
    if not known.any():
        return "No pass between them was found."
    ways, new = found.landscape.ways, int(found.landscape.found.sum())
    more = f" On the way {new} more optima turned up that no run had reached." if new else ""
    return (
        f"The lowest way known climbs {np.median(climbs[known]):.3g} in the median pair: {known.sum()} of {len(known)} pairs "
        f"are joined, and {ways.certified.sum()} of {len(ways.J)} ways lead over a proved saddle.{more}"
    )


def _tree(found: Between, of: tuple[int, ...]) -> list[Picture]:
    """The disconnectivity graph, where passes are known."""
    if found.landscape is None or not len(found.landscape.ways.J):
        return []
    alt = "A tree whose leaves are optima at their J, joined at the height of the lowest pass known."
    says = "Optima hang at their J, and two branches meet at the height of the lowest pass known (a disconnectivity graph)."
    named = zip(found.landscape.number, found.chosen, strict=True)
    numbers = ", ".join(f"{number} is optimum {rungs.name(place)}" for number, place in named if number >= 0)
    return [
        Picture(pictures.disconnectivity(found.landscape), alt, f"{says} It has numbers of its own: {numbers}.", of)
    ]
