"""What is each column of a table: numbers, categories, or nothing to learn from?

Whatever is not clear is refused with the key that settles it; what is left out is left out with a reason that is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnexp.errors import UserError, override
from nnexp.parts.datasets.columns import LARGEST, MISSING, cleaned
from nnexp.parts.datasets.header import place_name
from nnexp.parts.datasets.numbers import PLAIN, Ambiguous, Format, affixes, format_of, look_like_numbers, parse

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

KEY = "dataset.table"
MOST_LEVELS = 100
FEWEST_NUMBERED = 8
"""A column of fewer rows is not taken for one that numbers them."""

MONTH = "(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*"
DATES = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-?q[1-4]|"
    rf"(?:\d{{1,2}}[. -]+)?{MONTH}[.,]?[ -]+\d{{1,4}}(?:,? \d{{4}})?)(?:[ t]+\d{{1,2}}:\d{{2}}.*)?|\d{{1,2}}:\d{{2}}(?::\d{{2}}.*)?",
    flags=re.IGNORECASE,
)
IDENTIFIER = re.compile(r"(?:.*[ _.-])?(?:id|index|idx|uuid|guid|row|nr|no|number)|.*[a-z](?:ID|Id)", flags=0)
ODD = (list, dict, tuple, set, np.ndarray, bytes)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    name: as in the file. values: (rows,), its numbers with NaN where missing; None for categories.
    text: (rows,), its cells as text, missing where they are. written: how its numbers are written.
    """

    name: str
    text: pd.Series
    values: Array | None = None
    written: Format = PLAIN

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where there is no value, (rows,)."""
        return np.asarray(self.text.isna().to_numpy() if self.values is None else np.isnan(self.values))

    @property
    def levels(self) -> list[str]:
        """Its different values as text, in order."""
        return sorted(self.text.dropna().unique())


@dataclass
class Inspector:
    """Finds out what the columns of one table are.

    Args:
        path: the file, as it was given.
        missing: the spellings of missing values, or "auto".
        decimal: the decimal mark, or "auto".
        categorical: columns that are categories whatever they look like.
        kept: columns of numbers that are inputs whatever they look like.
        target: the column to be guessed.
    """

    path: str
    missing: tuple[str, ...] | str
    decimal: str
    categorical: tuple[str, ...]
    kept: tuple[str, ...]
    target: str
    _mark: str | None = field(default=None, init=False)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The spellings of missing values."""
        return MISSING if isinstance(self.missing, str) else self.missing

    def columns(self, frame: pd.DataFrame) -> list[Column]:
        """Every column of the frame.

        Raises:
            UserError: if what a column holds is not clear or cannot be used.
        """
        text = {str(name): self._text(str(name), frame[name]) for name in frame.columns}
        self._mark = None if self.decimal == "auto" else self.decimal
        if self._mark is None and any(self._decimal_comma(cells) for cells in text.values()):
            self._mark = ","
        return [self._column(str(name), frame[name], text[str(name)]) for name in frame.columns]

    def _text(self, name: str, column: pd.Series) -> pd.Series:
        """The cells of a column as text."""
        odd = column.dtype.kind == "O" and column.map(lambda cell: isinstance(cell, ODD)).any()
        if odd or column.dtype.kind in "mcV":
            what = f"column {name} holds lists, records, durations or bytes, which are neither numbers nor categories"
            raise UserError(f"{what}; {self._without(name)}")
        if column.dtype.kind == "M" and name not in self.categorical:
            raise self._dates(name, str(column.dropna().iloc[0]) if column.notna().any() else "none")
        return cleaned(column, self.spellings)

    def _decimal_comma(self, cells: pd.Series) -> bool:
        """Whether a column's numbers have a decimal comma beyond doubt."""
        filled = cells.dropna().astype("str")
        try:
            found = format_of(filled) if len(filled) and filled.str.contains(",", regex=False).any() else None
        except Ambiguous:
            return False
        return found is not None and found.decimal == ","

    def _column(self, name: str, column: pd.Series, text: pd.Series) -> Column:
        filled = text.dropna().astype("str")
        if name in self.categorical or column.dtype.kind == "b":
            return Column(name, text)
        if column.dtype.kind in "iuf":
            return self._numbers(name, text, column.to_numpy(np.float64, na_value=np.nan), PLAIN)
        if not len(filled):
            return Column(name, text, np.full(len(text), np.nan))
        try:
            written = format_of(filled, self._mark)
        except Ambiguous as error:
            raise UserError(
                f"{self.path}: in column {name} {error}; say which mark is the decimal one: {KEY}.decimal='.' or {KEY}.decimal=','"
            ) from None
        if written is None:
            self._refuse_near_numbers(name, filled)
            return Column(name, text)
        return self._numbers(name, text, parse(text, written), written)

    def _numbers(self, name: str, text: pd.Series, values: Array, written: Format) -> Column:
        large = ~(np.abs(values) < LARGEST) & ~np.isnan(values)
        if large.any():
            row = int(np.argmax(large)) + 1
            what = f"{self.path} has no usable number in row {row} of column {name} ({values[row - 1]:g})"
            raise UserError(f"{what}; mend it, or {self._without(name)}")
        whole = values[~np.isnan(values)]
        if name not in (*self.kept, self.target) and len(np.unique(whole)) > 1 and _are_packed_dates(whole):
            raise self._dates(name, f"{whole[0]:.0f}", f", or say {override(f'{KEY}.keep', [name])} to take them as numbers")
        return Column(name, text, values, written)

    def _refuse_near_numbers(self, name: str, filled: pd.Series) -> None:
        """Refuse a column of dates, of numbers with different units, or of numbers with a few other cells among them."""
        if float(filled.str.fullmatch(DATES).mean()) >= 0.8:
            raise self._dates(name, str(filled.iloc[0]))
        number = look_like_numbers(filled)
        units = affixes(filled)
        if units and not number.all() and filled.nunique() > 10:
            what = f"column {name} mixes units or spellings of numbers: {', '.join(map(repr, units[:5]))}"
            raise UserError(f"{self.path}: {what}; write all numbers alike, or {self._without(name)}")
        if 0.5 <= float(number.mean()) < 1.0:
            odd = list(dict.fromkeys(filled[~number]))
            row = int(filled.index[int(np.argmin(number))]) + 1
            what = f"{self.path} has the non-numeric cell {odd[0]!r} in row {row} of column {name} ({int((~number).sum())} such)"
            spellings = [*self._spelled(odd[:5])]
            raise UserError(
                f"{what}; where it means a missing value say {override(f'{KEY}.missing_values', spellings)}, or {self._without(name)}"
            )
        if number.all() and filled.nunique() > 1:
            what = f"{self.path}: the numbers of column {name} are not written alike ({filled.iloc[0]!r})"
            raise UserError(f"{what}; say {KEY}.decimal=',' or {KEY}.decimal='.', or {self._without(name)}")

    def _spelled(self, odd: list[str]) -> Iterator[str]:
        """The spellings of missing values that are to be named with these: those in use, briefly."""
        yield from dict.fromkeys([*(self.spellings if not isinstance(self.missing, str) else ("", "NA", "?")), *odd])

    def _dates(self, name: str, example: str, more: str = "") -> UserError:
        what = f"{self.path}: column {name} holds dates or times ({example})"
        return UserError(f"{what}; make numbers of them, such as days since the first, or {self._without(name)}{more}")

    def _without(self, name: str) -> str:
        """What to do about a column that cannot be used; of the target that is something else than leaving it out."""
        if name == self.target:
            return f"choose another column as {KEY}.target"
        taken = "" if name in self.categorical else f", or take it as categories with {override(f'{KEY}.categorical', [name])}"
        return f"leave it out with {override(f'{KEY}.ignore', [name])}{taken}"

    def left_out(self, column: Column, nameless: tuple[str, ...]) -> str:
        """Why an input column is left out, in words; empty where it is not.

        Raises:
            UserError: if it has too many levels to be of use, or counts up and nothing says whether it numbers the rows.
        """
        name, rows = column.name, len(column.text)
        if column.missing.all():
            return "empty"
        if name in self.kept or name in self.categorical:
            return self._too_many(column) or ""
        if name == place_name(0) and name in nameless:
            return "row names"
        distinct = column.text.nunique() if column.values is None else len(np.unique(column.values[~column.missing]))
        if distinct == 1 and not column.missing.any() and rows > 1:
            return "the same in every row"
        if column.values is None:
            return "different in every row" if distinct == rows > 2 else self._too_many(column)
        return self._numbering(column, nameless, distinct)

    def _too_many(self, column: Column) -> str:
        """Refuse categories with too many levels; empty where they are few enough."""
        if column.values is not None:
            return ""
        count, rows = len(column.levels), len(column.text)
        if count > MOST_LEVELS or (2 * count > rows and column.name not in self.categorical):
            most = f"up to {MOST_LEVELS} are allowed" if count > MOST_LEVELS else "too many to learn from"
            what = f"{self.path}: column {column.name} has {count} different values in {rows} rows, {most}"
            taken = "" if count > MOST_LEVELS else f", or keep it with {override(f'{KEY}.categorical', [column.name])}"
            raise UserError(f"{what}; leave it out with {override(f'{KEY}.ignore', [column.name])}{taken}")
        return ""

    def _numbering(self, column: Column, nameless: tuple[str, ...], distinct: int) -> str:
        """Whether a column of numbers numbers the rows, in words; empty where it does not."""
        values, rows = column.values, len(column.text)
        if values is None or column.missing.any() or distinct < rows or rows < FEWEST_NUMBERED:
            return ""
        if not (values == np.round(values)).all():
            return ""
        steps, named = np.diff(values), IDENTIFIER.fullmatch(column.name) or IDENTIFIER.fullmatch(column.name.lower())
        counts = bool((steps == 1.0).all()) and values[0] in (0.0, 1.0)
        if counts or named or column.name in nameless:
            return "numbers the rows"
        if (steps > 0.0).all():
            what = f"{self.path}: column {column.name} counts up from row to row, as row numbers do"
            drop, keep = override(f"{KEY}.ignore", [column.name]), override(f"{KEY}.keep", [column.name])
            raise UserError(f"{what}; leave it out with {drop}, or make it an input with {keep}")
        return ""


def _are_packed_dates(values: Array) -> bool:
    """Whether all numbers are dates written as 20240131."""
    if not len(values) or not ((values >= 19000101) & (values <= 21001231) & (values == np.round(values))).all():
        return False
    months, days = values // 100 % 100, values % 100
    return bool(((months >= 1) & (months <= 12) & (days >= 1) & (days <= 31)).all())


def typed_labels(levels: list[Any]) -> tuple[list[Any], list[str]]:
    """Labels as the table spells them (whole numbers, numbers, True and False, or text), in order, and the text of each."""
    kinds = [{"true": True, "false": False}.get(str(level).lower()) for level in levels]
    if len(levels) == 2 and None not in kinds:
        pairs: list[tuple[Any, str]] = sorted(zip(kinds, levels, strict=True))
    else:
        pairs = _numbered(levels) or [(level, level) for level in sorted(levels)]
    return [label for label, _ in pairs], [text for _, text in pairs]


def _numbered(levels: list[str]) -> list[tuple[Any, str]]:
    """The levels as numbers with their text, in order; none where they are not all plain numbers, each another."""
    try:
        values = [float(level) for level in levels]
    except ValueError:
        return []
    if len(set(values)) < len(values) or not np.isfinite(values).all():
        return []
    whole = all("." not in level and "e" not in level.lower() for level in levels)
    return sorted((int(value) if whole else value, level) for value, level in zip(values, levels, strict=True))
