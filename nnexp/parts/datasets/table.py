"""The user's own table: a CSV, Parquet or Excel file with one row per example and one column to be guessed."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnexp.errors import UserError, override, unknown
from nnexp.parts.datasets import reading
from nnexp.parts.datasets.base import Data, Dataset, count, moments, one_of, split, split_by_class
from nnexp.parts.datasets.columns import Categorical, Encoding, Numeric, Target
from nnexp.parts.datasets.header import place_name
from nnexp.parts.datasets.inspection import MOST_LEVELS, Column, Inspector, typed_labels
from nnexp.parts.registry import MOST_BYTES, Seed, Share, part, refuse_too_large

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

KEY = "dataset.table"
MOST_RATINGS, LEAST_PER_RATING = 10, 3
"""Whole numbers with at most so many different values, each as often on average, may be classes or numbers."""


@part("dataset", "table")
class Table(Dataset):
    """A CSV, Parquet or Excel file; numeric columns are standardized, text columns become one 0-or-1 column per level.

    `target` names the column to guess, or gives its place: 1 is the first column, -1 the last. Text is classes, as are two
    different whole numbers; other numbers are regression. `ignore` names columns to leave out, `keep` numeric columns that
    would be left out because they number the rows, `categorical` columns that are categories whatever they look like.
    `missing` says what is done about missing values: refuse them, drop their rows, or put in the median of the training
    part (of categories the most frequent one); `missing_values` lists their spellings. `separator`, `decimal`, `encoding`,
    `header` (true, false, or the names) and `sheet` say how the file is written. `standardize_target` trains a regression on
    targets with mean 0 and standard deviation 1; errors are given in the target's own unit too.
    """

    path: str = ""
    target: str | int = ""
    ignore: tuple[str | int, ...] = ()
    keep: tuple[str | int, ...] = ()
    categorical: tuple[str | int, ...] = ()
    task: Literal["auto", "regression", "classes"] = "auto"
    missing: Literal["refuse", "drop_rows", "median"] = "refuse"
    missing_values: Literal["auto"] | tuple[str, ...] = "auto"
    separator: str = "auto"
    decimal: Literal["auto", ".", ","] = "auto"
    encoding: str = "auto"
    header: Literal["auto"] | bool | tuple[str, ...] = "auto"
    sheet: str | int | None = None
    standardize_target: bool = True
    test_share: Share = 0.3
    seed: Seed = 0

    def identity(self) -> dict[str, Any]:
        return {**self.settings(), "path": f"sha256:{self._content()}"}

    @property
    def label(self) -> str:
        return Path(self.path).name or self.name

    def load(self) -> Data:
        whole = self._inspected()
        rows, dropped = self._rows(whole)
        columns = [
            replace(column, text=column.text.iloc[rows], values=_taken(column.values, rows)) for column in whole.inputs
        ]
        target = replace(whole.target, text=whole.target.text.iloc[rows], values=_taken(whole.target.values, rows))
        if len(rows) < 2:
            raise UserError(f"{self.path} has {count(len(rows), 'row')} without missing values; at least 2 are needed")
        classes, labels = self._classes(target)
        train, test = self._split(len(rows), classes)
        encoding = Encoding(tuple(_fitted(column, train, self.missing) for column in columns), whole.spellings)
        refuse_too_large(self.path, sum(len(column.inputs) for column in encoding.columns), len(rows))
        X = np.concatenate([_encoded(*pair) for pair in zip(encoding.columns, columns, strict=True)])
        Y, task, outputs, told = self._outputs(target, classes, labels, train)
        inputs = tuple(name for column in encoding.columns for name in column.inputs)
        parts = X[:, train], Y[:, train], X[:, test], Y[:, test]
        return Data(*parts, task, inputs, outputs, encoding, told, rows[train], rows[test], (*whole.notes, *dropped))

    def table(self) -> pd.DataFrame:
        return self._read().frame

    def read(self, path: str | Path) -> pd.DataFrame:
        """Another file that is written as this one, as a frame."""
        table: Table = replace(self, path=str(path))  # type: ignore[call-arg]  # `part` makes the dataclass
        return table._read().frame

    def for_losses(self, losses: tuple[Any, ...]) -> Table:
        if self.task != "auto" or not losses:
            return self
        classes = any("regression" not in loss.tasks for loss in losses)
        if not _are_few_whole_numbers(self._inspected().target, MOST_LEVELS if classes else MOST_RATINGS):
            return self
        return replace(self, task="classes" if classes else "regression")  # type: ignore[call-arg]

    def _file(self) -> Path:
        if not self.path:
            raise UserError(f"{KEY}.path is not given; say {KEY}.path=FILE, a CSV, Parquet or Excel file")
        file = Path(self.path).expanduser()
        try:
            found = file.is_file()
        except OSError:
            found = False
        if not found:
            raise UserError(f"{KEY}.path={self.path}: there is no such file; give a CSV, Parquet or Excel file")
        return file

    def _content(self) -> str:
        file = self._file()
        return _digest(file, file.stat().st_size, file.stat().st_mtime_ns)

    def _read(self) -> reading.Read:
        dialect = reading.Dialect(self.separator, self.encoding, self.header, self.sheet)
        return _read(self._file(), self._content(), dialect)

    def _inspected(self) -> Inspected:
        return _inspected(self, self._content())

    def _named(self, names: Iterable[str | int], known: list[str], key: str) -> tuple[str, ...]:
        """Columns by their names, from names or places: 1 is the first, -1 the last."""
        found = []
        for name in names:
            if isinstance(name, int) and str(name) not in known and 0 < abs(name) <= len(known):
                name = known[name - 1 if name > 0 else name]
            if str(name) not in known and isinstance(name, int):
                what = f"{KEY}.{key}={name} is neither a name nor the place of a column"
                raise UserError(f"{what}; 1 is the first column, {len(known)} or -1 the last: {', '.join(known)}")
            if str(name) not in known and known[0] == place_name(0) and self.header is False:
                what = f"{KEY}.{key}={name} is not known, since the file has no header"
                raise UserError(
                    f"{what}; give places, as in {override(f'{KEY}.target', len(known))}, or {', '.join(known)}"
                )
            if str(name) not in known:
                raise unknown(f"{KEY}.{key}", name, known)
            found.append(str(name))
        return tuple(found)

    def _rows(self, whole: Inspected) -> tuple[Rows, tuple[str, ...]]:
        """The rows that are used, and in words which are not.

        Raises:
            UserError: if values are missing and nothing says what to do about it.
        """
        gaps = {column.name: int(column.missing.sum()) for column in whole.inputs if column.missing.any()}
        absent = whole.target.missing
        broken = (
            np.any([column.missing for column in whole.inputs] if self.missing != "median" else [absent], axis=0)
            | absent
        )
        if self.missing == "refuse" and broken.any():
            self._refuse_gaps(whole, gaps, int(absent.sum()), int((~broken).sum()))
        kept = np.flatnonzero(~broken)
        notes = [f"{count(int(broken.sum()), 'row')} with missing values dropped"] if broken.any() else []
        if self.missing == "median" and gaps:
            notes.append(
                f"missing values of {', '.join(gaps)} replaced by the training part's median or most frequent level"
            )
        return kept, tuple(notes)

    def _refuse_gaps(self, whole: Inspected, gaps: dict[str, int], without_target: int, n_whole: int) -> None:
        """Refuse missing values, all columns with gaps in one line."""
        first = next(column for column in [whole.target, *whole.inputs] if column.missing.any())
        row, said = int(np.argmax(first.missing)) + 1, []
        if without_target:
            said.append(f"the target {whole.target.name} is missing in {without_target}")
        said += [f"{name} in {number}" for name, number in gaps.items()]
        n = len(whole.target.missing)
        what = f"{self.path} has missing values, the first in row {row} of column {first.name}: {', '.join(said)} of {n} rows"
        if n - without_target < 2:
            raise UserError(f"{what}; choose another column as {KEY}.target")
        advice = [f"{KEY}.missing=drop_rows to use these alone"] if n_whole > 1 else []
        advice += [f"{KEY}.missing=median to fill them"] if gaps else []
        leave = [name for name, number in gaps.items() if 2 * number > n]
        advice += [f"leave columns out with {override(f'{KEY}.ignore', [*self.ignore, *leave])}"] if leave else []
        advice += self._levels_of_their_own(whole)
        raise UserError(
            f"{what}; {count(n_whole, 'row')} {'has' if n_whole == 1 else 'have'} every value: say {', or '.join(advice)}"
        )

    def _levels_of_their_own(self, whole: Inspected) -> Iterator[str]:
        """What to say where the spelling of a missing value may be a category, as NA is in some tables."""
        frame = self._read().frame
        spelled: dict[bool, set[str]] = {True: set(), False: {""}}
        for column in (whole.target, *whole.inputs):
            spelled[column.values is None] |= set(frame[column.name][column.missing].astype("str").str.strip())
        own = sorted(spelled[True] - spelled[False] - {"nan"})
        if own:
            others = [spelling for spelling in whole.spellings if spelling in spelled[False]]
            yield f"where {own[0]} is a category of its own say {override(f'{KEY}.missing_values', others or [''])}"

    def _classes(self, target: Column) -> tuple[NDArray[np.int64] | None, list[Any]]:
        """The number of each row's class, (rows,), and the labels; None where the target is a number to be guessed.

        Raises:
            UserError: if the target cannot be what it is to be, or may be either.
        """
        name, numbers = target.name, target.values
        levels = target.levels if numbers is None else np.unique(numbers).tolist()
        if self.task == "regression" and numbers is None:
            raise UserError(f"{KEY}.target={name} holds text; regression needs numbers: say {KEY}.task=classes")
        if self.task == "auto" and _are_few_whole_numbers(target, MOST_RATINGS):
            what = f"{self.path}: the target {name} has {len(levels)} different whole numbers, which may be classes or numbers"
            raise UserError(f"{what}; say {KEY}.task=classes or {KEY}.task=regression")
        two = numbers is not None and len(levels) == 2 and bool((numbers == np.round(numbers)).all())
        as_numbers = self.task == "regression" or (self.task == "auto" and numbers is not None and not two)
        if len(levels) > 1 and as_numbers:
            return None, []
        if not 2 <= len(levels) <= MOST_LEVELS or 2 * len(levels) > max(len(target.text), 4):
            different, rows = count(len(levels), "different value"), count(len(target.text), "row")
            what = f"{self.path}: the target {name} has {different} in {rows}"
            other = f" or say {KEY}.task=regression" if numbers is not None and len(levels) > 1 else ""
            raise UserError(
                f"{what}; 2 to {MOST_LEVELS} classes are allowed, each in several rows: choose another target{other}"
            )
        if numbers is not None:
            decimals = bool(target.text.str.contains(r"[.,eE]").all())
            labels = [level if decimals or level % 1 else int(level) for level in levels]
            return np.asarray(np.searchsorted(levels, numbers), dtype=np.int64), labels
        labels, spelled = typed_labels(levels)
        number = {text: place for place, text in enumerate(spelled)}
        return np.array([number[text] for text in target.text], dtype=np.int64), labels

    def _split(self, n: int, classes: NDArray[np.int64] | None) -> tuple[Rows, Rows]:
        """The rows of the training and the test part; classes keep their shares."""
        if classes is not None:
            return split_by_class(classes, self.test_share, self.seed)
        drawn = split(np.empty((1, n)), np.empty((1, n)), "regression", self.test_share, self.seed, (), ())
        return np.asarray(drawn.train), np.asarray(drawn.test)

    def _outputs(
        self, target: Column, classes: NDArray[np.int64] | None, labels: list[Any], train: Rows
    ) -> tuple[Array, str, tuple[str, ...], Target]:
        """Targets (outputs, rows), the task, the names of the outputs, and what turns them back into the table's values."""
        name = target.name
        if classes is None:
            values = np.asarray(target.values)[None, :]
            mean, deviation = (
                moments(values[:, train]) if self.standardize_target else (np.zeros((1, 1)), np.ones((1, 1)))
            )
            told = Target((name,), (), float(mean[0, 0]), float(deviation[0, 0]))
            return (values - mean) / deviation, "regression", (name,), told
        names = tuple(label if isinstance(label, str) else f"{name}={label}" for label in labels)
        told = Target((name,), tuple(labels))
        if len(labels) == 2:
            return one_of(classes, 2), "binary", names[1:], told
        return one_of(classes, len(labels)), "multiclass", names, told


@dataclass(frozen=True)
class Inspected:
    """A table's columns: the target, the inputs, notes in words, and the spellings of missing values."""

    target: Column
    inputs: tuple[Column, ...]
    notes: tuple[str, ...]
    spellings: tuple[str, ...]


@functools.lru_cache(maxsize=8)
def _inspected(table: Table, content: str) -> Inspected:
    """What the columns of a table are; `content` is the digest of its file."""
    found = table._read()
    names = [str(name) for name in found.frame.columns]
    if len(found.frame) < 2:
        raise UserError(f"{table.path} has {count(len(found.frame), 'row')} below the header; at least 2 are needed")
    if table.target == "":
        example = override(f"{KEY}.target", names[-1])
        raise UserError(
            f"{KEY}.target is not given; say which column is to be guessed, as in {example}; columns: {', '.join(names)}"
        )
    _refuse_lines_above(table, found.frame)
    (target,) = table._named([table.target], names, "target")
    others = [name for name in names if name != target]
    ignore, keep, categorical = (
        table._named(getattr(table, key), others, key) for key in ("ignore", "keep", "categorical")
    )
    european = found.separator == ";"
    inspector = Inspector(table.path, table.missing_values, table.decimal, ignore, categorical, keep, target, european)
    columns = inspector.columns(found.frame[[name for name in names if name not in ignore]])
    left = {c.name: inspector.left_out(c, found.nameless) for c in columns if c.name != target}
    inputs = tuple(column for column in columns if column.name != target and not left[column.name])
    left = {name: reason for name, reason in left.items() if reason}
    if not inputs:
        raise _no_inputs(table, left)
    notes = [*found.notes, *(f"{name} left out ({reason})" for name, reason in left.items())]
    notes += [f"{name} ignored" for name in ignore]
    notes += [*_written(columns), *(doubt for column in columns for doubt in inspector.doubts(column))]
    return Inspected(next(c for c in columns if c.name == target), inputs, tuple(notes), inspector.spellings)


def _refuse_lines_above(table: Table, frame: pd.DataFrame) -> None:
    """Refuse a file in which the target's name stands in one of the first rows: the header is not the first line."""
    if isinstance(table.target, int) or table.target in frame.columns or table.header is False:
        return
    for row in range(min(10, len(frame))):
        if table.target in frame.iloc[row].tolist() and not (frame.iloc[row + 1 :] == table.target).to_numpy().any():
            what = f"{table.path}: the name {table.target} stands in row {row + 1} below the first line"
            raise UserError(f"{what}; delete the lines above the header from the file")


def _no_inputs(table: Table, left: dict[str, str]) -> UserError:
    """The refusal of a table of which no column can be an input."""
    said = "".join(f"; {name} is left out ({reason})" for name, reason in left.items())
    numbering = [name for name, reason in left.items() if reason in ("numbers the rows", "row names")]
    keep = (
        f", or keep what numbers the rows with {override(f'{KEY}.keep', [*table.keep, *numbering])}"
        if numbering
        else ""
    )
    return UserError(
        f"{table.path} has no column to learn from beside the target{said}; give a table with more columns{keep}"
    )


def _written(columns: Iterable[Column]) -> Iterator[str]:
    """How numbers are written that are not plain, the columns of one format together."""
    formats: dict[str, list[str]] = {}
    for column in columns:
        formats.setdefault(str(column.written), []).append(column.name)
    yield from (f"{', '.join(names)} read with {written}" for written, names in formats.items() if written)


@functools.lru_cache(maxsize=4)
def _read(file: Path, content: str, dialect: reading.Dialect) -> reading.Read:
    """What a file holds; `content` is its digest."""
    return reading.read(file, dialect)


@functools.lru_cache(maxsize=8)
def _digest(file: Path, size: int, changed: int) -> str:
    """The digest of a file's content, read again where its size or time of change are others."""
    if size > MOST_BYTES:
        what = f"{KEY}.path={file} is a file of {size / 2**30:,.0f} GiB"
        raise UserError(f"{what}; up to {MOST_BYTES / 2**30:.0f} are allowed: give fewer rows")
    try:
        with open(file, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{KEY}.path={file} cannot be read ({error.strerror}); give a file that can") from None


def _are_few_whole_numbers(target: Column, most: int) -> bool:
    """Whether a target is whole numbers, of which 3 to `most` are different and each is in some rows: classes or numbers."""
    if target.values is None:
        return False
    values = np.unique(target.values[~target.missing])
    whole = bool((values == np.round(values)).all())
    return whole and 2 < len(values) <= min(most, len(target.values) // LEAST_PER_RATING)


def _taken(values: Array | None, rows: Rows) -> Array | None:
    return None if values is None else values[rows]


def _fitted(column: Column, train: Rows, missing: str) -> Numeric | Categorical:
    """What the training part says of a column: mean and deviation, or levels, and what stands in for a missing value."""
    if column.values is None:
        most = column.text.iloc[train].mode()
        return Categorical(
            column.name, tuple(column.levels), str(most.iloc[0]) if missing == "median" and len(most) else None
        )
    known = column.values[train]
    fill = None
    if missing == "median":
        fill = float(np.nanmedian(known)) if not np.isnan(known).all() else 0.0
        known = np.where(np.isnan(known), fill, known)
    mean, deviation = moments(known[None, :])
    return Numeric(column.name, float(mean[0, 0]), float(deviation[0, 0]), fill, column.written)


def _encoded(encoding: Numeric | Categorical, column: Column) -> Array:
    """A column's inputs (inputs, rows)."""
    if isinstance(encoding, Numeric):
        return encoding.scaled(np.asarray(column.values))
    return encoding.coded(column.text if encoding.fill is None else column.text.fillna(encoding.fill))
