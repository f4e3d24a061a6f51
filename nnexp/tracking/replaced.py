"""Which sweeps of one name does another replace in MLflow? Those all of whose runs it has, as with more seeds.

A sweep asked for anew with more seeds, or with more values of an axis, has every run of the one before. MLflow shows the larger
one alone, so that no run is counted twice. Sweeps of one name that each have runs of their own are all shown.
"""

from __future__ import annotations

from typing import Any

from nnexp.config import Tracking, recorded
from nnexp.records import Records, SweepRecord
from nnexp.tracking.place import place_of


def replaced(records: Records, record: SweepRecord, tracking: Tracking) -> list[str]:
    """The ids of the sweeps on record that this one replaces, where it is tracked."""
    return [other.id for other, own in _namesakes(records, record, tracking) if _has(record, tracking, other, own)]


def replacing(records: Records, record: SweepRecord, tracking: Tracking) -> tuple[SweepRecord, Tracking]:
    """The sweep that is shown in place of this one, the largest that has all its runs or itself, and its config of tracking."""
    larger = [(o, own) for o, own in _namesakes(records, record, tracking) if _has(o, own, record, tracking)]
    return max([(record, tracking), *larger], key=lambda each: _size(each[0]))


def _namesakes(records: Records, record: SweepRecord, tracking: Tracking) -> list[tuple[SweepRecord, Tracking]]:
    """The sweeps of this name that have all its runs, or no others, and are tracked in the same place; with their configs."""
    runs, named = set(record.runs), [o for o in records.every_sweep() if o.name == record.name and o.id != record.id]
    related = [other for other in named if runs.issuperset(other.runs) or runs.issubset(other.runs)]
    configs = [(other, recorded(other.config[-1]).tracking) for other in related]
    here = place_of(tracking, records.root, record.name)
    return [
        (other, own)
        for other, own in configs
        if own.store == "mlflow" and place_of(own, records.root, other.name) == here
    ]


def _has(record: SweepRecord, tracking: Tracking, other: SweepRecord, own: Tracking) -> bool:
    """Whether a sweep shows all that another does; of two with the same runs the newer one does."""
    return _size(record) > _size(other) and set(other.runs) <= set(record.runs) and tracking.runs >= own.runs


def _size(record: SweepRecord) -> tuple[Any, ...]:
    return len(set(record.runs)), record.created, record.id
