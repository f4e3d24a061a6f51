"""Does the first row of a file hold the names of the columns, or data?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nnexp.errors import UserError, override
from nnexp.parts.datasets.numbers import NUMBER_LIKE

if TYPE_CHECKING:
    import pandas as pd

KEY = "dataset.table.header"
SAMPLE_ROWS, MOST_NAMES = 100, 12
MOSTLY = 0.8
"""From this share of numbers on, a column is one of numbers."""

GAPS = ("", "?", "NA", "N/A", "NaN", "nan", "null", "NULL", "-")


def place_name(place: int) -> str:
    """What a column without a name is called, by its place, counted from 0: column_1 is the first."""
    return f"column_{place + 1}"


def split(cells: pd.DataFrame, file: str, given: str | bool | tuple[str, ...]) -> tuple[list[str], pd.DataFrame, str]:
    """The names of the columns (empty where there is none), the rows below them, and what was found out, in words.

    Args:
        cells: all rows, the first of which may be the header.
        file: the file's name.
        given: whether there is a header, the names themselves, or "auto".

    Raises:
        UserError: if the first row looks like data and nothing says what it is, or names are given that do not fit.
    """
    first = [str(cell).strip() for cell in cells.iloc[0]]
    if isinstance(given, tuple):
        if len(given) != len(first):
            raise UserError(f"{KEY} gives {len(given)} names, and {file} has {len(first)} columns; give as many names")
        replaced = not looks_like_data(cells)
        note = "the first row left out for the names that are given"
        return list(given), cells.iloc[int(replaced) :], note if replaced else ""
    if given is False:
        return [""] * len(first), cells, "no header"
    if given == "auto":
        _refuse_data(cells, first, file)
    return first, cells.iloc[1:], ""


def _refuse_data(cells: pd.DataFrame, first: list[str], file: str) -> None:
    """Refuse a first row that looks like data, or like a title above the names."""
    shown = ", ".join(cell if len(cell) <= 12 else f"{cell[:11]}..." for cell in first[:5])
    shown += ", ..." if len(first) > 5 else ""
    if looks_like_data(cells):
        names = override(KEY, [place_name(place) for place in range(len(first))])
        give = f", or give all {len(first)} names, as in {names}" if len(first) <= MOST_NAMES else ""
        raise UserError(
            f"{file}: row 1 looks like data ({shown}); say {KEY}=false where there is no header (the target is then given by "
            f"its place, -1 for the last column), or {KEY}=true where these are names{give}"
        )
    named, below = (
        sum(map(bool, first)),
        sum(str(cell).strip() != "" for cell in cells.iloc[1]) if len(cells) > 1 else 0,
    )
    if len(first) > 2 and 2 * named < min(below, len(first)):
        what = f"{file}: row 1 ({first[0] or shown}) names {named} of {len(first)} columns"
        raise UserError(f"{what}; delete the lines above the header, or say {KEY}=true where this is the header")


def looks_like_data(cells: pd.DataFrame) -> bool:
    """Whether the first row is like the rows below it: numbers over numbers, or text that occurs again in its column."""
    body = cells.iloc[1 : SAMPLE_ROWS + 1]
    if not len(body):
        return False
    alike, other, again = 0, 0, 0
    for name, *column in zip(*[cells.iloc[0].tolist(), *body.to_numpy(dtype=object).tolist()], strict=True):
        text = [str(cell).strip() for cell in column]
        first = str(name).strip()
        if first in GAPS:
            continue
        if _is_numeric(text):
            alike += _is_number(first)
            other += not _is_number(first)
        elif first in text:
            again += 1
    return not other and (alike > 0 or 2 * again >= cells.shape[1])


def _is_number(cell: str) -> bool:
    return re.fullmatch(NUMBER_LIKE, cell) is not None


def _is_numeric(column: list[str]) -> bool:
    """Whether nearly all cells of a column that are not gaps are numbers, as a file writes them."""
    filled = [cell for cell in column if cell not in GAPS]
    return bool(filled) and sum(map(_is_number, filled)) >= MOSTLY * len(filled)
