"""How are numbers written in a column of text, and which numbers are they?

`4.6`, `4,6`, `1,234.5`, `1.234,5`, `1 234`, `$4.60`, `46%` and `12 kg` are numbers. A format is accepted where every cell of a
column fits it; where two formats give different numbers, as for `1,234`, the column is ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

UNSIGNED = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SPACES = " \u00a0\u202f"
MINUS, APOSTROPHE, MICRO = "\u2212", "\u2019", "\u00b5"
SIGN = f"[-+{MINUS}]"
CURRENCY = r"[A-Z]{0,3}[$€£¥₹₽₩₺₫¢]|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|BRL|Rs\.?|kr\.?"
SPELLED = re.compile(
    rf"(?P<sign>{SIGN}?)(?P<prefix>(?:{CURRENCY})?)[{SPACES}]*"
    rf"(?P<body>{SIGN}?(?:\d[\d.,'{APOSTROPHE}{SPACES}]*|[.,]\d+)(?:[eE][-+]?\d+)?)[{SPACES}]*"
    rf"(?P<suffix>(?:%|‰|°|{CURRENCY}|[°{MICRO}\"'A-Za-z][A-Za-z{MICRO}²³0-9/°.]{{0,11}})?)"
)
"""A number with a currency before it, or a currency, percent sign or unit behind it."""

NUMBER_LIKE = rf"{SIGN}?(?:\d[\d.,'{APOSTROPHE}{SPACES}]*|[.,]\d+)(?:[eE][-+]?\d+)?"

SAMPLE_ROWS = 100
"""So many cells are tried before all are."""


@dataclass(frozen=True)
class Format:
    """How the numbers of a column are written: the decimal mark, the thousands separator, what stands before and behind."""

    decimal: str = "."
    thousands: str = ""
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        """The format in words, empty for plain numbers."""
        said = [f"decimal {self.decimal!r}"] if self.decimal != "." else []
        said += [f"thousands {self.thousands!r}"] if self.thousands else []
        return ", ".join([*said, *(repr(affix) for affix in (self.prefix, self.suffix) if affix)])


PLAIN = Format()
FORMATS = (PLAIN, Format(","), *(Format(d, t) for d, t in ((".", ","), (",", "."), (".", " "), (",", " "), (".", "'"))))


class Ambiguous(ValueError):
    """Numbers that can be read in more than one way; `example` is one of them, as written."""

    def __init__(self, example: str, readings: tuple[float, float]) -> None:
        super().__init__(f"{example!r} is {readings[0]:g} or {readings[1]:g}")
        self.example = example


def parse(cells: pd.Series, written: Format) -> Array:
    """The numbers that cells of text hold, (rows,); NaN where a cell is missing or not a number of this format."""
    text = cells.astype("str")
    if written != PLAIN:
        text = text.str.replace(MINUS, "-", regex=False)
    if written.prefix or written.suffix:
        text = _without(text, written)
    if written.thousands or written.decimal != ".":
        text = _plain(text, written)
    number = text.str.fullmatch(rf"[-+]?{UNSIGNED}", na=False).to_numpy(dtype=bool)
    values = np.full(len(text), np.nan)
    values[number] = _floats(text[number])
    return values


def _floats(text: pd.Series) -> Array:
    """Plain numbers as the nearest float64 each; infinite where they are too large."""
    import pyarrow as pa

    try:
        return np.asarray(pa.array(text, pa.large_string()).cast(pa.float64()))
    except pa.ArrowInvalid:  # it does not take +1
        return np.asarray(pa.array(text.str.removeprefix("+"), pa.large_string()).cast(pa.float64()))


def _without(text: pd.Series, written: Format) -> pd.Series:
    """The cells without the prefix and suffix; missing where a cell does not have them."""
    prefix, suffix = re.escape(written.prefix), re.escape(written.suffix)
    text = text.where(text.str.fullmatch(rf"[-+]?{prefix}.*{suffix}", na=False))
    text = text.str.replace(rf"^([-+]?){prefix}[{SPACES}]*", r"\1", regex=True) if prefix else text
    return text.str.replace(rf"[{SPACES}]*{suffix}$", "", regex=True) if suffix else text


def _plain(text: pd.Series, written: Format) -> pd.Series:
    """The cells with "." as decimal mark and no thousands separators; missing where a cell is not of this format."""
    decimal, body = re.escape(written.decimal), r"\d+"
    if written.thousands:
        text = text.str.replace(f"[{SPACES}]", " ", regex=True).str.replace(APOSTROPHE, "'", regex=False)
        body = rf"(?:\d{{1,3}}(?:{re.escape(written.thousands)}\d{{3}})+|\d+)"
    fits = text.str.fullmatch(rf"[-+]?(?:{body}(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][-+]?\d+)?", na=False)
    text = text.where(fits)
    if written.thousands:
        text = text.str.replace(written.thousands, "", regex=False)
    return text.str.replace(written.decimal, ".", regex=False)


def format_of(cells: pd.Series, decimal: str | None = None) -> Format | None:
    """How the numbers of a column are written, or None where not every cell is a number of one format.

    Args:
        cells: text, none missing.
        decimal: the decimal mark where it is known.

    Raises:
        Ambiguous: if two formats fit and give different numbers.
    """
    if decimal != "," and np.isfinite(parse(cells, PLAIN)).all():
        return PLAIN
    spelled = cells.iloc[:SAMPLE_ROWS].str.extract(f"^{SPELLED.pattern}$")
    affixes = [spelled[side].dropna().unique() for side in ("prefix", "suffix")]
    if spelled["body"].isna().any() or any(len(values) > 1 for values in affixes):
        return None
    prefix, suffix = (str(values[0]) for values in affixes)
    fitting = list(_fitting(cells, prefix, suffix, decimal))
    if not fitting:
        return None
    numbers = fitting[0][1]
    for _, values in fitting[1:]:
        place = int(np.argmax(values != numbers))
        if decimal is None and values[place] != numbers[place]:
            raise Ambiguous(str(cells.iloc[place]), (numbers[place], values[place]))
    equal = [written for written, values in fitting if np.array_equal(values, numbers)]
    return min(equal, key=lambda written: (written.thousands != "", written.decimal != "."))


def refuse_thousands(cells: pd.Series) -> None:
    """Refuse plain numbers that may have points between thousands, as all may that are written like 1.234.

    Raises:
        Ambiguous: if every cell has groups of three digits after a point, and none begins with 0.
    """
    if cells.str.fullmatch(r"[-+]?[1-9]\d{0,2}\.\d{3}").all():
        first = str(cells.iloc[0])
        raise Ambiguous(first, (float(first), float(first.replace(".", ""))))


def _fitting(cells: pd.Series, prefix: str, suffix: str, decimal: str | None) -> Iterator[tuple[Format, Array]]:
    """Every format that all cells fit, with the numbers that it gives; those of a decimal comma first where it is known."""
    order = [f for f in FORMATS if decimal != "." or f.decimal == "."]
    if decimal == ",":
        order.sort(key=lambda f: (f.decimal != decimal, not f.thousands))
    for written in (replace(f, prefix=prefix, suffix=suffix) for f in order):
        if (
            np.isfinite(parse(cells.iloc[:SAMPLE_ROWS], written)).all()
            and np.isfinite(values := parse(cells, written)).all()
        ):
            yield written, values


def look_like_numbers(cells: pd.Series) -> NDArray[np.bool_]:
    """Which cells of text are numbers with any decimal mark and separator, without currency or unit, (rows,)."""
    return np.asarray(cells.astype("str").str.fullmatch(NUMBER_LIKE, na=False).to_numpy(dtype=bool))


def affixes(cells: pd.Series) -> list[str]:
    """What stands before and behind the numbers, each once, where every cell is a number with or without such."""
    spelled = cells.str.extract(f"^{SPELLED.pattern}$")
    if spelled["body"].isna().any():
        return []
    return sorted({str(value) for side in ("prefix", "suffix") for value in spelled[side].dropna().unique()} - {""})
