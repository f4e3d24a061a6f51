"""What does a file of the user's hold? A CSV file of any dialect, a Parquet file or a sheet of Excel's as a frame.

Cells of a text file stay text, without the blanks around them; what they mean is decided in `nnexp.parts.datasets.table`. What
had to be found out (the separator, the encoding, whether there is a header) is reported in `Read.notes`, and what cannot be
found out is refused with the key that settles it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnexp.errors import UserError, override
from nnexp.parts.datasets import header
from nnexp.parts.datasets.numbers import look_like_numbers
from nnexp.parts.registry import refuse_too_large

if TYPE_CHECKING:
    import pandas as pd

KEY = "dataset.table"
SAMPLE_ROWS = 1000
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "blanks"}
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
PACKED = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"), (b"PK\x03\x04", "zip"))
FORMATS = {
    "<!doctype": "a web page",
    "<html": "a web page",
    "<?xml": "XML",
    "{": "JSON",
    "[{": "JSON",
    "@relation": "ARFF",
}
"""Formats that are not tables of rows, by how they begin."""

TOTAL = re.compile(
    r"(?:grand[ -]?|sub[ -]?)?(?:totals?|sum|mean|average|summe|gesamt|insgesamt|somme|totaal|totale)[:.]?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Dialect:
    """How a file is to be read, as the keys of `dataset.table` say it; "auto" is found out from the file."""

    separator: str = "auto"
    encoding: str = "auto"
    header: str | bool | tuple[str, ...] = "auto"
    sheet: str | int | None = None


@dataclass(frozen=True)
class Read:
    """What a file holds.

    frame: a row per example; columns of text files are text, those of other files as they are kept there.
    notes: what was found out or left out, in words.
    nameless: the columns whose names are not in the file. separator: what stands between the cells of a text file.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    nameless: tuple[str, ...] = ()
    separator: str = ""


def read(file: Path, dialect: Dialect) -> Read:
    """What a file holds.

    Raises:
        UserError: if it cannot be read, naming the cause and the key that settles it.
    """
    kinds = {".parquet": _parquet, ".pq": _parquet, ".xlsx": _excel, ".xlsm": _excel, ".xls": _excel}
    try:
        found = kinds.get(file.suffix.lower(), _text)(file, dialect)
    except UserError:
        raise
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"{file} cannot be read ({first}); give a CSV, Parquet or Excel file") from None
    if not found.frame.columns.is_unique:
        raise UserError(f"{file} has two columns of one name; give each column a name of its own")
    return found


def _parquet(file: Path, dialect: Dialect) -> Read:
    """A Parquet file, refused where it is much larger within than it looks."""
    import pandas as pd
    import pyarrow.parquet as pq

    with open(file, "rb") as opened:
        found = pq.read_metadata(opened)
    refuse_too_large(f"{file}", found.num_rows, found.num_columns)
    return Read(pd.read_parquet(file).reset_index(drop=True).rename(columns=str))


def _excel(file: Path, dialect: Dialect) -> Read:
    """A sheet of an Excel file: the one that is named, or the only one that holds anything."""
    import pandas as pd

    if file.suffix.lower() == ".xls":
        raise UserError(f"{file} is of Excel's old format; save it as .xlsx or as CSV")
    sheets = pd.read_excel(file, sheet_name=None, header=None, na_filter=False, engine="openpyxl")
    names = list(sheets)
    sheet = dialect.sheet
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        sheet = names[sheet - 1]
    filled = [name for name, cells in sheets.items() if cells.size]
    if sheet is None and len(filled) == 1:
        sheet = filled[0]
    if sheet not in sheets:
        known = ", ".join(map(repr, names))
        what = f"{file} has {len(filled)} sheets" if sheet is None else f"{KEY}.sheet={sheet} is not in {file}"
        raise UserError(f"{what}: {known}; say which, as in {override(f'{KEY}.sheet', names[0])}")
    cells = sheets[sheet].map(lambda cell: cell.strip() if isinstance(cell, str) else cell)
    found = _named(cells, str(file), dialect.header)
    columns = {name: _typed(column) for name, column in found.frame.items()}
    return Read(pd.DataFrame(columns), (f"sheet {sheet!r}", *found.notes), found.nameless)


def _typed(column: pd.Series) -> pd.Series:
    """A column of Excel's cells as numbers or times where all are, else as text; empty cells as empty text."""
    filled = column[column.map(lambda cell: cell != "" and cell is not None)]
    if len(filled) == len(column):
        return column.infer_objects()
    if filled.map(lambda cell: isinstance(cell, int | float) and not isinstance(cell, bool)).all():
        return column.where(column != "", None).astype(float)
    return column.map(lambda cell: "" if cell is None else str(cell))


def _text(file: Path, dialect: Dialect) -> Read:
    """A text file of rows, its cells as text."""
    text, encoding = _decoded(file, dialect.encoding)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _refuse_other_formats(text, str(file))
    text, told = _told_separator(text)
    sample = [line for line, _ in zip(io.StringIO(text), range(SAMPLE_ROWS), strict=False) if line.strip()]
    separator, quote = (told, '"') if told else _separator(sample, dialect.separator, str(file))
    comments = _comment_lines(sample, separator)
    cells = _cells(_without_lines(text, comments), separator, quote, str(file))
    refuse_too_large(f"{file}", *cells.shape)
    found = _named(cells, str(file), dialect.header)
    notes = [] if separator == "," else [f"separated by {SEPARATORS.get(separator, repr(separator))}"]
    notes += [f"encoding {encoding}"] if encoding not in ("utf-8", "utf-8-sig") else []
    notes += [f"{comments} comment line{'s' * (comments != 1)} skipped"] if comments else []
    return replace(found, notes=(*notes, *found.notes), separator=separator)


def _decoded(file: Path, encoding: str) -> tuple[str, str]:
    """The text of a file and its encoding: the one that is named, UTF-8, or Windows-1252, which holds Latin-1."""
    raw = file.read_bytes()
    packed = next((name for mark, name in PACKED if raw.startswith(mark)), None)
    if packed:
        raise UserError(f"{file} is compressed ({packed}); decompress it, and give the CSV file")
    marked = next((name for mark, name in MARKS if raw.startswith(mark)), None)
    tried = [encoding] if encoding != "auto" else [marked or "utf-8", "cp1252"]
    for name in tried:
        try:
            text = raw.decode(name)
        except LookupError:
            raise UserError(f"{KEY}.encoding={name} is not known; say utf-8, cp1252, latin-1 or utf-16") from None
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise _not_text(file, raw)
        if encoding == "auto" and name == "cp1252" and _is_another_alphabet(text):
            what = f"{file} is not encoded as UTF-8, and its letters are not those of Western Europe"
            others = "cp1251 for Cyrillic, cp1253 for Greek, shift_jis for Japanese, gbk for Chinese"
            raise UserError(f"{what}; say which encoding it has, as in {KEY}.encoding=cp1251 ({others})")
        return text, name
    what = f"{file} is not encoded as {' or '.join(tried)}"
    raise UserError(f"{what}; say which encoding it has, as in {KEY}.encoding=latin-1, or save it as UTF-8")


def _not_text(file: Path, raw: bytes) -> UserError:
    """The refusal of a file with zero bytes: UTF-16 without its mark, or no text at all."""
    half = max(len(raw) // 2, 1)
    for places, name in ((raw[1::2], "utf-16-le"), (raw[::2], "utf-16-be")):
        if places.count(0) > 0.5 * half:
            return UserError(f"{file} looks like UTF-16; say {KEY}.encoding={name}, or save it as UTF-8")
    return UserError(f"{file} holds zero bytes, which are not text; give a CSV, Parquet or Excel file")


def _is_another_alphabet(text: str) -> bool:
    """Whether words with letters outside ASCII consist mostly of such letters, as in no language of Western Europe."""
    words = [word for word in re.findall(r"[^\W\d_]{2,}", text[:100_000]) if not word.isascii()]
    foreign = sum(2 * sum(ord(letter) > 127 for letter in word) > len(word) for word in words)
    return 2 * foreign > len(words)


def _refuse_other_formats(text: str, file: str) -> None:
    """Refuse web pages, JSON and ARFF, which have no rows of cells at the beginning."""
    start = text[:200].lstrip("\ufeff \n\t").lower()
    for mark, name in FORMATS.items():
        if start.startswith(mark):
            raise UserError(f"{file} holds {name}; save the table as CSV, Parquet or Excel")


def _told_separator(text: str) -> tuple[str, str]:
    """The text without a first line such as "sep=;", which Excel reads, and the separator that it names."""
    found = re.match("\ufeff?sep=(.)\n", text)
    return (text[found.end() :], found[1]) if found else (text, "")


def _without_lines(text: str, count: int) -> str:
    """The text without so many lines at its beginning, empty ones not counted."""
    at = 0
    while count:
        end = text.find("\n", at) + 1 or len(text)
        count -= bool(text[at:end].strip())
        at = end
    return text[at:]


def _separator(sample: list[str], separator: str, file: str) -> tuple[str, str]:
    """What stands between cells, and the quotation mark: as named, or as it is found in the first rows."""
    if separator != "auto":
        return {"tab": "\t", "\\t": "\t", "blank": " ", "space": " "}.get(separator, separator), '"'
    rows = [line for line in sample if not line.startswith("#")][:200] or sample[:200]
    even = [mark for mark in SEPARATORS if _is_even(rows, mark)]
    if len(even) == 1 and not re.search(rf"(?:^|{re.escape(even[0])})\s*'", "".join(rows), flags=re.MULTILINE):
        return even[0], '"'
    import clevercsv  # only where it is needed: it takes a second

    try:
        found = clevercsv.Sniffer().sniff("".join(line[:10_000] for line in rows), delimiters="".join(SEPARATORS))
        mark, quote = (found.delimiter, found.quotechar) if found else ("", "")
    except Exception:  # the sniffer has none that fits
        mark, quote = "", ""
    if not mark and len(rows) > 1 and any(each in rows[0] for each in SEPARATORS):
        advice = [override(f"{KEY}.separator", each) for each in (",", ";", "tab")]
        raise UserError(f"{file}: what separates the columns is not clear; say {advice[0]}, {advice[1]} or {advice[2]}")
    return mark or ",", quote if quote == "'" else '"'


def _is_even(lines: list[str], mark: str) -> bool:
    """Whether a separator gives every line the same number of cells, and more than one."""
    lines = [" ".join(line.split()) for line in lines] if mark == " " else lines
    try:
        counts = {len(row) for row in csv.reader(lines, delimiter=mark, skipinitialspace=True)}
    except csv.Error:
        return False
    return len(counts) == 1 and counts.pop() > 1


def _comment_lines(lines: list[str], separator: str) -> int:
    """How many lines at the beginning are comments; a header may begin with "#" as its first name."""
    names = (place for place, line in enumerate(lines) if not line.startswith("#") or line.startswith(f"#{separator}"))
    return next(names, 0)


def _cells(body: str, separator: str, quote: str, file: str) -> pd.DataFrame:
    """The cells of a text file as text without blanks around them, the header's row with them."""
    import pandas as pd

    lengths = _lengths(body, separator, quote)
    if not lengths:
        raise UserError(f"{file} is empty; give a table with a header and rows")
    _refuse_ragged(lengths, file)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            cells = pd.read_csv(
                io.StringIO(body),
                sep=r"\s+" if separator == " " else separator,
                quotechar=quote,
                header=None,
                names=range(max(lengths)),
                index_col=False,
                dtype=str,
                na_filter=False,
                skipinitialspace=True,
            )
        except pd.errors.ParserError as error:
            raise UserError(f"{file}: {_row_of(str(error))}; give every row as many cells as the header") from None
    cells = cells.apply(lambda column: column.fillna("").str.strip())
    if lengths[0] == max(lengths) - 1 and len(cells) > 1:
        return _shifted(cells, file)
    return cells


def _lengths(body: str, separator: str, quote: str) -> list[int]:
    """How many cells each of the first rows has; empty rows are left out."""
    lines = (" ".join(line.split()) for line in io.StringIO(body)) if separator == " " else io.StringIO(body)
    rows = csv.reader(lines, delimiter=separator, quotechar=quote, skipinitialspace=True)
    try:
        first = [row for row, _ in zip(rows, range(SAMPLE_ROWS), strict=False)]
    except csv.Error as error:
        raise UserError(
            f"the file cannot be read as CSV ({error}); close the quotation mark that is left open"
        ) from None
    return [len(row) for row in first if any(cell.strip() for cell in row)]


def _row_of(message: str) -> str:
    """Which row has too many cells, in words, from the parser's message."""
    found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    return f"row {found[2]} has {found[3]} cells, and those before {found[1]}" if found else message.splitlines()[0]


def _refuse_ragged(lengths: list[int], file: str) -> None:
    """Refuse rows that do not have as many cells as the first row, unless each has one more, as with row names."""
    common, _ = Counter(lengths[1:] or lengths).most_common(1)[0]
    longer = next((place for place, length in enumerate(lengths) if length > max(common, lengths[0])), None)
    if longer is not None:
        what = f"{file}: row {longer + 1} has {lengths[longer]} cells, and the others {common}"
        raise UserError(f"{what}; correct that row: put cells that hold the separator in quotation marks")
    if len(lengths) > 1 and common > lengths[0] + 1:
        what = f"{file}: the first row has {lengths[0]} cells, and the others {common}"
        raise UserError(
            f"{what}; delete lines above the header, or, where numbers have decimal commas, put them in quotation marks "
            "or save the file with semicolons"
        )


def _shifted(cells: pd.DataFrame, file: str) -> pd.DataFrame:
    """Rows with one cell more than the header: row names stand first, or a separator ends each row.

    Raises:
        UserError: if the first cells do not look like row names, which are all different, and text or 1, 2, 3, ...
    """
    first = cells.iloc[1:, 0]
    if (cells.iloc[1:, -1] == "").all():
        return cells
    counted = [[str(row + start) for row in range(len(first))] for start in (0, 1)]
    if not first.is_unique or (look_like_numbers(first).all() and first.tolist() not in counted):
        what = f"{file}: the header has {cells.shape[1] - 1} names, and the rows have {cells.shape[1]} cells"
        raise UserError(f"{what}; write a name for each column into the header")
    cells.iloc[0] = ["", *cells.iloc[0].tolist()[:-1]]
    return cells


def _without_empty_rows(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows that hold anything."""
    empty = cells.iloc[:, 0] == ""
    if not empty.any():
        return cells
    filled = (cells[empty] != "").any(axis=1)
    return cells.drop(index=filled.index[~filled]).reset_index(drop=True)


def _looks_total(cells: pd.DataFrame) -> str:
    """The cell of the last row that says that it sums up those above; empty where none does."""
    for name in cells.columns:
        last = cells[name].iloc[-1]
        if isinstance(last, str) and TOTAL.fullmatch(last) and (cells[name] == last).sum() == 1:
            return last
    return ""


def _refuse_twice(names: list[str], used: list[str], file: str) -> None:
    """Refuse columns of one name.

    Args:
        names: of all columns, empty where there is none.
        used: of the columns that hold anything.
        file: the file's name.
    """
    twice = [name for name, times in Counter(used).items() if times > 1]
    if not twice:
        return
    own = [name or header.place_name(place) for place, name in enumerate(names)]
    own = [f"{name}_{own[:place].count(name) + 1}" if name in own[:place] else name for place, name in enumerate(own)]
    give = f", or give all names, as in {override(header.KEY, own)}" if len(own) <= header.MOST_NAMES else ""
    what = f"{file} has two columns of one name: {', '.join(map(repr, twice))}"
    raise UserError(f"{what}; give each column a name of its own in the file{give}")


def _named(cells: pd.DataFrame, file: str, given: str | bool | tuple[str, ...]) -> Read:
    """The rows under their names; empty columns without a name are left out."""
    if not cells.size:
        raise UserError(f"{file} is empty; give a table with a header and rows")
    rows, cells = len(cells), _without_empty_rows(cells)
    if len(cells) > 2 and (total := _looks_total(cells)):
        raise UserError(f"{file}: the last row looks like a total ({total!r}) of those above; delete it from the file")
    names, body, note = header.split(cells, file, given)
    nameless = [place for place, name in enumerate(names) if not name]
    filled = [place for place in range(len(names)) if place not in nameless or (body.iloc[:, place] != "").any()]
    whole = [names[place] or header.place_name(place) for place in filled]
    _refuse_twice(names, whole, file)
    frame = body.iloc[:, filled].set_axis(whole, axis=1).reset_index(drop=True)
    empty = len(names) - len(filled)
    notes = [*([note] if note else []), *([f"{empty} empty column{'s' * (empty != 1)} left out"] if empty else [])]
    notes += [f"{rows - len(cells)} empty row{'s' * (rows - len(cells) != 1)} left out"] if rows > len(cells) else []
    unnamed = [] if given is False else [header.place_name(place) for place in nameless if place in filled]
    return Read(frame, tuple(notes), tuple(unnamed))
