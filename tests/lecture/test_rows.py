"""Has every row of the lecture what a row needs, and does every claim hold, and could it fail?"""

import boxes
import matplotlib.figure
import numpy as np
import pytest
from spoiled import spoilings

import nnexp
from analysis.lecture import Lecture, claims, rows
from nnexp.__main__ import conf_dir
from nnexp.errors import UserError
from nnexp.parts import registry

ROWS = rows()
BEYOND = {
    "L13": ("nll on an identity output is refused in a sentence", "nll of real values is refused in a sentence"),
    "L3": ("step(z) just below 0, at -0, at 0, just above 0",),
    "L14": (
        "ReLU: slope at z = 0, by definition",
        *(f"{f}: curvature by differences, off by" for f in ("sigmoid", "tanh")),
    ),
}
"""Claims that no endpoints could break, since they are about the parts; see the tests below."""
COMPARED = {
    "L14": ("step: curvature by differences, off by", "relu: curvature by differences, off by"),
    "L20": ("how far apart: the least distance between two, units matched",),
    "L21": ("and the optimum that does best on test data is not that of the lowest J: test losses",),
    "L22": ("depth 3: the guess is a linear classifier of the last features, off by",),
}
"""Claims that only other nets than can be spoiled here would break; how they compare is tested by itself."""


def test_there_are_22_and_they_come_in_order():
    assert list(ROWS) == [f"L{n}" for n in range(1, 23)]


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.id)
def test_a_row_says_what_it_is_and_its_figures_can_be_heard(row):
    assert row.title
    assert len(row.says) > 60
    assert row.predict.endswith("?") or "?" in row.predict
    assert all(len(drawing.alt) > 60 for drawing in row.drawings)


def test_every_sweep_of_the_folder_is_one_rows():
    files = sorted(file.stem for file in conf_dir().glob("sweep/lecture/*.yaml"))
    assert sorted(sweep for row in ROWS.values() for sweep in row.sweeps) == files
    assert all(sweep.startswith(f"l{row.number:02}_") for row in ROWS.values() for sweep in row.sweeps)


@pytest.mark.parametrize("id", ROWS)
def test_every_claim_of_a_row_holds(id, lecture):
    findings = lecture[id].findings
    assert len(findings) >= 3
    assert [finding for finding in findings if not finding.passed] == []
    assert len({finding.claim for finding in findings}) == len(findings)
    assert len(lecture[id].runs) == len(set(lecture[id].runs)) > 0


@pytest.fixture(scope="module")
def others(lecture):
    """Nets that are none of the row's: two layers, one unit, three classes, many units, one input."""
    return [
        lecture[id].ends[i][j] for id, i, j in (("L16", 0, 0), ("L3", 0, 0), ("L9", 1, 0), ("L21", 1, 3), ("L14", 0, 3))
    ]


def failing(findings):
    """The claims that do not hold, up to where such endpoints can be looked at no further."""
    try:
        with np.errstate(all="ignore"):
            for finding in findings:
                if not finding.passed:
                    yield finding.claim
    except (ValueError, IndexError, KeyError, ZeroDivisionError, StopIteration, RuntimeError, AttributeError):
        return


@pytest.mark.parametrize("id", ROWS)
@pytest.mark.filterwarnings("ignore")
def test_every_claim_of_a_row_can_fail(id, lecture, others):
    lesson, failed = lecture[id], set()
    for ends in spoilings(lesson.ends, others):
        failed |= set(failing(lesson.row.claims(*ends)))
    assert {finding.claim for finding in lesson.findings} - failed == {*BEYOND.get(id, ()), *COMPARED.get(id, ())}


def off(right):
    """A value, slope or curvature that is off by a slope of its own."""

    def wrong(*given, **named):
        made = right(*given, **named)
        made += 0.1 + 0.1 * np.abs(made)
        return made

    return wrong


@pytest.mark.parametrize("method", ["value", "slope", "curvature"])
def test_claims_on_the_parts_fail_where_a_part_is_wrong(method, lecture, monkeypatch):
    lessons, broken = [lecture["L3"], lecture["L14"]], set()
    for name in ("step", "sigmoid", "tanh", "relu"):
        part = registry.known("activation")[name]
        monkeypatch.setattr(part, method, off(getattr(part, method)))
    for lesson in lessons:
        broken |= {finding.claim for finding in lesson.row.claims(*lesson.ends) if not finding.passed}
    expected = {
        "value": {BEYOND["L3"][0]},
        "slope": {BEYOND["L14"][0], *BEYOND["L14"][1:]},
        "curvature": {*BEYOND["L14"][1:]},
    }
    assert broken >= expected[method]


def test_a_combination_that_is_not_refused_is_a_failure(lecture, monkeypatch):
    lesson = lecture["L13"]
    monkeypatch.setattr(nnexp, "sweep", lambda **asked: None)
    failed = {finding.claim for finding in lesson.row.claims(*lesson.ends) if not finding.passed}
    assert failed == set(BEYOND["L13"])


def test_comparisons_fail_where_they_should():
    assert [claims.within("", x, 1.0).passed for x in (0.5, 1.0, 1.5, np.nan)] == [True, True, False, False]
    assert [claims.above("", x, 1.0).passed for x in (0.5, 1.0, 1.5, np.nan)] == [False, False, True, False]
    assert [claims.below("", x, 1.0).passed for x in (0.5, 1.0, 1.5, np.nan)] == [True, False, False, False]
    assert [claims.same("", [1, 2], x).passed for x in ([1, 2], [1, 3], [1])] == [True, False, False]
    assert [claims.every("", x).passed for x in ([True, True], [True, False], [])] == [True, False, False]
    assert claims.every("", [True, False]).found == "1 of 2"


@pytest.mark.parametrize("id", ROWS)
def test_every_figure_of_a_row_is_drawn_with_all_texts_inside_and_apart(id, lecture):
    lesson = lecture[id]
    assert len(lesson.figures) == len(lesson.row.drawings)
    for figure in lesson.figures:
        assert isinstance(figure, matplotlib.figure.Figure)
        assert boxes.legible(figure) == []
        assert figure.axes


def test_a_row_that_is_not_known_is_refused():
    with pytest.raises(UserError, match="row=L23 is not known"):
        Lecture()["L23"]
