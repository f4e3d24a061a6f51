"""What happened in every run, kept so that it can be trusted: one row a run, Parquet, written whole or not at all.

`runs/records/*.parquet` hold the runs, whichever sweep asked for them first; `runs/sweeps/*.json` say which runs belong to
which sweep. How files are kept is the affair of `nnexp.tables`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nnexp import files
from nnexp.configuration import digest
from nnexp.errors import UserError, refused
from nnexp.net.history import Trained
from nnexp.net.objective import MEASURES, Penalized
from nnexp.net.training import Stack
from nnexp.outdated import EXPLODED
from nnexp.plan import Run
from nnexp.sweeps import SweepRecord, sweep_of, together
from nnexp.tables import Tables, whole

CURVES = ("J", "train_loss", "test_loss", "validation_loss", "train_error", "test_error")
RMSE = ("train_rmse", "test_rmse")
"""The root mean squared error of a regression on each part, in the target's own unit; missing for labels."""

_NUMBERS, _COUNTS = pa.list_(pa.float64()), pa.list_(pa.int64())

SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("configuration", pa.string()),
        ("settings", pa.string()),
        ("init_seed", pa.int64()),
        ("order_seed", pa.int64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("diverged_at", pa.int64()),
        ("steps_taken", pa.int64()),
        ("theta_step", pa.int64()),
        ("gradient_evaluations", pa.int64()),
        ("passes", pa.float64()),
        *((name, pa.float64()) for name in MEASURES),
        *((name, pa.float64()) for name in RMSE),
        ("seconds", pa.float64()),
        ("sizes", _COUNTS),
        ("theta", _NUMBERS),
        ("curve_steps", _COUNTS),
        *((f"curve_{name}", _NUMBERS) for name in CURVES),
        ("snapshot_steps", _COUNTS),
        ("snapshots", _NUMBERS),
    ],
    metadata={"nnexp.schema": "2"},
)
"""The columns of a record. `theta` and each snapshot are laid out as `nnexp.net.network` says; `snapshots` holds them one
after the other. `reason` is what ended the run: the stopping rule's name, or the status of one that did not finish.
Of a run that diverged, `diverged_at`, `steps_taken` and `theta_step` are the step at which it did (`nnexp.net.history`).
`theta_step` is the step that theta is of, earlier than the last where the best weights are kept; curves go on level once a
run is over. `passes` is how often the data are gone through in all steps that were allowed; `seconds` is the run's share of
its stack's training time, the only column that is not determined."""

LONG = tuple(field.name for field in SCHEMA if pa.types.is_list(field.type))
"""The columns that hold a list a run."""

HISTORY = tuple(name for name in LONG if name.startswith(("curve_", "snapshot")))
"""Those of them that tell how a run went, and not where it ended: by far the most of a record."""

STATUS = {
    "finished": "took all its steps, or as many as its stopping rule let it",
    "diverged": "J overflowed, ended far above where it started, or was still growing: the step size is too large for this "
    "objective; take a smaller step_size, and standardize regression targets whose size is far from 1",
    "no_gradient": "a step unit's derivative is 0 everywhere, and so is the 0-1 loss's: (S)GD never moves, and the net "
    "is not trained; use sigmoid, tanh or ReLU units and a loss with a slope, or put steps in front as features=steps",
}
"""What each status means, in a sentence."""


def table(runs: Sequence[Run], stack: Stack, trained: Trained, seconds: float) -> pa.Table:
    """The records of a stack that took this many seconds to train."""
    n = stack.objective.n_examples
    broken, stopped = trained.diverged_at >= 0, trained.stopped_at >= 0
    taken = trained.steps_taken
    other = "finished" if stack.objective.network.has_slope else "no_gradient"
    status = np.where(broken, "diverged", other)
    to_the_end = np.where(status == "finished", "steps", status)
    settings = {run.configuration.id: json.dumps(run.configuration.settings()) for run in runs}
    count = len(runs)
    columns: dict[str, Any] = {
        "run": [run.id for run in runs],
        "configuration": [run.configuration.id for run in runs],
        "settings": [settings[run.configuration.id] for run in runs],
        "init_seed": [run.init_seed for run in runs],
        "order_seed": [run.order_seed for run in runs],
        "status": status.tolist(),
        "reason": np.where(stopped, stack.stopping.name, to_the_end).tolist(),
        "diverged_at": [int(step) if step >= 0 else None for step in trained.diverged_at],
        "steps_taken": taken,
        "theta_step": trained.theta_step,
        "gradient_evaluations": stack.optimizer.examples_seen(taken, n),
        "passes": np.full(count, runs[0].configuration.steps / stack.optimizer.steps_per_pass(n)),
        **{name: trained.final[name] for name in MEASURES},
        **_rmse(stack.objective, trained.theta, runs[0].configuration.data.target.deviation),
        "seconds": np.full(count, seconds / count),
        "sizes": [list(stack.objective.network.sizes)] * count,
        "theta": list(trained.theta),
        "curve_steps": [list(trained.recorded)] * count,
        **{f"curve_{name}": list(trained.curves[name]) for name in CURVES},
        "snapshot_steps": [list(trained.kept)] * count,
        "snapshots": list(trained.snapshots.reshape(count, -1)),
    }
    return pa.table({name: pa.array(columns[name], type=SCHEMA.field(name).type) for name in SCHEMA.names}, SCHEMA)


def _rmse(objective: Penalized, theta: NDArray[np.float64], deviation: float) -> dict[str, list[float | None]]:
    """RMSE of each run, (runs,) each: that of the trained targets times the deviation by which they were divided."""
    found: dict[str, list[float | None]] = {name: [None] * len(theta) for name in RMSE}
    for name, sample in zip(RMSE, (objective.train, objective.test), strict=True):
        if getattr(objective, "task", None) == "regression" and sample.X.shape[1]:
            with np.errstate(all="ignore"):
                squares = [np.square(objective.guess(run[None], sample.X)[0] - sample.Y).mean() for run in theta]
            found[name] = [deviation * float(np.sqrt(mean)) for mean in squares]
    return found


WRITTEN = {"training": ("records", "sweeps"), "judging": ("judgements",), "tracking": ("",)}
"""The folders that are written under each lock."""


def default_dir() -> Path:
    """The folder that is used where no runs_dir is given: `runs` here, or the nearest one above that holds records.

    A `runs` folder here is taken first, then that of the nearest parent folder which holds records or is the project's own,
    as a notebook runs in its own folder; where there is none, it is `runs` here, which need not exist.
    """
    own, here = Path(__file__).parents[1] / "runs", Path("runs")
    if not here.exists():
        for above in Path.cwd().parents:
            if (above / "runs" / "records").is_dir() or above / "runs" == own:
                return above / "runs"
    return here


class Records:
    """The records under one folder.

    Args:
        root: the folder of everything that is made; `default_dir()` if not given.
    """

    def __init__(self, root: str | Path | None = None) -> None:
        root = default_dir() if root is None else root
        if not isinstance(root, str | os.PathLike) or "\0" in os.fsdecode(root):
            raise UserError(f"runs_dir={root!r} is no folder; give its name, as in runs_dir='runs'")
        self.root = Path(root)
        if str(self.root).startswith("~"):  # which some libraries read as a home, and others do not
            raise UserError(f"runs_dir={root} begins with ~; give the whole name of the folder")
        self.folder, self.sweeps = self.root / "records", self.root / "sweeps"
        self._runs = Tables(self.folder, SCHEMA, later=RMSE, outdated=EXPLODED)
        self.set_aside, self.left_out = self._runs.set_aside, self._runs.left_out

    @contextlib.contextmanager
    def alone(self, purpose: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold this folder's lock of a purpose; `waiting` is called where another process holds it.

        Raises:
            UserError: if the folder cannot be written.
        """
        try:
            for folder in (self.root, self.folder, self.sweeps):
                folder.mkdir(parents=True, exist_ok=True)
            lock = open(self.root / f".{purpose}.lock", "w")  # noqa: SIM115  it is closed with the lock below
        except OSError as error:
            raise refused(f"runs_dir={self.root} cannot be written", error) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(lock, fcntl.LOCK_EX)
            for place in WRITTEN[purpose]:
                files.clear(self.root / place)
            yield

    def ids(self) -> set[str]:
        """The ids of all runs on record."""
        return self._runs.ids()

    def sound(self, wanted: Collection[str]) -> set[str]:
        """Those of these runs whose records were read to the last byte."""
        return self._runs.sound(wanted)

    def write(self, records: pa.Table) -> None:
        """Keep these records, as one file."""
        self._runs.write(records)

    def read(self, wanted: Collection[str] | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The records of these runs (all, unasked), each once, in no particular order."""
        return self._runs.read(wanted, columns)

    def keep_sweep(self, sweep: SweepRecord) -> None:
        """Keep what a sweep asked for; jobs that share an id add to one sweep, each in a file of its own."""
        target = self.sweeps / f"{sweep.id}-{digest(sorted(sweep.runs))}.json"
        self._asked(target)  # a damaged one is set aside, not written over
        whole(target, lambda temporary: temporary.write_text(json.dumps(asdict(sweep), indent=1), encoding="utf-8"))

    def sweep(self, name: str | None = None) -> SweepRecord:
        """The newest sweep, or the newest of this name or id, all its jobs together.

        Raises:
            UserError: if there is none.
        """
        if name is not None and not isinstance(name, str):
            raise UserError(f"sweep={name!r} is no name; give the name or the id of a sweep")
        every = self._jobs()
        found = [sweep for sweep in every if name in (None, sweep.name, sweep.id)]
        if not found:
            known = ", ".join(sorted({sweep.name for sweep in every})) or "none"
            raise UserError(f"no sweep {name or ''} is on record in {self.root}; on record: {known}; run one first")
        newest = max(found, key=lambda sweep: sweep.created)
        return together([sweep for sweep in every if sweep.id == newest.id])

    def latest(self) -> str:
        """When the newest sweep was asked for; nothing where there is none."""
        return max((sweep.created for sweep in self._jobs()), default="")

    def every_sweep(self) -> list[SweepRecord]:
        """Every sweep on record, each with all its jobs, the oldest first."""
        jobs: dict[str, list[SweepRecord]] = {}
        for sweep in self._jobs():
            jobs.setdefault(sweep.id, []).append(sweep)
        return sorted(map(together, jobs.values()), key=lambda sweep: sweep.created)

    def _jobs(self) -> list[SweepRecord]:
        files = sorted(self.sweeps.glob("*.json")) if self.sweeps.is_dir() else []
        return [sweep for file in files for sweep in self._asked(file)]

    def _asked(self, file: Path) -> list[SweepRecord]:
        """The sweep that a file holds; one that cannot be read, or holds something else, is set aside."""
        try:
            return [sweep_of(json.loads(file.read_text(encoding="utf-8")))]
        except FileNotFoundError:
            return []  # another process has set it aside just now
        except TypeError:
            why = "holds something else than a sweep"
        except (ValueError, OSError) as error:
            why = files.wrong(error, file)
        aside = files.set_aside(file, why)
        if aside is not None and aside not in self.set_aside:
            self.set_aside.append(replace(aside, then="the same sweep again makes it anew"))
        return []
