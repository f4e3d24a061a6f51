"""Tables kept as a folder of Parquet files: written whole or not at all, read together, and never trusted when damaged.

A file is written under another name and renamed, so nothing half-written is ever read. One that cannot be read, or holds
something else, is set aside under another name, never deleted; one of another version of its own kind is left alone where
the table says that such may be.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nnexp.configuration import digest
from nnexp.errors import refused


@dataclass(frozen=True)
class Tables:
    """The files of one folder that share a schema; each row is a run's, by its column `run`.

    schema: the columns; its metadata hold the version under one key.
    outlives: whether files of other versions are to be passed over; they are damaged files otherwise.
    set_aside: the files that were, as they are called now.
    """

    folder: Path
    schema: pa.Schema
    outlives: bool = False
    set_aside: list[Path] = field(default_factory=list)

    def ids(self) -> set[str]:
        """The ids of all runs that have a row."""
        return {run for file in self._files() for run in self._read(file, ["run"])["run"].to_pylist()}

    def write(self, rows: pa.Table) -> None:
        """Keep these rows, as one file."""
        (version,) = self.schema.metadata.values()
        target = self.folder / f"{digest([version.decode(), *rows['run'].to_pylist()])}.parquet"
        whole(target, lambda temporary: pq.write_table(rows, temporary, compression="zstd"))

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
        none = self.schema.empty_table().select(list(columns))
        (key,) = self.schema.metadata
        try:
            with pq.ParquetFile(file) as opened:
                found = opened.schema_arrow
                version = (found.metadata or {}).get(key)
                if version is not None and version != self.schema.metadata[key] and self.outlives:
                    return none
                if found.names != self.schema.names or version != self.schema.metadata[key]:
                    raise pa.ArrowInvalid("something else")
                return opened.read(columns=list(columns))
        except (pa.ArrowInvalid, EOFError):
            self.set_aside.append(file.replace(file.with_suffix(".damaged")))
            return none


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
