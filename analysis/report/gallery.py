"""What do the optima of one objective look like?"""

from __future__ import annotations

import pandas as pd

from analysis.objectives import Minimized
from analysis.report.page import Part, Picture, Section, Table, Words
from nnexp.figures import catalogue as pictures
from nnexp.figures.style import NothingToDraw
from nnexp.optima.distinct import rungs

SHOWN = (
    *("id", "J", "train_loss", "test_loss", "test_error", "runs", "share", "share_low", "share_high"),
    *("first_seed", "least_eigenvalue", "units"),
)


def section(of: Minimized) -> Section:
    """A close look at the optima of one objective: a row and a picture each, and whether there are more."""
    number, found = (of.number,), of.found
    words = f"The optima of {of.words} are the best known of this sweep, so they are looked at closely."
    says = "The optima, the lowest J first. The least eigenvalue is the curvature of J in its flattest direction."
    rungs_say = "The J of each optimum, and the share of runs that reach it, with 95 % intervals."
    more = "Whether more runs would show more optima."
    parts: list[Part] = [
        Words(words),
        Table(table(of), says, number),
        Picture(pictures.rungs(found), "A ladder of the optima's J beside bars of their shares.", rungs_say, number),
        Picture(pictures.discovery(found), "Optima found and probability unseen, against runs spent.", more, number),
    ]
    return Section("close", "A close look at one objective", [*parts, *_maps(of)])


def table(of: Minimized) -> pd.DataFrame:
    """One row an optimum."""
    rows = of.found.frame()[list(SHOWN)]
    named = rows.assign(id=[f"{rungs.name(place)} ({each})" for place, each in enumerate(rows["id"])])
    return named.rename(columns={name: name.replace("_", " ") for name in SHOWN} | {"id": "optimum"})


def _maps(of: Minimized) -> list[Picture]:
    try:
        figure = pictures.gallery(of.found, of.runs.iloc[0])
    except NothingToDraw:
        return []
    alt = "For each optimum, the plane of the data colored by what the net says, and one by each hidden unit."
    return [Picture(figure, alt, "What the net of each optimum says, and its hidden units.", (of.number,))]
