"""The figures of a comparison by file name, each with what is needed to make it or to say why it cannot be made."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure

from nnexp.figures import boundary, curves, fit, losses, style
from nnexp.figures.overview import overview, telling
from nnexp.figures.style import NothingToDraw
from nnexp.optima import seeds

MOST_CURVES = 4


def pictures(runs: pd.DataFrame) -> dict[str, Callable[[], Figure]]:
    """How to make each figure, by file name; making it may raise `NothingToDraw`, which says why."""
    return {
        "overview.png": lambda: overview(runs),
        "distribution.png": lambda: losses.distribution(runs),
        "boundaries.png": lambda: best_and_worst(runs),
        "through_training.png": lambda: through_training(runs),
        "curves.png": lambda: loss_curves(runs),
        "gd_beside_sgd.png": lambda: losses.duel(runs),
    }


def picture(file: str, runs: pd.DataFrame) -> Figure | str:
    """The figure of this file name, or the sentence that says why there is none."""
    try:
        return pictures(runs)[file]()
    except NothingToDraw as reason:
        return str(reason)


def best_and_worst(runs: pd.DataFrame) -> Figure:
    """The best and the worst seed of each telling configuration side by side, two configurations a row."""
    keys = seeds.varying(runs)
    shown, titles = [], []
    for configuration in telling(runs):
        group = runs[runs["configuration"] == configuration]
        ends = seeds.representatives(group)
        for role in ("best", "worst") if ends else ():
            shown.append(ends[role])
            words = fit.plain(seeds.label(group.iloc[0], keys))
            titles.append(f"{words}\n{role}: seed {ends[role]['init_seed']}".strip())
    if not shown:
        raise NothingToDraw("there are no best and worst seeds: every run diverged; take a smaller step_size")
    return boundary.panels(shown, titles)


def through_training(runs: pd.DataFrame) -> Figure:
    """Best, median and worst seed at each kept step, of the configuration whose seeds end furthest apart."""
    return boundary.through_training(seeds.representatives(_of(runs, widest(runs))))


def widest(runs: pd.DataFrame) -> str:
    """The configuration whose seeds end furthest apart, else the first one told of."""
    chosen = telling(runs)
    return next((name for name, reason in chosen.items() if "furthest" in reason), next(iter(chosen)))


def loss_curves(runs: pd.DataFrame) -> Figure:
    """Loss curves of the telling configurations, by gradient evaluations where GD and SGD are among them."""
    chosen = _of(runs, *list(telling(runs))[:MOST_CURVES])
    made = curves.bands(chosen, "gradient evaluations" if chosen["optimizer"].nunique() > 1 else "steps")
    shown, n = (rows["configuration"].nunique() for rows in (chosen, runs))
    if shown < n:
        said = f"{fit.plain(seeds.data_and_loss(chosen.iloc[0]))}: {shown} of {n} configurations"
        made.suptitle(said, fontsize=style.TITLE, color=style.INK)
    return made


def _of(runs: pd.DataFrame, *configurations: str) -> pd.DataFrame:
    return runs[runs["configuration"].isin(configurations)]
