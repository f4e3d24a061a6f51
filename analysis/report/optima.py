"""Where did training end, which optima are there, how often is each reached, and how good is it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.objectives import Minimized
from analysis.report.page import Part, Picture, Section, Table, Words
from analysis.tables import count
from nnexp.configuration import WAYS
from nnexp.figures import ladders
from nnexp.figures.style import NothingToDraw
from nnexp.optima import seeds
from nnexp.optima.distinct import rungs

MOST_BARS = 40
HOW = (
    "Each row is one objective. 'All there may be' is Chao's estimate, a lower bound; 'unseen' is the probability that a run "
    "from one more seed shows a new optimum, with its upper bound. 'Worst over lowest' compares the J of the highest and the "
    "lowest optimum. What was not judged is left empty."
)
SEEDS = (
    "runs from one seed often end alike, so intervals and 'unseen' are over seeds: each counts once, by the mean over the ways "
    "in which it was trained; 'unseen' is the share of a seed's runs that end where no other seed does."
)


def ends(found: Sequence[Minimized], runs: pd.DataFrame) -> Section:
    """What kind of end every run came to."""
    counts = ladders.kind_of_end(runs).value_counts()
    said = ", ".join(f"{n:,} {kind} ({n / len(runs):.0%})" for kind, n in counts.items())
    moved = int(runs["another_basin"].eq(True).sum())
    basin = (
        f" For {count(moved, 'run')} J rises somewhere on the straight way from where training stopped to the end: downhill "
        "leads round that rise, or into another basin than the nearest."
    )
    names = {each.number: each.name for each in found[:MOST_BARS]}
    figure = ladders.ends(runs[runs["objective"].isin(names)], names)
    alt = f"A bar for each objective with the share of its runs by kind of end. Over all runs: {said}."
    parts: list[Part] = [
        Words(f"{said}.{basin if moved else ''}"),
        Picture(figure, alt, "Ends of all runs, by objective."),
    ]
    return Section("ends", "Where training ended", parts)


def optima(found: Sequence[Minimized], runs: pd.DataFrame) -> Section:
    """The optima of each objective: how many, how good, how often."""
    several = [each for each in found if len(each.found.optima) > 1]
    says = "How many optima each objective has shown, and how good and how often reached the lowest is."
    words = [Words(said) for said in (HOW, seeds_and_ways(found)) if said]
    parts: list[Part] = [*words, Table(table(found), says), _ladders(several, runs), *_tested(several)]
    return Section("optima", "The optima, and how often each is reached", parts)


def seeds_and_ways(found: Sequence[Minimized]) -> str:
    """That runs of an objective share seeds, in a sentence; nothing where each has its own."""
    sizes = {(len(each.runs), int(each.runs["init_seed"].nunique())) for each in found}
    if all(runs == n for runs, n in sizes):
        return ""
    runs, n = max(sizes)
    said = f"{count(runs, 'run')} are {count(n, 'seed')}"
    trained = f", each trained in {runs // n} ways" if runs % n == 0 else " trained in several ways"
    return f"{said}{trained}{'' if len(sizes) == 1 else ' (in the largest)'}; {SEEDS}"


def _ladders(several: Sequence[Minimized], runs: pd.DataFrame) -> Picture | Words:
    """The rungs that each way of training reaches."""
    shown = best_known(several, ladders.MOST_PANELS)
    keys = [key for key in seeds.varying(runs) if key.split(".")[0] in WAYS]
    try:
        figure = ladders.ladders([each.runs for each in shown], [each.name for each in shown], keys)
    except NothingToDraw:
        return Words("No objective has two optima, so there is no ladder to draw.")
    alt = "Circles at the J of the optima that each configuration reaches, for " + "; ".join(
        each.name for each in shown
    )
    says = "On which rungs the runs of each way of training end. Never a mean: between two optima no run ends."
    return Picture(figure, alt, says, numbers(shown))


def best_known(several: Sequence[Minimized], most: int) -> list[Minimized]:
    """The objectives that are drawn: those with most optima reached more than once, in the order of the sweep."""
    first = sorted(several, key=lambda each: -int((each.found.counts > 1).sum()))[:most]
    return sorted(first, key=lambda each: each.number)


def numbers(shown: Sequence[Minimized]) -> tuple[int, ...]:
    """The numbers of some objectives."""
    return tuple(each.number for each in shown)


def table(found: Sequence[Minimized]) -> pd.DataFrame:
    """One row an objective."""
    return pd.DataFrame([_row(each) for each in found])


def _row(each: Minimized) -> dict[str, Any]:
    optima = each.found.optima
    row: dict[str, Any] = {"objective": each.name, "runs": len(each.runs)}
    if each.is_judged:
        row |= {
            "at an optimum (share)": float((each.runs["optimum"] != rungs.NONE).mean()),
            "optima": len(optima),
            "all there may be": each.all_there_may_be.value if optima else None,
            "unseen": each.unseen.value,
            "unseen at most": each.unseen.high,
        }
    if optima:
        low, high = each.interval(0)
        row |= {
            "lowest J": optima[0].J,
            "reach the lowest (share)": optima[0].share,
            "share, from": low,
            "share, to": high,
            "worst over lowest": optima[-1].J / optima[0].J if optima[0].J > 0.0 else None,
            "test error of the lowest": optima[0].test_error,
        }
    return row | ({"borderline pairs": len(each.found.borderline)} if each.is_judged else {})


def _tested(several: Sequence[Minimized]) -> list[Words | Picture]:
    """Whether the lowest optimum is the one that tests best."""
    shown = best_known(
        [each for each in several if rungs.tested(each.found.frame())["J_rank_of_best"] > 0], ladders.MOST_PANELS
    )
    words = Words(lowest_is_best(several))
    if not shown:
        return [words]
    figure = ladders.tested([each.found.frame() for each in shown], [each.name for each in shown])
    alt = "Test loss against J of the optima of " + "; ".join(each.name for each in shown)
    says = "The test loss of each optimum against its J; larger circles are reached by more runs."
    return [words, Picture(figure, alt, says, numbers(shown))]


def lowest_is_best(several: Sequence[Minimized]) -> str:
    """Whether the lowest optimum is what you want, in a sentence."""
    said = [(each, tested) for each in several if (tested := rungs.tested(each.found.frame()))["J_rank_of_best"] > 0]
    if not said:
        return "Whether the lowest optimum is also the best on test data cannot be told: none has another one and test data."
    best = sum(tested["J_rank_of_best"] == 1 for _, tested in said)
    where, most = max(said, key=lambda pair: pair[1]["regret"])
    more = (
        f"; where it has not, another one's is lower, most so in {where.words}, by {most['regret']:.2g}"
        if best < len(said)
        else ""
    )
    of = f"In {best} of the {len(said)} objectives" if len(said) > 1 else f"In {best} of the 1 objective"
    return (
        f"Is the lowest optimum what you want? {of} with several optima and test data, the one with the least J has also the "
        f"least test loss{more}."
    )
