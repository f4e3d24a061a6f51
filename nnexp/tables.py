"""Tables kept as a folder of Parquet files: written whole or not at all, read together, and never trusted when damaged.

A file is written under another name and renamed, so nothing half-written is ever read. Its pages carry checksums. One that
cannot be read, or holds something else, is set aside under another name, never deleted; one of another version is set aside
and called so, or left alone where the table says that such may be.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nnexp.configuration import digest
from nnexp.errors import refused
from nnexp.files import Aside, set_aside, wrong


@dataclass(frozen=True)
class Outdated:
    """How rows are known that an earlier version wrote and that are wrong by now: they count as not there.

    columns: what is looked at. find: (rows,), whether each of a file's rows is outdated.
    """

    columns: tuple[str, ...]
    find: Callable[[pa.Table], NDArray[np.bool_]]


@dataclass(frozen=True)
class Tables:
    """The files of one folder that share a schema; each row is a run's, by its column `run`.

    schema: the columns; its metadata hold the version under one key.
    outlives: whether files of other versions are to be passed over; they are set aside otherwise.
    later: the columns that older files of this version do not have yet; they are read as missing.
    outdated: which rows of such older files are left out.
    set_aside: the files that were.
    left_out: the runs of rows that were left out.
    """

    folder: Path
    schema: pa.Schema
    outlives: bool = False
    later: tuple[str, ...] = ()
    outdated: Outdated | None = None
    set_aside: list[Aside] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)

    def ids(self) -> set[str]:
        """The ids of all runs that have a row."""
        return {run for file in self._files() for run in self._read(file, ["run"])["run"].to_pylist()}

    def sound(self, wanted: Collection[str]) -> set[str]:
        """Those of these runs that have a row in a file that was read to its last byte."""
        found: set[str] = set()
        for file in self._files():
            those = set(wanted).intersection(self._read(file, ["run"])["run"].to_pylist())
            if those and self._read(file, self.schema.names).num_rows:
                found |= those
        return found

    def write(self, rows: pa.Table) -> None:
        """Keep these rows, as one file."""
        (version,) = self.schema.metadata.values()
        target = self.folder / f"{digest([version.decode(), *rows['run'].to_pylist()])}.parquet"
        whole(
            target.absolute(),  # since a:b/records would be taken for the address of another machine
            lambda temporary: pq.write_table(rows, temporary, compression="zstd", write_page_checksum=True),
        )

    def read(self, wanted: Collection[str] | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of these runs (all, unasked), each once, in no particular order."""
        names = list(dict.fromkeys(["run", *(columns or self.schema.names)]))
        tables = [self._read(file, names) for file in self._files()]
        if not tables:
            return self.schema.empty_table().select(names)
        rows = pa.concat_tables(tables)
        ids = rows["run"].to_pylist()
        keep = {run: i for i, run in enumerate(ids) if wanted is None or run in wanted}
        return rows if len(keep) == len(ids) else rows.take(pa.array(list(keep.values()), pa.int64()))

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet")) if self.folder.is_dir() else []

    def _read(self, file: Path, columns: Sequence[str]) -> pa.Table:
        """A file's columns; empty where it is not to be trusted."""
        try:
            with pq.ParquetFile(file.absolute(), page_checksum_verification=True) as opened:
                strange = self._strange(opened.schema_arrow)
                if strange is None:
                    return self._current(opened, list(columns))
            self._set_aside(file, *strange)
        except FileNotFoundError:
            pass  # another process has set it aside just now
        except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
            self._set_aside(file, wrong(error, file))
        return self.schema.empty_table().select(list(columns))

    def _current(self, opened: pq.ParquetFile, columns: list[str]) -> pa.Table:
        """These columns of a file; of an older one without outdated rows, and with empty columns for later ones."""
        there = opened.schema_arrow.names
        if set(self.later) <= set(there):
            return _checked(opened, columns)
        wanted = [*columns, *(self.outdated.columns if self.outdated else ())]
        rows = self._completed(
            _checked(opened, [name for name in dict.fromkeys(["run", *wanted]) if name in there]), columns
        )
        if self.outdated is None:
            return rows.select(columns)
        out = pa.array(self.outdated.find(rows))
        self.left_out.update(rows["run"].filter(out).to_pylist())
        return rows.filter(pc.invert(out)).select(columns)

    def _strange(self, found: pa.Schema) -> tuple[str, ...] | None:
        """What is wrong with a file of this schema, and by what ending that is known; None where it is as it should be."""
        ((key, own),) = self.schema.metadata.items()
        version = (found.metadata or {}).get(key)
        if version not in (None, own):
            what, of = key.decode(), version.decode(errors="replace")
            other = "".join(letter for letter in of if letter.isalnum()) or "other"
            return f"is of another version ({what} {of}, here {own.decode()})", f"version-{other}"
        own_fields = {field.name: field for field in self.schema}
        fields = {field.name: field for field in found}
        alike = fields == {
            name: field for name, field in own_fields.items() if name in fields or name not in self.later
        }
        return None if version is not None and alike else ("holds something else",)

    def _completed(self, rows: pa.Table, columns: Sequence[str]) -> pa.Table:
        """A file's columns, with empty ones in place of those that it does not have yet."""
        for name in columns:
            if name not in rows.column_names:
                rows = rows.append_column(
                    self.schema.field(name), pa.nulls(rows.num_rows, self.schema.field(name).type)
                )
        return rows

    def _set_aside(self, file: Path, why: str, ending: str = "damaged") -> None:
        if self.outlives and ending != "damaged":
            return
        aside = set_aside(file, why, ending)
        if aside is not None and aside not in self.set_aside:
            self.set_aside.append(aside)


def _checked(opened: pq.ParquetFile, columns: list[str]) -> pa.Table:
    """These columns of a file, held against what its end says of their lengths, since headers of pages have no checksum."""
    rows, meta = opened.read(columns=columns), opened.metadata
    for place, name in enumerate(opened.schema_arrow.names):
        if name in columns and pa.types.is_list(rows.schema.field(name).type):
            lengths = pc.max_element_wise(pc.list_value_length(rows[name]), 1)
            said = sum(meta.row_group(i).column(place).num_values for i in range(meta.num_row_groups))
            if (pc.sum(lengths).as_py() or 0) != said:
                raise pa.ArrowInvalid(f"{name} has lost values")
    return rows


def whole(target: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that it is there whole or not at all, also when the machine stops.

    Raises:
        UserError: if it cannot be written; what was begun is taken away.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise refused(f"{target.parent} cannot be written", error) from error
