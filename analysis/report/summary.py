"""What a sweep came to, in a handful of sentences whose every number comes from its runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis import arms, causes
from analysis.between import Between
from analysis.objectives import Minimized
from analysis.report import duels as duel
from analysis.report import landscape
from analysis.report.optima import lowest_is_best
from analysis.tables import count
from nnexp.optima.distinct import rungs

GOAL = 0.05
"""The probability unseen above which more seeds are asked for."""


def summary(
    found: Sequence[Minimized],
    runs: pd.DataFrame,
    between: Between | None,
    duels: Sequence[arms.Duel],
    crossings: Sequence[causes.Crossing],
) -> list[str]:
    """The sentences at the head of a report."""
    said = [_asked(found, runs), _ended(runs), _how_many(found), _how_good(found), _how_often(found)]
    if between is not None:
        said += [landscape.how_far(between), f"{landscape.on_the_line(between)} {landscape.over_the_pass(between)}"]
    if duels:
        said += [duel.who_ends_where(duels), f"{duel.who_is_lower(duels)} {duel.how_tuned(duels)}"]
    said += [f"{each.label or 'Spread'}: {causes.verdict(each)}" for each in crossings[:1]]
    return [sentence for sentence in said if sentence]


def _asked(found: Sequence[Minimized], runs: pd.DataFrame) -> str:
    configurations = count(runs["configuration"].nunique(), "configuration")
    sizes = [len(each.runs) for each in found]
    each_from = f"{min(sizes):,}" if min(sizes) == max(sizes) else f"{min(sizes):,} to {max(sizes):,}"
    minimize = f"which minimize {count(len(found), 'different objective')} (data, net, loss and penalty)"
    return f"{count(len(runs), 'run')} of {configurations} were trained, {minimize}, {each_from} runs for each."


def _ended(runs: pd.DataFrame) -> str:
    at = int((runs["optimum"] != rungs.NONE).sum())
    words = f"From {at:,} of {count(len(runs), 'run')} ({at / len(runs):.0%}) the polish came to a local optimum{_rises(runs)}."
    rest = runs[runs["optimum"] == rungs.NONE]["endpoint"].fillna("not judged").value_counts()
    others = ", ".join(f"{n:,} {kind}" for kind, n in rest.items())
    return f"{words} The others: {others}." if others else words


def _rises(runs: pd.DataFrame) -> str:
    """For how many of them the way there rises, so that another optimum may have been nearer."""
    rises = int((runs["another_basin"].eq(True) & (runs["optimum"] != rungs.NONE)).sum())
    if not rises:
        return ""
    return f"; for {rises:,} of them J rises on the straight way there, so it may not be the one that training was nearest to"


def _how_many(found: Sequence[Minimized]) -> str:
    counts = [len(each.found.optima) for each in found]
    if max(counts) == 0:
        return "How many optima: none was reached, so there is nothing to count; train for longer, or with l2."
    richest, reached = found[int(np.argmax(counts))], [each for each in found if each.found.optima]
    one, several, none = counts.count(1), sum(n > 1 for n in counts), counts.count(0)
    lost = sum(not each.is_judged for each in found)
    kinds = f" (objectives with one: {one}, several: {several}"
    kinds += f", none: {none - lost}" if none > lost else ""
    kinds += f", not judged: {lost}; make judge judges them)" if lost else ")"
    per = f"{kinds}; the most, {max(counts)}, in {richest.words}"
    open_ended = sum(each.unseen.high > GOAL for each in reached)
    more = (
        f"For {open_ended} of {count(len(reached), 'objective')} with optima more than {GOAL:.0%} of runs from new seeds may "
        "yet show new ones."
    )
    optima = "1 distinct optimum" if sum(counts) == 1 else f"{sum(counts):,} distinct optima"
    return f"How many optima: {optima}{per if len(found) > 1 else ''}. {more}"


def _how_good(found: Sequence[Minimized]) -> str:
    several = [each for each in found if len(each.found.optima) > 1]
    if not several:
        return "How good: no objective has two optima, so that none is better than another."
    ratios = [each.found.optima[-1].J / each.found.optima[0].J for each in several if each.found.optima[0].J > 0.0]
    if not ratios:
        return lowest_is_best(several)
    apart = f"How good: where there are several, the highest optimum has {_quantiles(ratios)} times the J of the lowest"
    return f"{apart}. {lowest_is_best(several)}"


def _how_often(found: Sequence[Minimized]) -> str:
    several = [each for each in found if len(each.found.optima) > 1]
    if not several:
        return ""
    shares = [each.found.optima[0].share for each in several]
    if len(several) == 1:
        low, high = several[0].interval(0)
        return f"How often: {shares[0]:.1%} of runs reach the lowest known optimum ({low:.1%} to {high:.1%})."
    return (
        f"How often: in the {len(several)} objectives with several optima, the lowest known is reached by "
        f"{np.median(shares):.1%} of runs in the median, from {_where(several, min(shares))} to "
        f"{_where(several, max(shares))}."
    )


def _where(several: Sequence[Minimized], share: float) -> str:
    """A share, and the objective that has it, where a single one does."""
    those = [each for each in several if each.found.optima[0].share == share]
    return f"{share:.1%} ({f'objective {those[0].number}' if len(those) == 1 else f'{len(those)} objectives'})"


def _quantiles(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.3g}"
    return f"{min(values):.3g} to {max(values):.3g} (median {np.median(values):.3g})"
