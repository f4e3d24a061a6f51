"""One picture of a sweep: three or four telling configurations, where their seeds end, and what that looks like.

Each row is a configuration: the boundaries of its best, median and worst seed, and beside them the final J of every seed.
Configurations are chosen among those whose J can be compared: one data set, one loss.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnexp.figures import boundary, fit, style
from nnexp.figures.losses import ALIKE, log_if_positive, ranking, row_of_dots
from nnexp.figures.plane import plane
from nnexp.frames import recall
from nnexp.optima import seeds

ROLES = ("best", "median", "worst")
WIDTH, ROW = 12.0, 2.05
LEAST = 3


def overview(runs: pd.DataFrame) -> Figure:
    """A Figure, 1200 pixels wide: best, median and worst seed of telling configurations, beside every seed's final J.

    Args:
        runs: rows of a frame with curves. Where every run diverged, the picture says so.
    """
    chosen = telling(runs)
    made = style.figure(WIDTH, ROW * len(chosen) + 1.1)
    places = made.subplots(len(chosen), 4, squeeze=False, width_ratios=[1.0, 1.0, 1.0, 2.1])
    groups = {reason: runs[runs["configuration"] == configuration] for configuration, reason in chosen.items()}
    for line, (reason, group) in zip(places, groups.items(), strict=True):
        _boundaries(line[:3], group)
        _strip(line[3], group, pd.concat(groups.values())["J"], _words(group, runs, reason))
    for axes in places[:-1, 3]:
        axes.tick_params(labelbottom=False)
    places[-1, 3].set_xlabel("J at the end of training, one dot a seed", fontsize=style.TEXT, color=style.INK)
    _explain(made, runs, pd.concat(groups.values()))
    return made


def telling(runs: pd.DataFrame) -> dict[str, str]:
    """At most four configurations by id, each with why it is shown; of the data set and loss with most configurations.

    They are the one with the lowest median J, the one whose seeds end furthest apart and the one whose seeds end closest
    together (by the ratio of worst to best J, or their difference where J may be 0), and the one with the highest median J;
    where that is less than LEAST, the one in the middle of the ranking too.
    """
    counts = runs.groupby(ALIKE, sort=False)["configuration"].transform("nunique")
    first = runs[counts == counts.max()].iloc[0]
    alike = runs[(runs[ALIKE] == first[ALIKE]).all(axis=1)]
    order = ranking(alike[alike["J"].notna()])
    if not order:
        return {str(first["configuration"]): "every seed diverged"}
    if len(order) == 1:
        return {order[0]: "the only one with a final J" if runs["configuration"].nunique() > 1 else ""}
    spread = _spread(alike).loc[order]
    asked = {
        "lowest median J": order[0],
        "seeds furthest apart": str(spread.idxmax()),
        "seeds closest together": str(spread.idxmin()),
        "highest median J": order[-1],
    }
    middle = order[len(order) // 2]
    if len(set(asked.values())) < LEAST and middle not in asked.values():
        asked["in the middle of the ranking"] = middle
    return _reasons(asked)


def _reasons(asked: dict[str, str]) -> dict[str, str]:
    """Configurations by id with their reasons, each once."""
    found: dict[str, str] = {}
    for reason, configuration in asked.items():
        found[configuration] = f"{found[configuration]}, {reason}" if configuration in found else reason
    return found


def _spread(runs: pd.DataFrame) -> pd.Series:
    """How far apart the seeds of each configuration end, by its id."""
    J = runs.groupby("configuration", sort=False)["J"]
    low, high = J.min(), J.max()
    return high / low if (low.dropna() > 0.0).all() else high - low


def _words(group: pd.DataFrame, runs: pd.DataFrame, reason: str) -> str:
    said = seeds.label(group.iloc[0], [key for key in seeds.varying(runs) if key.split(".")[0] not in ALIKE])
    return f"{fit.plain(said)}\n{reason}".strip()


def _boundaries(line: Any, group: pd.DataFrame) -> None:
    """The best, median and worst seed of one configuration."""
    shown = seeds.representatives(group)
    for axes, role in zip(line, ROLES, strict=True):
        if role in shown:
            boundary.panel(axes, shown[role], scale=0.4, tested=False)
            title = f"{role}: seed {shown[role]['init_seed']}, {boundary.J(shown[role])}"
            axes.set_title(title, fontsize=style.TEXT, color=style.INK)
        else:
            style.says(axes, "diverged", style.RED)
        axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
        style.framed(axes)


def _strip(axes: Axes, group: pd.DataFrame, every: pd.Series, words: str) -> None:
    """The final J of one configuration's seeds, on the axis that all rows share."""
    style.tidy(axes)
    axes.set_title(words, fontsize=style.TEXT, color=style.INK, loc="left")
    row_of_dots(axes, group, 0.0, area=46.0)
    log_if_positive(axes, every)
    axes.set(ylim=(0.75, -0.75), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=style.GREY, linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)


def _explain(made: Figure, runs: pd.DataFrame, shown: pd.DataFrame) -> None:
    first = shown.iloc[0]
    data = recall(first).configuration.data
    sizes = runs.groupby("configuration").size()
    seeds_each = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
    many, n = shown["configuration"].nunique(), runs["configuration"].nunique()
    some = f"{many} of {n} configurations, each trained" if n > 1 else "the same net trained"
    title = f"{fit.plain(seeds.data_and_loss(first))}: {some} from {seeds_each} random seeds"
    note = plane(data).note
    made.suptitle(f"{title}\n{note}".strip(), fontsize=style.TEXT if note else style.TITLE, color=style.INK)
    marks = [style.dot("one seed", style.BLUE), style.dot("best seed", style.ORANGE), style.tick("median over seeds")]
    style.legend(made, [*boundary.key([first], tested=False), *marks], columns=8)
