"""The way through: plan, skip what is on record, train, record, judge, track, summarise.

The only module that walks through all rooms; behind the command line and behind `nnexp.sweep(...)`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nnexp import backends, judging, records, showing
from nnexp.config import Sweep, check, recorded
from nnexp.configuration import digest
from nnexp.errors import UserError
from nnexp.examples import one_look
from nnexp.files import Aside
from nnexp.net import compiled
from nnexp.net.history import Trained
from nnexp.net.training import Stack, parts, seconds_of_work
from nnexp.plan import Plan, Run, plan, stack, stacks, widened
from nnexp.spending import needed

if TYPE_CHECKING:
    import pandas as pd

    from nnexp.tracking.place import Place


class Watcher(Protocol):
    """Who is told how a sweep gets on."""

    def planned(self, plan: Plan, missing: int) -> None:
        """The plan is made; this many of its runs are not on record."""

    def trained(self, runs: int) -> None:
        """So many more runs are on record."""

    def judged(self, done: int, of: int) -> None:
        """So many of the endpoints that were not judged yet are."""

    def tracked(self, done: int, of: int) -> None:
        """So many of a sweep's entries are up to date in MLflow."""

    def tracked_slowly(self, why: str) -> None:
        """The tracker is written through MLflow's client, for this reason."""

    def not_tracked(self, why: str) -> None:
        """The tracker could not be written."""

    def waiting(self) -> None:
        """Another sweep is training into the same folder."""

    def set_aside(self, files: Sequence[Aside]) -> None:
        """These files could not be trusted and were set aside, by now."""


class Silence:
    """Nobody is told."""

    def planned(self, plan: Plan, missing: int) -> None:
        """Says nothing."""

    def trained(self, runs: int) -> None:
        """Says nothing."""

    def judged(self, done: int, of: int) -> None:
        """Says nothing."""

    def tracked(self, done: int, of: int) -> None:
        """Says nothing."""

    def tracked_slowly(self, why: str) -> None:
        """Says nothing."""

    def not_tracked(self, why: str) -> None:
        """Says nothing."""

    def waiting(self) -> None:
        """Says nothing."""

    def set_aside(self, files: Sequence[Aside]) -> None:
        """Says nothing."""


class DataPrinter(Silence):
    """Prints the two lines that say what was read of each data set, before training."""

    def __init__(self) -> None:
        self._printed: set[str] = set()

    def planned(self, plan: Plan, missing: int) -> None:
        """Print what was read, each line once."""
        for line in plan.data:
            if line not in self._printed:
                print(line)
        self._printed.update(plan.data)


@dataclass(frozen=True)
class Outcome:
    """What came of a sweep: its record, its plan, how many of its runs were trained now, and where it is tracked, if it is."""

    record: records.SweepRecord
    plan: Plan
    trained: int
    store: records.Records
    tracked: Place | None = None

    def frame(self, curves: bool = True) -> pd.DataFrame:
        """The sweep's runs, one row each, in the order of the plan."""
        from nnexp.frames import frame

        return frame(self.store, [run.id for run in self.plan.runs], curves)


@backends.closing()
@one_look()
def run(
    sweep: Sweep, *, config: Mapping[str, Any], under: str | None = None, watcher: Watcher | None = None
) -> Outcome:
    """Carry a sweep through: every planned run is on record at the end, and none is trained twice.

    Args:
        sweep: what was asked for.
        config: the same as plain data, to be kept.
        under: a name that several jobs share which together are one sweep.
        watcher: who is told how it gets on.

    Raises:
        UserError: if the sweep cannot be run; nothing has been written then.
    """
    watcher = watcher or Silence()
    made = plan(sweep)
    backends.check(sweep.backend)
    store, sweep_id = records.Records(sweep.runs_dir), _sweep_id(made, under)
    stage = showing.Stage(store, sweep, watcher) if sweep.tracking.store == "mlflow" else None
    record, trained = _recorded(made, sweep_id, store, config, watcher, stage)
    settled = stage.judged(record) if stage and sweep.until is None else None
    while more := _judged(made, store, watcher, settled):
        made = widened(made, more)
        record, missing = _recorded(made, sweep_id, store, config, watcher, stage)
        trained += missing
    tracked = _track(stage, record, watcher) if stage else None
    return Outcome(record, made, trained, store, tracked)


def planned(asked: Mapping[str, Any]) -> Plan:
    """The plan of what is asked for, as plain data, where it can be run.

    Raises:
        UserError: if it cannot.
    """
    sweep = check(asked)
    made = plan(sweep)
    backends.check(sweep.backend)
    return made


@one_look()
def judge(name: str | None, runs_dir: str | Path, watcher: Watcher | None = None) -> tuple[records.SweepRecord, int]:
    """Judge a recorded sweep's endpoints, of nets of any size, and show the verdicts; gives its record and how many were new.

    Raises:
        UserError: if there is no such sweep, or its data or the code of its parts have changed since it was trained.
    """
    watcher, store = watcher or Silence(), records.Records(runs_dir)
    record = store.sweep(name)
    asked = recorded(record.config[-1])
    stage = showing.Stage(store, asked, watcher) if asked.tracking.store == "mlflow" else None
    settled = stage.judged(record) if stage else None
    judged = judging.judge_runs(
        store, record.runs, backends.here(asked.backend), watcher.judged, settled=settled, strict=True
    )
    watcher.set_aside(store.set_aside)
    if stage:
        _track(stage, record, watcher)
    return record, judged


def _recorded(
    made: Plan,
    sweep_id: str,
    store: records.Records,
    config: Mapping[str, Any],
    watcher: Watcher,
    stage: showing.Stage | None,
) -> tuple[records.SweepRecord, int]:
    """Train what is planned and not on record; gives the sweep's own record, and how many runs that were."""
    with store.alone("training", watcher.waiting):
        there = store.sound([run.id for run in made.runs])
        missing = [r for r in made.runs if r.id not in there]
        record = _sweep_record(made, sweep_id, store, config)
        watcher.set_aside([*compiled.set_aside, *store.set_aside])
        watcher.planned(made, len(missing))
        if missing and stage:
            stage.prepare()
        for (runs, chunk), trained, seconds in _train(missing, made.sweep):
            store.write(records.table(runs, chunk, trained, seconds))
            watcher.trained(len(runs))
    return record, len(missing)


def _judged(made: Plan, store: records.Records, watcher: Watcher, settled: judging.Settled | None) -> dict[str, int]:
    """Judge what is to be judged; gives the configurations that are to have more seeds, by id, and how many."""
    sweep, ids = made.sweep, [run.id for run in made.runs]
    if sweep.judge is False:
        return {}
    large = bool(sweep.judge) or sweep.until is not None
    judging.judge_runs(store, ids, sweep.backend, watcher.judged, large, settled)
    watcher.set_aside(store.set_aside)
    return needed(store, made, sweep.until, sweep.most_seeds) if sweep.until is not None else {}


def _track(stage: showing.Stage, record: records.SweepRecord, watcher: Watcher) -> Place | None:
    """Bring MLflow up to date; gives where, and nothing where it cannot be written: the sweep has not failed by that."""
    try:
        return stage.bring(record)
    except UserError as error:
        watcher.not_tracked(str(error))
        return None


def _train(missing: Sequence[Run], sweep: Sweep) -> Iterator[tuple[tuple[list[Run], Stack], Trained, float]]:
    """Every chunk of runs with its stack, as it is trained; the longest first, so that no core waits at the end."""
    groups = [(group, stack(group)) for group in stacks(missing)]
    total = sum(seconds_of_work(s) for _, s in groups)
    most = max(backends.LEAST_WORK, total / (backends.TASKS_A_WORKER * backends.workers(sweep.backend)))
    chunks = [
        ([group[i] for i in chosen], whole.only(chosen)) for group, whole in groups for chosen in parts(whole, most)
    ]
    chunks.sort(key=lambda chunk: -seconds_of_work(chunk[1]))
    for place, trained, seconds in backends.train_all([s for _, s in chunks], sweep.backend):
        yield chunks[place], trained, seconds


def _sweep_id(made: Plan, under: str | None) -> str:
    """What a sweep is known by: its name and its runs; jobs under one name are one sweep."""
    name = made.sweep.name or "unnamed"
    return digest([name, under] if under else [name, sorted(run.id for run in made.runs)])


def _sweep_record(made: Plan, sweep_id: str, store: records.Records, config: Mapping[str, Any]) -> records.SweepRecord:
    """Keep which runs the sweep asked for."""
    now = _after(store.latest(), datetime.datetime.now(datetime.UTC)).isoformat(timespec="microseconds")
    ids, name = [run.id for run in made.runs], made.sweep.name or "unnamed"
    store.keep_sweep(records.SweepRecord(sweep_id, name, made.sweep.question, now, [dict(config)], ids, made.data))
    return store.sweep(sweep_id)


def _after(latest: str, now: datetime.datetime) -> datetime.datetime:
    """Now, or the moment after the latest sweep, where the clock was put back since: the newest is the one asked for last."""
    try:
        return max(now, datetime.datetime.fromisoformat(latest) + datetime.timedelta(microseconds=1))
    except (ValueError, TypeError, OverflowError):  # there is none, or it says no time
        return now
