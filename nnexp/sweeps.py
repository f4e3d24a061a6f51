"""What a sweep asked for, as it is kept: its runs, and in what words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class SweepRecord:
    """Which runs a sweep asked for, and in what words.

    config: the composed sweep, as plain data; of several jobs under one sweep, one after the other.
    data: what was read of each data set, in two lines each.
    """

    id: str
    name: str
    question: str
    created: str
    config: list[Mapping[str, Any]]
    runs: list[str]
    data: list[str] = field(default_factory=list)


def sweep_of(said: Any) -> SweepRecord:
    """The sweep that is said in plain data; a TypeError where it is none."""
    sweep = SweepRecord(**said)
    words = (sweep.id, sweep.name, sweep.question, sweep.created, *sweep.runs)
    words = (*words, *sweep.data)
    jobs = sweep.config if isinstance(sweep.config, list) and isinstance(sweep.runs, list) else []
    if not (jobs and all(isinstance(w, str) for w in words) and all(isinstance(job, dict) for job in jobs)):
        raise TypeError("fields of other types")
    return sweep


def together(jobs: Sequence[SweepRecord]) -> SweepRecord:
    """The one sweep that these jobs are."""
    ordered = sorted(jobs, key=lambda sweep: sweep.created)
    runs = list(dict.fromkeys(run for job in ordered for run in job.runs))
    data = list(dict.fromkeys(line for job in ordered for line in job.data))
    return replace(ordered[-1], config=[config for job in ordered for config in job.config], runs=runs, data=data)
