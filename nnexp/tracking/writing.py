"""How do entries get into the store: by MLflow's client, or straight into the tables of its database?

The client takes an entry apart into several requests, which makes a hundred points cost more than the training they tell of.
Where the store is a database that this process can open, with a schema that this was tested with, the same rows are
written in bulk; anywhere else the client writes them. What is read back is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nnexp.errors import UserError
from nnexp.tracking.entries import Entry

AT_ONCE = 2048
"""Entries that are written together: a transaction of them holds the database's lock for about two seconds."""


@dataclass(frozen=True)
class Shown:
    """An entry that the store has: its MLflow run, its status, and its tags."""

    run_id: str
    status: str
    tags: Mapping[str, str]

    def is_whole(self, content: str) -> bool:
        """Whether it is finished and shows this content."""
        return self.status == "FINISHED" and self.tags.get("content") == content


class Writer(Protocol):
    """What writes the entries of one experiment."""

    def shown(self, sweep: str) -> dict[str, list[Shown]]:
        """The entries of a sweep that the store has, by key; more than one where two processes wrote the same."""

    def write(self, entries: Sequence[Entry], above: Mapping[str, str]) -> dict[str, str]:
        """Write entries, but for their drawings, and finish them; gives their MLflow runs by key.

        The tag `content`, by which an entry is known to be whole, is left to whoever keeps the drawing of one that has one.

        Args:
            entries: each behind the one above it, or that one is in `above`.
            above: MLflow runs of entries that are there, by key.
        """

    def place(self, run_id: str) -> str:
        """The address of an entry's artifacts."""

    def tag(self, changed: Mapping[str, Mapping[str, str]]) -> None:
        """Set tags of entries, by their MLflow runs."""

    def remove(self, run_ids: Sequence[str]) -> None:
        """Take entries out of what is shown."""

    def close(self) -> None:
        """Leave the store ready to be read."""


def open_writer(client: Any, uri: str, experiment: str, wanted: str) -> tuple[Writer, str]:
    """The quickest writer that is known to be right for this store, and, where it is the client, why.

    Args:
        client: MLflow's client on the store.
        uri: where the store is.
        experiment: the id of the experiment.
        wanted: `auto`, `bulk` or `client`.

    Raises:
        UserError: if `bulk` is wanted of a store that it cannot be had of.
    """
    from nnexp.tracking import bulk
    from nnexp.tracking.client import Client

    if wanted == "client":
        return Client(client, uri, experiment), "tracking.writer=client"
    engine, why = bulk.engine(uri)
    if engine is not None:
        return bulk.Bulk(engine, client, uri, experiment), ""
    if wanted == "bulk":
        raise UserError(f"tracking.writer=bulk cannot be had: {why}; say tracking.writer=auto")
    return Client(client, uri, experiment), why
