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
from nnexp.parts.datasets.numbers import (
    APOSTROPHE,
    PLAIN,
    SIGN,
    Ambiguous,
    Format,
    affixes,
    format_of,
    look_like_numbers,
    parse,
    refuse_thousands,
)

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
    rf"(?:\d{{1,2}}[. -]+)?{MONTH}[.,]?[ -]+\d{{1,4}}(?:,? \d{{4}})?)(?:[ t]+\d{{1,2}}:\d{{2}}.*)?|"
    r"\d{1,2}:\d{2}(?::\d{2}.*)?",
    flags=re.IGNORECASE,
)
IDENTIFIER = re.compile(r"(?:.*[ _.-])?(?:id|index|idx|uuid|guid|row|nr|no|number)|.*[a-z](?:ID|Id)", flags=0)
NEARLY = rf"[(]?[^\w\s]?{SIGN}?\d[\d.,'{APOSTROPHE} ]*[^\w\s]?(?:[dDeE][-+]?\d+)?[^\w\s]?"
"""Cells that are nearly numbers, such as (4.60), 1.2D-03, 5- and 10.0.0.1."""

MOSTLY, MOST_SPELLINGS = 0.8, 5
SENTINELS = (-99, -999, -9999, -99999, 999, 9999, 99999)
"""Numbers that often stand for a missing value."""

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
        ignored: columns that are left out already.
        categorical: columns that are categories whatever they look like.
        kept: columns of numbers that are inputs whatever they look like.
        target: the column to be guessed.
        european: whether the file has semicolons between its cells, as where numbers have decimal commas.
    """

    path: str
    missing: tuple[str, ...] | str
    decimal: str
    ignored: tuple[str, ...]
    categorical: tuple[str, ...]
    kept: tuple[str, ...]
    target: str
    european: bool = False
    _mark: str | None = field(default=None, init=False)
    _plain: dict[str, Array] = field(default_factory=dict, init=False)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The spellings of missing values."""
        return MISSING if isinstance(self.missing, str) else self.missing

    def columns(self, frame: pd.DataFrame) -> list[Column]:
        """Every column of the frame.

        Raises:
            UserError: if what a column holds is not clear or cannot be used.
        """
        import pandas as pd

        text = {str(name): self._text(str(name), frame[name]) for name in frame.columns}
        every = parse(pd.concat(text.values(), ignore_index=True), PLAIN).reshape(len(text), -1)
        self._plain = dict(zip(text, every, strict=True))
        others = [cells for name, cells in text.items() if not self._is_plain(name, cells)]
        self._mark = None if self.decimal == "auto" else self.decimal
        if self._mark is None and any(map(_has_decimal_comma, others)):
            self._mark = ","
        return [self._column(str(name), frame[name], text[str(name)]) for name in frame.columns]

    def _is_plain(self, name: str, text: pd.Series) -> bool:
        """Whether all cells of a column that are not missing are numbers with a decimal point and nothing else."""
        return not np.isnan(self._plain[name][text.notna().to_numpy()]).any()

    def _text(self, name: str, column: pd.Series) -> pd.Series:
        """The cells of a column as text."""
        mixed = column.dtype == object and column.map(lambda cell: isinstance(cell, ODD)).any()
        if mixed or column.dtype.kind in "mcV":
            what = f"{self.path}: column {name} holds lists, records, durations or bytes"
            raise UserError(f"{what}, which are neither numbers nor categories; {self._without(name)}")
        if column.dtype.kind == "M" and name not in self.categorical:
            raise self._dates(name, str(column.dropna().iloc[0]) if column.notna().any() else "none")
        return cleaned(column, self.spellings)

    def _column(self, name: str, column: pd.Series, text: pd.Series) -> Column:
        if name in self.categorical or column.dtype.kind == "b" or column.dtype == "category":
            return Column(name, _one_spelling_of_booleans(text))
        if column.dtype.kind in "iuf":
            values = column.to_numpy(np.float64, na_value=np.nan)
            return self._numbers(name, text, np.where(text.isna(), np.nan, values), PLAIN)
        filled = text.dropna()
        if not len(filled):
            return Column(name, text, np.full(len(text), np.nan))
        try:
            if self.european and self._mark is None:
                refuse_thousands(filled)
            if self._mark != "," and self._is_plain(name, text):
                return self._numbers(name, text, self._plain[name], PLAIN)
            written = format_of(filled, self._mark)
        except Ambiguous as error:
            marks = [override(f"{KEY}.decimal", mark) for mark in (".", ",")]
            raise UserError(
                f"{self.path}: in column {name} {error}; say which is the decimal mark: {marks[0]} or {marks[1]}"
            ) from None
        if written is None:
            self._refuse_near_numbers(name, filled)
            return Column(name, _one_spelling_of_booleans(text))
        return self._numbers(name, text, parse(text, written), written)

    def _numbers(self, name: str, text: pd.Series, values: Array, written: Format) -> Column:
        large = ~(np.abs(values) < LARGEST) & ~np.isnan(values)
        if large.any():
            row = int(np.argmax(large)) + 1
            what = f"{self.path} has no usable number in row {row} of column {name} ({values[row - 1]:g})"
            raise UserError(f"{what}; correct it, or {self._without(name)}")
        if name not in (*self.kept, self.target):
            self._refuse_codes(name, text, values[~np.isnan(values)])
        return Column(name, text, values, written)

    def _refuse_codes(self, name: str, text: pd.Series, whole: Array) -> None:
        """Refuse whole numbers that are dates, or codes such as 01234 and 4111111111111111."""
        as_numbers = f", or take it as numbers with {override(f'{KEY}.keep', [*self.kept, name])}"
        if len(np.unique(whole)) > 1 and _are_packed_dates(whole):
            raise self._dates(name, f"{whole[0]:.0f}", as_numbers)
        digits = text.str.fullmatch(r"0\d+|\d{16,}", na=False) if (whole == np.round(whole)).all() else text.isin([])
        if digits.any() and text.str.fullmatch(r"\d+").all():
            what = f"{self.path}: column {name} holds codes rather than numbers ({text[digits].iloc[0]})"
            raise UserError(f"{what}; {self._without(name, text)}{as_numbers}")

    def _refuse_near_numbers(self, name: str, filled: pd.Series) -> None:
        """Refuse a column of dates, of numbers with different units, or of numbers with a few other cells among them."""
        if float(filled.str.fullmatch(DATES).mean()) >= MOSTLY:
            raise self._dates(name, str(filled.iloc[0]), cells=filled)
        number = look_like_numbers(filled)
        different = filled[number].nunique()
        if number.any() and not number.all() and (number.mean() >= 0.5 or 2 * different >= max(filled.nunique(), 6)):
            raise self._odd_cells(name, filled, number)
        units = affixes(filled)
        if units and filled.nunique() > 10:
            what = f"column {name} mixes units or spellings of numbers: {', '.join(map(repr, units[:5]))}"
            raise UserError(f"{self.path}: {what}; write all numbers alike, or {self._without(name, filled)}")
        near = filled.str.fullmatch(NEARLY).to_numpy(dtype=bool)
        if near.mean() >= 0.5 and filled.nunique() > 10:
            what = f"{self.path}: the numbers of column {name} are not written alike, or in a way that is not known"
            shown = filled[near & ~number] if (near & ~number).any() else filled
            raise UserError(f"{what} ({shown.iloc[0]!r}); write them as in -1234.5, or {self._without(name, filled)}")

    def _odd_cells(self, name: str, filled: pd.Series, number: NDArray[np.bool_]) -> UserError:
        """What to say of a column of numbers with other cells among them."""
        odd = list(dict.fromkeys(filled[~number]))
        row, count = int(filled.index[int(np.argmin(number))]) + 1, int((~number).sum())
        cells = f"{count} such cell{'s' * (count != 1)}"
        what = f"{self.path} has the non-numeric cell {odd[0]!r} in row {row} of column {name} among numbers ({cells})"
        advice = []
        if len(odd) <= MOST_SPELLINGS:
            advice.append(
                f"where it means a missing value say {override(f'{KEY}.missing_values', [*self._spelled(odd)])}"
            )
        if len(odd) == 1 and count == 1:
            advice.append(f"where row {row} is a unit, a note or a total delete it from the file")
        return UserError(f"{what}; {', or '.join([*advice, self._without(name, filled)])}")

    def _spelled(self, odd: list[str]) -> Iterator[str]:
        """The spellings of missing values that are to be named with these: those in use, briefly."""
        yield from dict.fromkeys([*(self.spellings if not isinstance(self.missing, str) else ("", "NA", "?")), *odd])

    def _dates(self, name: str, example: str, more: str = "", cells: pd.Series | None = None) -> UserError:
        what = f"{self.path}: column {name} holds dates or times ({example})"
        without = self._without(name, cells)
        return UserError(f"{what}; replace them with numbers, such as days since the first, or {without}{more}")

    def _without(self, name: str, cells: pd.Series | None = None) -> str:
        """What to do about a column that cannot be used; of the target that is something else than leaving it out.

        Args:
            name: of the column.
            cells: its text where it may be taken as categories.
        """
        if name == self.target:
            return f"choose another column as {KEY}.target"
        few = cells is not None and cells.nunique() <= min(MOST_LEVELS, len(cells) / 2)
        taken = (
            f", or take it as categories with {override(f'{KEY}.categorical', [*self.categorical, name])}"
            if few
            else ""
        )
        return f"leave it out with {override(f'{KEY}.ignore', [*self.ignored, name])}{taken}"

    def left_out(self, column: Column, nameless: tuple[str, ...]) -> str:
        """Why an input column is left out, in words; empty where it is not.

        Raises:
            UserError: if it has too many levels to be of use, or counts up and nothing says whether it numbers the rows.
        """
        name, rows = column.name, len(column.text)
        if column.missing.all():
            return "empty"
        if name in self.kept or name in self.categorical:
            return self._too_many(column)
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
        if count > MOST_LEVELS or (2 * count > rows and rows > 4 and column.name not in self.categorical):
            most = f"up to {MOST_LEVELS} are allowed" if count > MOST_LEVELS else "too many to learn from"
            what = f"{self.path}: column {column.name} has {count} different values in {rows} rows, {most}"
            keep = override(f"{KEY}.categorical", [*self.categorical, column.name])
            taken = "" if count > MOST_LEVELS else f", or keep it with {keep}"
            raise UserError(f"{what}; {self._without(column.name)}{taken}")
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
            keep = override(f"{KEY}.keep", [*self.kept, column.name])
            raise UserError(f"{what}; {self._without(column.name)}, or make it an input with {keep}")
        return ""

    def doubts(self, column: Column) -> Iterator[str]:
        """What may be wrong with a column that is used all the same, in words."""
        if column.values is None:
            different = column.text.dropna().drop_duplicates()
            again = different[different.str.lower().duplicated(keep=False)]
            if len(again):
                yield f"{column.name} has values that differ in upper and lower case alone ({', '.join(sorted(again)[:4])})"
            return
        known = column.values[~np.isnan(column.values)]
        for stands in SENTINELS:
            same = known == stands
            if 0 < same.sum() < len(known) and 10.0 * np.abs(known[~same]).max() < abs(stands):
                written = column.text[column.values == stands].unique()
                advice = override(f"{KEY}.missing_values", [*self._spelled(list(written))])
                yield f"{column.name} holds {stands} in {same.sum()} rows: where that means a missing value say {advice}"


def _has_decimal_comma(cells: pd.Series) -> bool:
    """Whether a column's numbers have a decimal comma beyond doubt."""
    filled = cells.dropna()
    try:
        found = format_of(filled) if filled.str.contains(",", regex=False).any() else None
    except Ambiguous:
        return False
    return found is not None and found.decimal == ","


def _one_spelling_of_booleans(text: pd.Series) -> pd.Series:
    """The cells with True and False spelled in one way where a column has several spellings of them."""
    different = set(text.dropna().unique())
    if len(different) > 2 and {cell.lower() for cell in different} == {"true", "false"}:
        return text.str.capitalize()
    return text


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
