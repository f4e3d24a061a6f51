"""Does the first row of a file hold the names of the columns, or data?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnexp.errors import UserError, override
from nnexp.parts.datasets.numbers import look_like_numbers

if TYPE_CHECKING:
    import pandas as pd

KEY = "dataset.table.header"
SAMPLE_ROWS = 1000
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
        is_header = not looks_like_data(cells)
        return list(given), cells.iloc[is_header:], "the first row left out for the names that are given" if is_header else ""
    if given is False:
        return [""] * len(first), cells, "no header"
    if given == "auto" and looks_like_data(cells):
        shown = ", ".join(cell if len(cell) <= 12 else f"{cell[:11]}..." for cell in first[:5])
        more = ", ..." if len(first) > 5 else ""
        names = [f"name{place + 1}" for place in range(min(3, len(first)))]
        raise UserError(
            f"{file}: row 1 looks like data ({shown}{more}); say {KEY}=false where there is no header, "
            f"{KEY}=true where these are names, or give names, as in {override(KEY, names)}"
        )
    return first, cells.iloc[1:], ""


def looks_like_data(cells: pd.DataFrame) -> bool:
    """Whether the first row is like the rows below it: numbers over numbers, or text that occurs again in its column."""
    body = cells.iloc[1 : SAMPLE_ROWS + 1]
    if not len(body):
        return False
    alike, other, again = 0, 0, 0
    for place in range(cells.shape[1]):
        name, column = str(cells.iloc[0, place]).strip(), body.iloc[:, place]
        if name in GAPS:
            continue
        if _is_number(name) and _numeric(column):
            alike += 1
        elif not _is_number(name) and _numeric(column):
            other += 1
        elif name in set(column.astype(str)):
            again += 1
    return not other and (alike > 0 or 2 * again >= cells.shape[1])


def _is_number(name: str) -> bool:
    import pandas as pd

    return bool(look_like_numbers(pd.Series([name], dtype="str"))[0])


def _numeric(column: pd.Series) -> bool:
    """Whether nearly all cells of a column that are not gaps are numbers, as a file writes them."""
    text = column.astype(str).str.strip()
    filled = text[~text.isin(GAPS)]
    return bool(len(filled)) and float(look_like_numbers(filled).mean()) >= MOSTLY
