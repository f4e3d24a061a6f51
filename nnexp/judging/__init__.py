"""What kind of endpoint did each run come to? The stage that judges runs on record, and keeps what the judge found.

A judgement is kept by the run's id, apart from its record, in `runs/judgements/`: what was trained before, or judged by an
older judge, is judged without training it again.

A sweep judges its runs unasked where nets are small enough: LARGEST parameters, or LARGEST_CREASED where J has creases, as ReLU
makes them. The Hessian and its eigenvalues, taken some dozens of times, cost with the third power of the number of
parameters, and a walk along creases takes hundreds: beyond these lines the judge takes longer than training does. Measured
on one core: 2-8-1 with tanh takes 4 ms a run and with ReLU 0.1 s, 2-8-8-1 with tanh 0.1 s and with ReLU 8 s.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from nnexp import backends
from nnexp.config import Backend
from nnexp.configuration import Configuration, current, digest, recorded
from nnexp.errors import UserError
from nnexp.examples import identity, one_look
from nnexp.files import Aside
from nnexp.net.objective import MEASURES, Penalized
from nnexp.optima.endpoints.creases import creased
from nnexp.optima.endpoints.verdict import JUDGE, Judged, judge
from nnexp.parts.registry import MOST_BYTES
from nnexp.plan import MOST_JUDGED
from nnexp.records import Records
from nnexp.tables import Tables

LARGEST, LARGEST_CREASED = 128, 40
"""The most parameters of nets that a sweep judges unasked, where J is smooth and where it has creases."""

MOST_EXAMPLES = 10_000
"""The most training examples with which it does so: beyond, a verdict takes minutes where training takes seconds."""

RUNS_AT_ONCE = 64

Settled = Callable[[Collection[str], pa.Table | None], None]
"""Is told of runs whose verdict is settled: the judgements as they are kept, or None where there are no new ones."""

NUMBERS = (
    *("gradient_norm", "stopped_gradient_norm", "least_eigenvalue", "greatest_eigenvalue"),
    *("weight_norm", "weight_growth", "moved", "J_limit"),
)
COUNTS = ("index", "zero_directions", "polish_steps")
SCHEMA = pa.schema(
    [
        *(("run", pa.string()), ("endpoint", pa.string())),
        *((name, pa.float64()) for name in NUMBERS),
        *((name, pa.int64()) for name in COUNTS),
        *(("explained", pa.string()), ("another_basin", pa.bool_())),
        *((f"polished_{name}", pa.float64()) for name in MEASURES if name != "validation_loss"),
        ("polished_theta", pa.list_(pa.float64())),
    ],
    metadata={"nnexp.judge": f"{JUDGE}"},
)
"""The columns of a judgement; `nnexp.optima.endpoints.verdict.Judged` says what they mean. `explained` is JSON;
`polished_...` are the measures at the theta at which the polish landed."""


@dataclass(frozen=True)
class Case:
    """Endpoints to be judged together: those of nets that minimise the same but for l2 and l1."""

    objective: Penalized
    runs: list[str]
    theta: np.ndarray
    l2: np.ndarray
    l1: np.ndarray
    status: list[str]


def judgements(root: str | Path, set_aside: list[Aside] | None = None) -> Tables:
    """The judgements kept beside the records; those of another judge count as none. Damaged files are added to `set_aside`."""
    return Tables(Path(root) / "judgements", SCHEMA, outlives=True, set_aside=[] if set_aside is None else set_aside)


@one_look()
def judge_runs(
    store: Records,
    runs: Sequence[str],
    backend: Backend,
    told: Callable[[int, int], None] = lambda done, of: None,
    large: bool = True,
    settled: Settled | None = None,
    strict: bool = False,
) -> int:
    """Judge those of these runs on record that are not judged yet; gives how many that were.

    Args:
        store: where the records are.
        runs: the ids of the runs.
        backend: where the judging is done.
        told: is told (done, of all) as it gets on.
        large: whether nets are judged that are too large to be judged unasked.
        settled: is told which runs get no (other) verdict, once the first are judged, and then which got theirs.
        strict: whether runs whose data or code have changed since are refused; they are left out otherwise.

    Raises:
        UserError: if a run cannot be judged.
    """
    with store.alone("judging", lambda: None):
        kept = judgements(store.root, store.set_aside)
        missing = set(runs) - kept.sound(runs)
        cases = list(_cases(store, missing, large, strict)) if missing else []
        done, total = 0, sum(len(case.runs) for case in cases)
        for place, judged, _ in backends.each(judged_case, cases, backend):
            found = _table(cases[place], judged)
            kept.write(found)
            if settled and not done:
                settled(set(runs).difference(*(case.runs for case in cases)), None)
            done += len(cases[place].runs)
            told(done, total)
            if settled:
                settled(cases[place].runs, found)
    return total


def judged_case(case: Case) -> Judged:
    """The judgement of a case."""
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        return judge(case.objective, case.theta, case.l2, case.l1, case.status)


def _cases(store: Records, wanted: set[str], large: bool, strict: bool) -> Iterator[Case]:
    """The runs in cases, those of one objective together, the slowest first."""
    rows = store.read(wanted, ["run", "configuration", "settings", "status", "theta"]).to_pandas()
    groups: dict[str, list[tuple[Mapping[str, Any], Configuration]]] = {}
    for (configuration, settings), of_it in rows.groupby(["configuration", "settings"]):
        made = current(configuration, settings, of_it["run"].iloc[0]) if strict else recorded(configuration, settings)
        if made.current_id() == configuration:
            group = groups.setdefault(_kind(made), [])
            group += [(row, made) for row in of_it.sort_values("run").to_dict("records")]
    for group in sorted(groups.values(), key=lambda group: -len(group[0][0]["theta"])):
        at_once = RUNS_AT_ONCE // 4 if _is_creased(group[0][1], group[0][0]["configuration"]) else RUNS_AT_ONCE
        if large or _is_small(*group[0]):
            n = len(group[0][0]["theta"])
            if n > MOST_JUDGED:
                what = f"configuration {group[0][0]['configuration']} has nets of {n:,} parameters"
                raise UserError(f"{what}, which cannot be judged; up to {MOST_JUDGED:,} can")
            at_once = min(at_once, max(1, MOST_BYTES // (32 * n**2)))
            yield from (_case(group[start : start + at_once]) for start in range(0, len(group), at_once))


def _is_small(row: Mapping[str, Any], made: Configuration) -> bool:
    """Whether a net and its data are small enough to be judged unasked."""
    largest = LARGEST_CREASED if _is_creased(made, row["configuration"]) else LARGEST
    return made.n_examples <= MOST_EXAMPLES and len(row["theta"]) <= largest


@functools.lru_cache(maxsize=4096)
def _is_creased(made: Configuration, configuration: str) -> bool:
    """Whether J has creases; the id tells apart what code has changed in between."""
    return made.l1 > 0.0 or creased(made.objective())


def _kind(made: Configuration) -> str:
    """What nets that minimise the same but for l2 and l1 have in common."""
    ways = ("step_size", "l2", "l1", "schedule", "initializer", "optimizer", "steps", "curve_points", "snapshots")
    settings = {key: value for key, value in made.settings().items() if key not in ways}
    return digest(settings | {"dataset": identity(made.dataset)})


def _case(group: Sequence[tuple[Mapping[str, Any], Configuration]]) -> Case:
    rows, configurations = zip(*group, strict=True)
    return Case(
        objective=configurations[0].objective(),
        runs=[row["run"] for row in rows],
        theta=np.array([row["theta"] for row in rows], dtype=np.float64),
        l2=np.array([made.l2 for made in configurations]),
        l1=np.array([made.l1 for made in configurations]),
        status=[row["status"] for row in rows],
    )


def _table(case: Case, judged: Judged) -> pa.Table:
    """The judgements as they are kept."""
    measured = case.objective.measure(np.ascontiguousarray(judged.theta), case.l2, case.l1)
    columns: dict[str, Any] = {
        "run": case.runs,
        **{name: list(getattr(judged, name)) for name in ("endpoint", *NUMBERS, *COUNTS, "another_basin")},
        "explained": [json.dumps(found) for found in judged.explained],
        **{f"polished_{name}": values for name, values in measured.items()},
        "polished_theta": list(judged.theta),
    }
    return pa.table({name: pa.array(columns[name], SCHEMA.field(name).type) for name in SCHEMA.names}, SCHEMA)
