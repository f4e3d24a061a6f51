"""What do the results look like: each peer's time divided by ours, one panel a workload, on a log axis?"""

import math

from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from bench.race import PEERS
from bench.workloads import WORKLOADS
from nnexp.figures import style

MARKERS = ("o", "s", "^")
COLORS = ("#222222", "#0072B2", "#D55E00", "#E69F00", "#56B4E9", "#CC79A7", "#882255", "#009E73", "#999933")
LEAST, MOST, APART = 6e-3, 2e4, 0.27


def picture(results):
    """A Figure with a panel for each workload; a marker a number of runs, a color a peer."""
    letters = sorted({result.workload for result in results})
    made, panels = style.grid(len(letters), len(letters), 2.75, 4.6)
    names = [peer.NAME for peer in PEERS[1:]]
    for axes, letter in zip(panels, letters, strict=True):
        panel(axes, WORKLOADS[letter], [result for result in results if result.workload == letter], names)
    for axes in panels[1:]:
        axes.tick_params(labelleft=False)
    style.legend(made, marks(results))
    return made


def panel(axes, workload, results, names):
    """One workload's peers, from the top in the order of `names`."""
    counts = sorted({result.runs for result in results})
    style.tidy(axes, f"{workload.letter}: {short(workload)}", "time / nnexp's time")
    axes.set(
        xscale="log", xlim=(LEAST, MOST), ylim=(len(names) - 0.5, -0.5), yticks=range(len(names)), yticklabels=names
    )
    axes.xaxis.set_major_locator(LogLocator(numticks=20))
    axes.xaxis.set_major_formatter(FuncFormatter(plain))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="y", length=0)
    for row in range(0, len(names), 2):
        axes.axhspan(row - 0.5, row + 0.5, color=style.PALE, zorder=0)
    axes.grid(axis="x", color=style.GREY, linewidth=0.4, alpha=0.7)
    axes.axvline(1.0, color=style.INK, linewidth=1.2)
    for result in results:
        if result.peer in names:
            row, i = names.index(result.peer), counts.index(result.runs)
            place = row + APART * (i - 0.5 * (len(counts) - 1))
            axes.plot(result.ratio, place, **look(MARKERS[size(result.runs)], COLORS[row]))


def size(runs):
    """0 for one run, 1 for some dozens, 2 for a thousand."""
    return 0 if runs == 1 else 1 if runs < 1000 else 2


def look(marker, color):
    return {"marker": marker, "color": color, "markersize": 6, "markeredgecolor": "white", "linestyle": ""}


def marks(results):
    """What the markers mean."""
    some = sorted({result.runs for result in results if size(result.runs) == 1}, reverse=True)
    labels = ["1 run", f"{' or '.join(map(str, some))} runs", "1,024 runs"]
    dots = [
        Line2D([], [], label=label, **look(marker, style.INK)) for label, marker in zip(labels, MARKERS, strict=True)
    ]
    return [*dots, style.line("nnexp; right of it is slower", width=1.2)]


def short(workload):
    """The net and the descent, without the rest."""
    return f"{'-'.join(map(str, workload.sizes))}, " + workload.title.split(", ")[-1]


def plain(value, place):
    return f"{value:,g}" if round(math.log10(value)) % 2 == 0 else ""
