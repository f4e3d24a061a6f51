"""How do rows of the lecture become a page, and files of their figures?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.lecture.lesson import Lesson
from analysis.report.made import short, surroundings
from analysis.report.page import Part, Picture, Section, Source, Table, Words, render
from nnexp import origin

TITLE, ALL = "The lecture, one picture per idea", "index"
DPI = 150
"""For a projector."""
QUESTION = "What does each idea of MIT 6.036 (2020), lecture 6, look like, and does it hold? Think first, then look."


def write(lessons: Sequence[Lesson], folder: Path, whole: bool) -> Path:
    """Write the page of these rows and a file of each figure; gives the page."""
    sections = [section(lesson) for lesson in lessons]
    name = ALL if whole else "-".join(lesson.row.id for lesson in lessons)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for lesson, made in zip(lessons, sections, strict=True):
        drawn = [part.png for part in made.parts if isinstance(part, Picture)]
        for place, file in enumerate(files(lesson)):
            (folder / "figures" / file).write_bytes(drawn[place])
    page = folder / f"{name}.html"
    page.write_text(render(TITLE, QUESTION, summary(lessons), sections, source(lessons)), encoding="utf-8")
    return page


def files(lesson: Lesson) -> list[str]:
    """What the files of its figures are called."""
    return [f"{lesson.row.id}{f'-{n}' if n > 1 else ''}.png" for n in range(1, len(lesson.figures) + 1)]


def section(lesson: Lesson) -> Section:
    """A row: what the lecture says, the question, the figures, the claims, the command."""
    row = lesson.row
    pictures = [
        Picture(figure, drawing.alt, row.title + ".", (row.number,), metadata=lesson.metadata(), dpi=DPI)
        for figure, drawing in zip(lesson.figures, row.drawings, strict=True)
    ]
    claims = Table(lesson.table(), "What is checked.", (row.number,))
    parts: list[Part] = [Words(row.says), Words(f"Predict first. {row.predict}", "ask"), *pictures, claims]
    return Section(row.id, f"{row.id}. {row.title}", [*parts, Words(row.command, "command")])


def summary(lessons: Sequence[Lesson]) -> list[str]:
    """How many claims hold, and which do not."""
    findings = [(lesson.row.id, finding) for lesson in lessons for finding in lesson.findings]
    held = sum(finding.passed for _, finding in findings)
    ideas = f"{len(lessons)} ideas" if len(lessons) > 1 else "One idea"
    failed = [
        f"{id} does not hold: {each.claim}: expected {each.expected}, found {each.found}."
        for id, each in findings
        if not each.passed
    ]
    return [f"{ideas}; {held} of {len(findings)} claims hold.", *failed]


def source(lessons: Sequence[Lesson]) -> Source:
    """The runs of each row, and what was asked for."""
    return Source(
        {lesson.row.number: (f"{lesson.row.number}, {lesson.row.title}", lesson.runs) for lesson in lessons},
        {**surroundings(), "made again by": "make lecture, or make lecture ROW=L7 for one row"},
        short(origin.commit()[0]),
        "row",
        "all of this page",
        {lesson.row.number: lesson.config for lesson in lessons},
    )
