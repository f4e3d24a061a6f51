"""The lecture, one command per idea: 22 rows, each a sweep in `conf/sweep/lecture/`, figures, and claims that are checked.

A row is stated in a module of its own or of its family, as data (`analysis.lecture.row`); `python -m analysis.lecture` runs all
and writes a page. In a notebook:

    from analysis.lecture import Lecture
    lesson = Lecture()["L7"]
    lesson.figures[0], lesson.table()
"""

from __future__ import annotations

from analysis.lecture.lesson import Lecture, Lesson
from analysis.lecture.row import Drawing, Row, rows

__all__ = ["Drawing", "Lecture", "Lesson", "Row", "rows"]
