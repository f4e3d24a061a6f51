"""What is asked of whatever writes entries into a store, and what a store says that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from nnexp.tracking.entries import Entry

AT_ONCE = 2048
"""Entries that are written together: a transaction of them holds the database's lock for about two seconds."""


RUN_NAME = "mlflow.runName"
"""The tag in which MLflow repeats the name of a run."""


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

    def shown(self, sweeps: Sequence[str]) -> dict[str, list[Shown]]:
        """The entries of these sweeps that the store has, by key; several of a key where more than one sweep has it."""

    def write(self, entries: Sequence[Entry], above: Mapping[str, str]) -> dict[str, str]:
        """Write entries, but for their drawings, and finish them; gives their MLflow runs by key.

        The tag `content`, by which an entry is known to be whole, is left to whoever keeps the drawing of one that has one.

        Args:
            entries: each behind the one above it, or that one is in `above`.
            above: MLflow runs of entries that are there, by key.
        """

    def place(self, run_id: str) -> str:
        """The address of an entry's artifacts."""

    def tag(self, changed: Mapping[str, Mapping[str, str | None]]) -> None:
        """Set tags of entries, by their MLflow runs, or delete those that are None; the tag of its name renames an entry."""

    def remove(self, run_ids: Sequence[str]) -> None:
        """Delete entries, and the models that they keep, as MLflow does: marked, until `mlflow gc` takes them away."""

    def close(self) -> None:
        """Leave the store ready to be read."""
