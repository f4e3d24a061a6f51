"""What do the optima of one objective look like?"""

from __future__ import annotations

import pandas as pd

from analysis.between import LARGEST, MOST_OPTIMA
from analysis.objectives import Minimized
from analysis.report.page import Part, Picture, Section, Table, Words
from nnexp.figures import catalogue as pictures
from nnexp.figures.style import NothingToDraw
from nnexp.optima.distinct import rungs

SHOWN = (
    *("id", "J", "train_loss", "test_loss", "test_error", "runs", "share", "share_low", "share_high"),
    *("first_seed", "least_eigenvalue", "units"),
)


MOST_REACHED, FEWEST = "the most strict optima that were reached more than once", "the fewest optima, but more than one"


def section(of: Minimized, goal: float | None = None) -> Section:
    """A close look at the optima of one objective: a row and a picture each, and whether there are more.

    goal: the probability unseen at which the sweep was to stop spending seeds, where it said one.
    """
    number, found, seeds = (of.number,), of.found, of.runs["init_seed"].to_numpy()
    among = "of the small nets " if of.recalled.theta.size <= LARGEST else ""
    why = MOST_REACHED if len(found.optima) <= MOST_OPTIMA else FEWEST
    words = f"{of.words.capitalize()} is looked at closely: {among}it has {why}."
    says = "The optima, the lowest J first. The least eigenvalue is the curvature of J in its flattest direction."
    rungs_say = "The J of each optimum, and the share of runs that reach it, with 95 % intervals over seeds."
    more = "Whether more seeds would show more optima."
    parts: list[Part] = [
        Words(words),
        Table(table(of), says, number),
        Picture(
            pictures.rungs(found, seeds), "A ladder of the optima's J beside bars of their shares.", rungs_say, number
        ),
        Picture(
            pictures.discovery(found, seeds, goal), "Optima found and probability unseen, by seeds spent.", more, number
        ),
    ]
    return Section("close", "A close look at one objective", [*parts, *_maps(of)])


def table(of: Minimized) -> pd.DataFrame:
    """One row an optimum."""
    rows = of.found.frame()[list(SHOWN)]
    low, high = zip(*(of.interval(place) for place in range(len(rows))), strict=True)
    names = [rungs.name(place) for place in range(len(rows))]
    named = rows.assign(id=names, share_low=low, share_high=high)
    return named.rename(columns={name: name.replace("_", " ") for name in SHOWN} | {"id": "optimum"})


def _maps(of: Minimized) -> list[Picture]:
    try:
        figure = pictures.gallery(of.found, of.runs.iloc[0])
    except NothingToDraw:
        return []
    alt = "For each optimum, the plane of the data colored by what the net says, and one by each hidden unit."
    return [Picture(figure, alt, "What the net of each optimum says, and its hidden units.", (of.number,))]
