"""The user's own table: a CSV or Parquet file with one row per example and one column to be guessed."""

from __future__ import annotations

import csv
import functools
import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnexp.errors import UserError, unknown
from nnexp.parts.datasets.base import Data, Dataset, one_of, split, standardized
from nnexp.parts.registry import MOST_BYTES, Seed, Share, part, refuse_too_large

if TYPE_CHECKING:
    import pandas as pd

MOST_LEVELS = 100
LARGEST = 1e100
ODD = (list, dict, np.ndarray, bytes)


@part("dataset", "table")
class Table(Dataset):
    """A CSV or Parquet file; numeric columns are standardized, text columns become one 0-or-1 column per level.

    `target` names the column to guess: numbers are regression (or classes, with task=classes, or if all are 0 or 1), text
    is classes. `ignore` names columns to leave out.
    """

    path: str = ""
    target: str = ""
    ignore: tuple[str, ...] = ()
    task: Literal["auto", "regression", "classes"] = "auto"
    test_share: Share = 0.3
    seed: Seed = 0

    def identity(self) -> dict[str, Any]:
        file = self._file()
        return {**self.settings(), "path": f"sha256:{_content(file, file.stat().st_size, file.stat().st_mtime_ns)}"}

    def load(self) -> Data:
        frame = self._frame()
        if self.target not in frame.columns:
            raise unknown("dataset.table.target", self.target, map(str, frame.columns))
        for name in self.ignore:
            if name not in frame.columns or name == self.target:
                raise unknown("dataset.table.ignore", name, [c for c in frame.columns if c != self.target])
        columns = [c for c in frame.columns if c != self.target and c not in self.ignore]
        _refuse_unusable(frame[[*columns, self.target]], columns, self.path)
        X, numeric, inputs = _inputs(frame[columns], self.path)
        Y, task, outputs = self._targets(frame[self.target])
        return standardized(split(X, Y, task, self.test_share, self.seed, inputs, outputs), numeric)

    def _file(self) -> Path:
        if not self.path:
            raise UserError("dataset.table.path is not given; say dataset.table.path=FILE, a CSV or Parquet file")
        file = Path(self.path)
        try:
            found = file.is_file()
        except OSError:
            found = False
        if not found:
            raise UserError(f"dataset.table.path={self.path}: there is no such file; give a CSV or Parquet file")
        return file

    def _frame(self) -> pd.DataFrame:
        file = self._file()
        read = _read_parquet if file.suffix.lower() in (".parquet", ".pq") else _read_csv
        try:
            frame = read(file).rename(columns=str)
        except UserError:
            raise
        except Exception as error:
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise UserError(f"{self.path} cannot be read ({first}); give a CSV file or a .parquet file") from None
        if not frame.columns.is_unique:
            raise UserError(f"{self.path} has two columns of one name; give each column a name of its own")
        return _numbers(frame)

    def _targets(self, column: pd.Series) -> tuple[np.ndarray, str, tuple[str, ...]]:
        numbers = _is_number(column)
        if self.task == "regression" and not numbers:
            raise UserError(
                f"dataset.table.target={self.target} holds text; regression needs numbers: say task=classes"
            )
        if not numbers:
            _refuse_near_numbers(column, self.target, self.path)
        levels = sorted(column.unique(), key=lambda level: (str(type(level)), level))
        binary_numbers = numbers and len(levels) == 2 and list(levels) == [0, 1]
        if self.task == "regression" or (self.task == "auto" and numbers and not binary_numbers):
            return column.to_numpy(np.float64)[None, :], "regression", (self.target,)
        _refuse_levels(self.target, len(levels), least=2)
        classes = column.map({level: i for i, level in enumerate(levels)}).to_numpy(np.int64)
        names = tuple(f"{self.target}={level}" for level in levels)
        task = "binary" if len(levels) == 2 else "multiclass"
        return one_of(classes, len(levels)), task, names[1:] if len(levels) == 2 else names


@functools.lru_cache(maxsize=8)
def _content(file: Path, size: int, changed: int) -> str:
    """The digest of a file's content, read again where its size or time of change are others."""
    if size > MOST_BYTES:
        what = f"dataset.table.path={file} is a file of {size / 2**30:,.0f} GiB"
        raise UserError(f"{what}; up to {MOST_BYTES / 2**30:.0f} are allowed: give fewer rows")
    try:
        with open(file, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"dataset.table.path={file} cannot be read ({error.strerror}); give a file that can") from None


def _read_parquet(file: Path) -> pd.DataFrame:
    """A Parquet file, refused where it is much larger within than it looks."""
    import pandas as pd
    import pyarrow.parquet as pq

    with open(file, "rb") as opened:
        found = pq.read_metadata(opened)
    refuse_too_large(f"{file}", found.num_rows, found.num_columns)
    return pd.read_parquet(file)


def _read_csv(file: Path) -> pd.DataFrame:
    """A CSV file, refused where a row has more cells than the header or two columns have one name."""
    import pandas as pd

    with open(file, newline="", encoding="utf-8-sig") as opened:
        header = next(csv.reader(opened), [])
    if len(set(header)) < len(header):
        raise UserError(f"{file} has two columns of one name; give each column a name of its own")
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(file, index_col=False)


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with columns of numbers that are not held as such (big integers, decimals) made numbers.

    Columns that hold times, lists or records are refused.
    """
    import pandas as pd

    for name in frame.columns:
        column = frame[name]
        odd = column.map(lambda cell: isinstance(cell, ODD)) if column.dtype.kind == "O" else False
        if column.dtype.kind in "Mm" or np.any(odd):
            what = f"column {name} holds {'times' if column.dtype.kind in 'Mm' else 'lists, records or bytes'}"
            raise UserError(
                f"{what}, which are neither numbers nor categories; make numbers of them, or drop the column"
            )
        if not _is_number(column) and column.notna().all():
            numbers = pd.to_numeric(column, errors="coerce")
            if numbers.notna().all() and len(numbers):
                frame[name] = numbers.astype(np.float64)
    return frame


def _is_number(column: pd.Series) -> bool:
    return bool(column.dtype.kind in "iufb")


def _refuse_unusable(frame: pd.DataFrame, columns: list[str], path: str) -> None:
    """Refuse a table with too little in it, or with a missing value, naming the first one's row and column."""
    if len(frame) < 2 or not columns:
        raise UserError(f"{path} has {len(frame)} rows and {len(columns)} input columns; at least 2 and 1 are needed")
    for name in frame.columns:
        column = frame[name]
        missing = column.isna().to_numpy() | (~(np.abs(column) < LARGEST) if column.dtype.kind == "f" else False)
        if missing.any():
            row = int(np.argmax(missing)) + 1
            where = f"{path} has no usable value in row {row} of column {name} ({int(missing.sum())} such rows)"
            raise UserError(
                f"{where}; fill it, drop the row, or leave the column out with dataset.table.ignore=[{name}]"
            )


def _inputs(frame: pd.DataFrame, path: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """The columns as numbers (d, examples), which of the d rows were numeric, and their names."""
    rows, numeric, names = [], [], []
    for name in frame.columns:
        column = frame[name]
        if _is_number(column):
            rows.append(column.to_numpy(np.float64))
            numeric.append(True)
            names.append(str(name))
            continue
        _refuse_near_numbers(column, str(name), path)
        levels = sorted(column.astype(str).unique())
        _refuse_levels(str(name), len(levels), least=1)
        refuse_too_large(path, len(rows) + len(levels), len(frame))
        for level in levels:
            rows.append((column.astype(str) == level).to_numpy(np.float64))
            numeric.append(False)
            names.append(f"{name}={level}")
    return np.stack(rows), np.array(numeric), tuple(names)


def _refuse_near_numbers(column: pd.Series, name: str, path: str) -> None:
    """Refuse a column that is numbers but for a few cells: most likely a slip, not categories."""
    import pandas as pd

    bad = pd.to_numeric(column.astype(str), errors="coerce").isna().to_numpy()
    if 0 < bad.sum() < 0.5 * len(column):
        row = int(np.argmax(bad))
        where = f"{path} has the non-numeric cell {column.iloc[row]!r} in row {row + 1} of column {name}"
        raise UserError(f"{where}; mend it, or leave the column out with dataset.table.ignore=[{name}]")


def _refuse_levels(name: str, n_levels: int, least: int) -> None:
    if not least <= n_levels <= MOST_LEVELS:
        what = f"column {name} has {n_levels} different values; classes and categories need {least} to {MOST_LEVELS}"
        raise UserError(f"{what}; leave it out with dataset.table.ignore, or say dataset.table.task=regression")
