"""Where does the spread over runs come from?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from nnexp.figures import fit, style
from nnexp.optima.spread import Split

MOST_PANELS = 6


def causes(splits: Mapping[str, Mapping[str, Split]]) -> Figure:
    """A Figure with a panel a configuration: the share of the variance that each set of causes has, with its 95 % interval.

    Args:
        splits: of each configuration in words, the split of each measure; at most MOST_PANELS are drawn.

    Raises:
        NothingToDraw: if there is none.
    """
    shown = [(label, made) for label, made in splits.items() if made][:MOST_PANELS]
    if not shown:
        raise style.NothingToDraw("there is no crossing of causes to split, or no run of it differs from another")
    sets = max(len(split.sets) for _, made in shown for split in made.values())
    figure, places = style.grid(len(shown), 2, 6.2, 0.9 + 0.34 * sets)
    colors = dict(zip(dict.fromkeys(name for _, made in shown for name in made), style.COLORS, strict=False))
    for axes, (label, made) in zip(places, shown, strict=True):
        for shift, (name, split) in zip(np.linspace(-0.2, 0.2, len(made)), made.items(), strict=True):
            at = np.arange(len(split.sets)) + shift
            axes.hlines(at, split.low, split.high, color=colors[name], alpha=0.4, linewidth=3.0)
            axes.scatter(split.share, at, s=26, color=colors[name], zorder=3)
        names = [" x ".join(parts) for parts in next(iter(made.values())).sets]
        axes.set_yticks(range(len(names)), style.rows(names)[0])
        style.tidy(axes, fit.plain(label), "share of the variance")
        axes.set(xlim=(-0.03, 1.03), ylim=(len(names) - 0.4, -0.6))
        axes.grid(axis="x", color=style.GREY, linewidth=0.4, alpha=0.6)
    dots = [style.dot(name, color) for name, color in colors.items()]
    style.legend(figure, [*dots, style.line("95 % interval", style.GREY, width=3.0)])
    return figure
