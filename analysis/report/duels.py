"""Does SGD end elsewhere than GD from the same initial weights, and lower?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.arms import ARMS, Duel, table
from analysis.report.page import Part, Picture, Section, Table, Words
from analysis.tables import count
from nnexp.figures import arms as pictures
from nnexp.figures.style import NothingToDraw

TITLE = "Does SGD end elsewhere than GD, and lower?"
NONE = "No objective was minimized by both GD and SGD from enough common starts; a sweep with optimizer=[gd,sgd] asks this."
LEVEL, FAIR = 0.05, 1.01
"""Of all tests together; up to how many times the other's cost counts as the same."""

HEADINGS = {
    "step_size_gd": "step size of GD",
    "step_size_sgd": "step size of SGD",
    "evaluations_gd": "gradient evaluations of GD",
    "evaluations_sgd": "gradient evaluations of SGD",
    "sgd_lower": "SGD lower",
    "gd_lower": "GD lower",
    "ratio_J": "J of SGD / of GD",
    "ratio_low": "from",
    "ratio_high": "to",
    "p_holm": "p (Holm)",
    "ratio_test_loss": "test loss of SGD / of GD",
    "settled": "both at an optimum",
    "elsewhere": "at different ones",
    "lowest_only_gd": "only GD at the least",
    "lowest_only_sgd": "only SGD at the least",
    "lowest_difference": "difference of shares",
    "lowest_p": "p (McNemar)",
}


def section(found: Sequence[Duel]) -> Section:
    """How the arms were tuned, who ends lower, who ends where."""
    if not found:
        return Section("duel", TITLE, [Words(NONE)])
    of = tuple(sorted({each.of.number for each in found}))
    rows, telling = table(found), sorted(found, key=lambda each: -each.elsewhere)[: pictures.MOST_PANELS]
    names = [each.of.name for each in telling]
    says = (
        "Where GD ends against where SGD ends from the same initial weights, bold where it is the same optimum. Each panel "
        f"holds the {seeds_compared(found)} seeds compared."
    )
    counts = pictures.transitions([each.transitions() for each in telling], names)
    alt = "Starts counted by the optimum where GD ends and the one where SGD ends, for " + "; ".join(names)
    parts: list[Part] = [
        Words(how_tuned(found)),
        Words(who_is_lower(found)),
        Words(who_ends_where(found)),
        Table(rows.rename(columns=HEADINGS), "GD and SGD, objective by objective.", of),
        _forest(found, of),
        Picture(counts, alt, says, tuple(sorted(each.of.number for each in telling))),
    ]
    return Section("duel", TITLE, parts)


def _forest(found: Sequence[Duel], of: tuple[int, ...]) -> Picture | Words:
    try:
        figure = pictures.forest(table(found))
    except NothingToDraw as reason:
        return Words(f"{reason}.")
    alt = "For each objective, the typical J of SGD over that of GD with its interval."
    return Picture(figure, alt, "Which of the two is lower where training stopped.", of)


def how_tuned(found: Sequence[Duel]) -> str:
    """What each arm was given, and whether it cost the same, in two sentences or three."""
    first = found[0]
    tried = {arm: max(each.tried[arm] for each in found) for arm in ARMS}
    seeds = f"on {count(len(first.tuned_on), 'seed')} and compared on the {len(first.pairs)} others"
    tuned = (
        f"For each objective {count(tried['gd'], 'way')} of GD and {tried['sgd']} of SGD were tried {seeds}, by the median J."
        if first.tuned_on
        else "There was nothing to tune, and all seeds are compared."
    )
    costs = _costs(found)
    paid = f"A run of GD took {costs['gd']:,.0f} gradient evaluations and one of SGD {costs['sgd']:,.0f}"
    fair = _factor(costs) <= FAIR
    unfair = ", so that which is lower where it stopped is no fair question here (sweep=duel asks it at equal cost)"
    rim = sum(bool(each.at_rim) for each in found)
    of = f"{rim} of {count(len(found), 'objective')}"
    short = f" In {of} the best step size is at the rim of those tried; a better may lie beyond."
    return f"{tuned} {paid}{': the same cost' if fair else unfair}.{short if rim else ''}"


def seeds_compared(found: Sequence[Duel]) -> str:
    """How many starts are compared in each duel, in words."""
    sizes = sorted({len(each.pairs) for each in found})
    return f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"


def _costs(found: Sequence[Duel]) -> dict[str, float]:
    """Gradient evaluations of a run of each arm, in the median."""
    return {
        arm: float(np.median([each.pairs[f"gradient_evaluations_{arm}"].median() for each in found])) for arm in ARMS
    }


def _factor(costs: dict[str, float]) -> float:
    """How many times the cheaper arm's cost the dearer one's is."""
    return max(costs.values()) / max(min(costs.values()), 1.0)


def _price(found: Sequence[Duel]) -> str:
    """What the dearer arm pays, as a sentence's beginning; nothing where both pay the same."""
    costs = _costs(found)
    if _factor(costs) <= FAIR:
        return ""
    return (
        f"With {_factor(costs):.3g} times the gradient evaluations of {'SGD' if costs['gd'] > costs['sgd'] else 'GD'}, "
    )


def who_is_lower(found: Sequence[Duel]) -> str:
    """Which is lower where training stopped, and in how many objectives beyond chance, in two sentences or three."""
    rows = table(found)
    sure = rows["p_holm"] < LEVEL
    sgd = int((sure & (rows["sgd_lower"] > rows["gd_lower"])).sum())
    gd = int((sure & (rows["sgd_lower"] < rows["gd_lower"])).sum())
    ratio = rows["ratio_J"].median()
    typical = f" In the median objective SGD's J is {ratio:.3g} times GD's." if np.isfinite(ratio) else ""
    lost = int(rows["diverged"].sum())
    more = f" In {count(lost, 'pair')} a run diverged; they are in no test." if lost else ""
    costs, objectives = _costs(found), count(len(rows), "objective")
    stops = {"gd": ("GD", gd, "SGD", sgd), "sgd": ("SGD", sgd, "GD", gd)}[max(costs, key=lambda arm: costs[arm])]
    first = f"{_price(found)}{stops[0]} stops lower in {stops[1]} of {objectives}, {stops[2]} in {stops[3]}"
    return (
        f"{first}, and {len(rows) - sgd - gd} cannot be told apart (Wilcoxon's signed rank test, 5 % after Holm)."
        f"{typical}{more}"
    )


def who_ends_where(found: Sequence[Duel]) -> str:
    """Whether the two end at other optima, and which reaches the lowest, in two sentences."""
    settled, elsewhere = sum(each.settled for each in found), sum(each.elsewhere for each in found)
    if not settled:
        return "Does SGD end elsewhere? In no pair did both runs end at an optimum, so it cannot be said."
    only = (sum(each.lowest.only_second for each in found), sum(each.lowest.only_first for each in found))
    asked = [each for each in found if each.settled]
    sure = sum(each.lowest.p < LEVEL / len(asked) for each in asked)
    return (
        f"Does SGD end elsewhere? Of {count(settled, 'pair')} from the same initial weights in which both end at an optimum, "
        f"{elsewhere:,} ({elsewhere / settled:.0%}) end at different ones; an end is where the polish landed, which need not "
        f"be the optimum nearest to where training stopped. SGD alone reaches the lowest known in {count(only[0], 'pair')}, GD "
        f"alone in {only[1]:,}; in {sure} of {count(len(asked), 'objective')} that is beyond chance (McNemar's exact test, "
        "5 % over all of them)."
    )
