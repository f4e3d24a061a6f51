"""L3 to L7: step functions as outputs and as features, and hand-set nets that are made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from analysis import hand_set
from analysis.experiment import Endpoints, Finding
from analysis.lecture import words
from analysis.lecture.claims import above, every, same, within
from analysis.lecture.maps import Maps, maps, points
from analysis.lecture.row import Row
from nnexp.figures.surfaces import Panel, grid

XY = ("x1", "x2")
PLANET, PLANETS = ("x1: distance", "x2: star size"), ((-2.5, 8.5), (-2.6, 8.7))
WEATHER, DAYS = ("p: precipitation", "T: temperature"), ((-0.5, 5.5), (-12.0, 47.0))
REACH = 0.7
"""How far from the threshold the deepest colors lie, for weighted sums."""
SMALL, WEDGE = ((-3.0, 3.0), (-3.0, 3.0)), ((-2.0, 8.0), (-2.0, 8.0))
SQUARE, SHARE = (-2.0, 8.0), 0.68
"""Of the square of planets, the part outside of the band."""
NEAR = 1e-300
"""The least number above 0 at which the step is looked at."""


def story(ends: Endpoints, shown: Maps, symbols: Sequence[str]) -> list[Panel]:
    """A row of panels: the surface of each feature, that of their weighted sum, and the labels from above."""
    said = words.features(ends, symbols)
    features = [Panel(each, shown.feature(i)) for i, each in enumerate(said)]
    labels = Panel("label 1 where z > 0", shown.sum(), "labels", points(ends))
    return [*features, Panel(words.output(ends), shown.sum(reach=REACH)), labels]


def one_step(ends: Sequence[Endpoints]) -> Figure:
    """The sum of one unit, its output, and the same from above."""
    shown = maps(ends[0], *SMALL, XY)
    step = Panel("output = step(z): 1 where z > 0, else 0", shown.says())
    labels = Panel("seen from above; 0 on the line too", shown.sum(), "labels", points(ends[0]))
    return grid([[Panel("z = $W^T x + W_0$", shown.sum()), step, labels]], threshold="threshold (z = 0)")


def strict(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That the output is 0 or 1, and 0 on the line."""
    yield hand_set.labels("one unit with a step: labels of the listed points", ends[0])
    shown = maps(ends[0], *SMALL, XY)
    yield same("values that the output takes", [0.0, 1.0], np.unique(shown.guess).tolist())
    said = _step(np.array([-NEAR, -0.0, 0.0, NEAR]))
    yield same("step(z) just below 0, at -0, at 0, just above 0", [0.0, 0.0, 0.0, 1.0], said.tolist())


def _step(z: Any) -> Any:
    from nnexp.parts import registry

    return registry.make("activation", "step").value(z, np.empty_like(z))


def two_steps(ends: Sequence[Endpoints]) -> Figure:
    """Two step features, their weighted sum with four heights, and the labels."""
    return grid([story(ends[1], maps(ends[1], *WEDGE, XY), XY)])


def same_hypothesis(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That features=steps under a linear classifier are a net with two step units."""
    names = ("step features, linear classifier on top", "net with two step units")
    for name, each in zip(names, ends, strict=True):
        yield hand_set.labels(f"{name}: labels of the points", each)
    first, second = (maps(each, *WEDGE, XY) for each in ends)
    yield every("both say the same, on a grid", first.guess == second.guess)
    heights = [-2.5, -1.5, -0.5, 0.5]
    yield same("heights of the weighted sum 2 f1 + f2 - 2.5", heights, np.unique(second.z).tolist())


def planets(ends: Sequence[Endpoints]) -> Figure:
    """The band, label 0 and then label 1 in it."""
    rows = [story(each, maps(each, *PLANETS, PLANET), XY) for each in ends[:2]]
    return grid(rows, ("label 0 in the band", "the reverse"))


def band(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That the listed planets get their labels, those drawn at random too, and how much is labelled 1."""
    for name, each, share in (("band", ends[0], SHARE), ("reverse", ends[1], 1.0 - SHARE)):
        yield hand_set.labels(f"{name}: labels of the points", each)
        found = hand_set.share(each, *SQUARE)
        near = abs(found - share) <= 1.0 / hand_set.PER_SIDE
        yield Finding(f"{name}: area labelled 1 in the picture", f"{share:.0%}", f"{found:.2%}", near)
    yield hand_set.labels("band: labels of planets drawn at random", ends[2])


def moved(ends: Sequence[Endpoints]) -> Figure:
    """Old above new: only the line of the second feature was moved."""
    old, new = (maps(each, *PLANETS, PLANET) for each in ends)
    rows = [_lines_and_sum(old, ends[0], None), _lines_and_sum(new, ends[1], old)]
    return grid(rows, ("old", "new: the line of $f_2$ moved"))


def _lines_and_sum(shown: Maps, ends: Endpoints, old: Maps | None) -> list[Panel]:
    """The features and the labels from above, the weighted sum as a surface, what was before dashed."""
    before = [None, None] if old is None else [None, old.feature(1)]
    said = words.features(ends, XY)
    features = [Panel(said[i], shown.feature(i), "above", old=before[i]) for i in range(2)]
    labels = Panel("label 1 where z > 0", shown.sum(), "labels", points(ends), None if old is None else old.sum())
    return [*features, Panel(words.output(ends), shown.sum(reach=REACH)), labels]


def other_hypothesis(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That one feature was moved, the hypothesis with it, and that features which overlap add up to 2."""
    for name, each in zip(("old", "new"), ends, strict=True):
        yield hand_set.labels(f"{name}: labels of the points", each)
    old, new = (maps(each, *PLANETS, PLANET) for each in ends)
    yield every("feature 1 is as it was, on a grid", old.features[0] == new.features[0])
    changed = float((old.guess != new.guess).mean())
    yield above("share of the picture whose label changed", 100.0 * changed, 20.0, " %")
    yield same("values of f1 + f2 before", [0.0, 1.0], np.unique(old.features.sum(axis=0)).tolist())
    yield same(
        "values of f1 + f2 after: 2 where both are 1", [0.0, 1.0, 2.0], np.unique(new.features.sum(axis=0)).tolist()
    )


def run(ends: Sequence[Endpoints]) -> Figure:
    """Three features, their weighted sum, and when to go."""
    rows = [story(ends[0], maps(ends[0], *DAYS, WEATHER), ("p", "T"))]
    return grid(rows, labels=("0: stay at home", "1: go for a run"))


def when_to_run(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That the listed days get their labels, and days drawn at random too."""
    for name, each in zip(("listed days", "days drawn at random"), ends, strict=True):
        yield hand_set.labels(f"{name}: labels of the points", each)
    shown = maps(ends[0], *DAYS, WEATHER)
    all_three = shown.features.sum(axis=0) == 3.0
    yield every("label 1 just where all three features are 1, on a grid", (shown.guess[0] > 0.5) == all_three)
    area = 2.5 / 6.0 * 25.0 / 59.0
    yield within(f"share of the picture labelled 1, off {area:.2%} by", abs(float(all_three.mean()) - area), 0.02)


ROWS = (
    Row(
        "L3",
        "The output of a classifier is a step",
        "A classifier's output, plotted as a function of the inputs, is the indicator or step function: 1 where z > "
        "0, and 0 elsewhere, also at z = 0.",
        "What does the output look like above the plane of its inputs, and what is it for a point right on the line?",
        "A tilted plane; beside it a cliff, 0 on one side of the line and 1 on the other; and the same from above with "
        "points, among them three on the line that are labelled 0.",
        ("l03_step",),
        one_step,
        strict,
    ),
    Row(
        "L4",
        "Step functions as features",
        "Take step functions as features: phi_i(x) = step(w_i'x + w0_i). These features have parameters of their own. "
        "A linear classifier stands on top.",
        "Two steps are weighted and added. How many heights can the sum have, and where is it above 0?",
        "Two cliffs along different lines; their weighted sum, a landscape of four flat heights; and the labels from "
        "above, 1 in the one wedge where both features are 1.",
        ("l04_step_features",),
        two_steps,
        same_hypothesis,
    ),
    Row(
        "L5",
        "Habitable zone",
        "Planets by distance and star size: label 1 on the two outer sides, too hot or too cold, and 0 in the band "
        "between. Two step features do it; turned signs give the reverse.",
        "Each feature is 1 on one outer side. Which weights and which offset on top label the band 0, and which label "
        "it 1?",
        "Two rows of panels: each of the two steps, their weighted sum, and the labels from above. Above, both outer "
        "sides are labelled 1 and the diagonal band 0; below, the reverse.",
        ("l05_habitable_zone",),
        planets,
        band,
    ),
    Row(
        "L6",
        "Moving a feature's line",
        "The features have parameters (w, w0). Move one feature's line, and the hypothesis changes; where features "
        "overlap they add up to 2.",
        "The line of feature 2 is turned, all else stays. Which parts of the plane change their label, and how high "
        "is the sum?",
        "Old above new: both features from above, the weighted sum as a surface, the labels. The second feature's "
        "line is turned, its old place dashed; where both features are 1 a second, higher plateau rises.",
        ("l06_moved_line",),
        moved,
        other_hypothesis,
    ),
    Row(
        "L7",
        "Go for a run",
        "Run where precipitation is not too high, and temperature neither too hot nor too cold: three step features, "
        "added and compared with 2.5.",
        "Three conditions must hold at once. With what must the sum of the three features be compared?",
        "Three steps along lines at 2 mm/h, 30 and 5 degrees; their sum with plateaus up to 3 - 2.5 = 0.5; and from "
        "above, label 1 in a rectangle of little rain and middle temperatures.",
        ("l07_go_for_a_run",),
        run,
        when_to_run,
    ),
)
