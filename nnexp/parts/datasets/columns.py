"""How do rows of the user's own table become the inputs of a net, and its outputs labels and values of the table again?

Every data set has an `Encoding`: what was learned from the training part (means, deviations, levels, fill values) as plain
numbers and names, so that a net can be carried away with it. Training inputs and new rows go through the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnexp.errors import UserError
from nnexp.parts.datasets.numbers import PLAIN, Format, parse

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "<NA>", "?")
"""The spellings of a missing value, unless others are named."""

LARGEST = 1e100
MOST_SHOWN = 10


@dataclass(frozen=True)
class Numeric:
    """A column of numbers: one input, (value - mean) / deviation.

    fill: what a missing value counts as; None refuses it.
    written: how numbers are written where they are given as text.
    """

    name: str
    mean: float = 0.0
    deviation: float = 1.0
    fill: float | None = None
    written: Format = PLAIN

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs that it gives."""
        return (self.name,)

    def scaled(self, values: Array) -> Array:
        """Numbers (rows,), NaN where missing, as the input (1, rows)."""
        filled = values if self.fill is None else np.where(np.isnan(values), self.fill, values)
        return ((filled - self.mean) / self.deviation)[None, :]

    def encode(self, column: pd.Series, missing: Sequence[str]) -> Array:
        """New rows as the input (1, rows).

        Raises:
            UserError: if a value is missing or is no number.
        """
        if column.dtype.kind in "iufb":
            values = column.to_numpy(np.float64, na_value=np.nan)
            wrong = ~(np.abs(values) < LARGEST) & ~np.isnan(values)
        else:
            text = cleaned(column, missing)
            values = parse(text, self.written)
            values = np.where(np.isnan(values), parse(text, PLAIN), values)
            wrong = np.isnan(values) & text.notna().to_numpy() | (np.abs(values) >= LARGEST)
        if wrong.any():
            row = int(np.argmax(wrong))
            cell = column.iloc[row]
            shown = repr(cell) if isinstance(cell, str) else f"{cell}"
            raise UserError(f"row {row + 1} of column {self.name} holds {shown}; give a number there")
        if self.fill is None:
            refuse_gaps(np.isnan(values), self.name)
        return self.scaled(values)


@dataclass(frozen=True)
class Categorical:
    """A column of categories: one input per level, 1 where the row has that level, else 0.

    fill: the level that a missing value counts as; None refuses it.
    """

    name: str
    levels: tuple[str, ...]
    fill: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs that it gives."""
        return tuple(f"{self.name}={level}" for level in self.levels)

    def coded(self, text: pd.Series) -> Array:
        """Levels as text (rows,) as the inputs (levels, rows)."""
        cells = text.to_numpy(dtype=object)
        return np.equal(cells[None, :], np.array(self.levels, dtype=object)[:, None]).astype(np.float64)

    def encode(self, column: pd.Series, missing: Sequence[str]) -> Array:
        """New rows as the inputs (levels, rows).

        Raises:
            UserError: if a value is missing or is none of the levels.
        """
        text = cleaned(column, missing)
        if self.fill is not None:
            text = text.fillna(self.fill)
        refuse_gaps(text.isna().to_numpy(), self.name)
        known = {**{alike(level): level for level in self.levels}, **{level: level for level in self.levels}}
        found = text.map({cell: known.get(cell, known.get(alike(cell))) for cell in text.unique()})
        if found.isna().any():
            row = int(np.argmax(found.isna().to_numpy()))
            levels = ", ".join(self.levels[:MOST_SHOWN]) + (", ..." if len(self.levels) > MOST_SHOWN else "")
            what = f"row {row + 1} of column {self.name} holds {text.iloc[row]!r}, which is not a level of it"
            raise UserError(f"{what}; known levels: {levels}")
        return self.coded(found)


@dataclass(frozen=True)
class Target:
    """What is guessed: the names of its columns, the labels of classes as the table spells them, the scale of numbers.

    names: of the columns, one per output unless classes have an output each.
    labels: the classes in the order of the outputs; of two classes the second is the one that the only output stands for.
    mean, deviation: outputs of a regression are (value - mean) / deviation.
    """

    names: tuple[str, ...]
    labels: tuple[Any, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0


@dataclass(frozen=True)
class Encoding:
    """What becomes of the columns of a table, in the order of the inputs, and which spellings are missing values."""

    columns: tuple[Numeric | Categorical, ...]
    missing: tuple[str, ...] = MISSING

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def encode(self, rows: pd.DataFrame | Array) -> Array:
        """The inputs (inputs, rows) of a frame with the table's columns in any order, or of an array (rows, columns) in theirs.

        Raises:
            UserError: if a column is missing, the shape is another, or a value cannot be used; in a line.
        """
        frame = self._framed(rows)
        absent = [name for name in self.names if name not in frame.columns]
        if absent:
            have = ", ".join(map(str, frame.columns[:MOST_SHOWN]))
            raise UserError(f"the rows lack the columns {', '.join(absent)}; they have: {have}")
        if not frame.columns.is_unique:
            raise UserError("the rows have two columns of one name; give each column a name of its own")
        if not len(frame):
            return np.empty((sum(len(column.inputs) for column in self.columns), 0))
        return np.concatenate([column.encode(frame[column.name], self.missing) for column in self.columns])

    def _framed(self, rows: Any) -> pd.DataFrame:
        """The rows as a frame under the table's names; columns without a name are known by their places."""
        import pandas as pd

        if isinstance(rows, Mapping | pd.Series):
            rows = pd.DataFrame([dict(rows)])
        if not isinstance(rows, pd.DataFrame):
            values = rows if isinstance(rows, np.ndarray) else np.asarray(rows, dtype=object)
            if values.ndim != 2 or values.shape[1] != len(self.columns):
                what = f"the rows are an array of shape {values.shape}"
                raise UserError(f"{what}; give (rows, {len(self.columns)}), a column each for {', '.join(self.names)}")
            return pd.DataFrame(values, columns=self.names).infer_objects()
        if all(isinstance(name, int | np.integer) for name in rows.columns):
            return rows.set_axis([f"column_{int(name) + 1}" for name in rows.columns], axis=1)
        return rows.set_axis([str(name).strip() for name in rows.columns], axis=1)


def cleaned(column: pd.Series, missing: Sequence[str]) -> pd.Series:
    """A column as text without blanks around the cells; missing where it is, or is spelled so."""
    if column.dtype.kind in "iuf":
        text = column.astype("str").str.removesuffix(".0")
    elif column.dtype == "str":
        text = column.str.strip()
    else:
        text = column.astype(object).map(as_text, na_action="ignore").astype("str")
    absent = text.isin(list(missing))
    return text.mask(absent) if absent.any() else text


def as_text(cell: Any) -> str:
    """A cell as text; a whole number without a decimal point, so that 3.0 is the level 3."""
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()


def alike(cell: Any) -> str:
    """What two spellings of one level have in common: 3, 3.0 and 03, or True and TRUE."""
    text = str(cell)
    if text.lower() in ("true", "false"):
        return text.lower()
    try:
        return f"{float(text):.17g}" if text[:1] in "+-.0123456789" else text
    except ValueError:
        return text


def refuse_gaps(missing: NDArray[np.bool_], name: str) -> None:
    """Refuse rows in which a value is missing.

    Raises:
        UserError: if there are any, naming the first.
    """
    if missing.any():
        row, count = int(np.argmax(missing)) + 1, int(missing.sum())
        raise UserError(
            f"row {row} of column {name} has no value ({count} such row{'s' * (count != 1)}); fill it, or leave the row out"
        )
