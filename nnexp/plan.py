"""Which runs does a sweep ask for, and which of them can be trained together?

Every combination that the sweep means (see `nnexp.combinations`) is a configuration; each, once, is crossed with the
seeds. A stack is the runs that differ only in step size, l2, l1, schedule, initializer and seeds.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnexp.combinations import DEFAULT_PASSES, combinations, hidden, hidden_activations
from nnexp.compatibility import check_closed_form, check_task, resolved_output
from nnexp.config import Sweep
from nnexp.configuration import Configuration, digest, remember
from nnexp.errors import UserError
from nnexp.examples import one_look
from nnexp.net.training import FLOATS_A_POINT, Stack, recorded_steps, seconds_of_steps
from nnexp.parts.datasets.summary import describe_all
from nnexp.parts.registry import MOST_BYTES

MOST_STEPS = 10**8
MOST_RUNS = 1_000_000
MOST_BYTES_KEPT = 2**34
"""Of the curves and snapshots of a sweep together."""

YEAR = 365.25 * 86400
MOST_YEARS = 10
"""Of work for one core, as training says before it begins, roughly."""

MOST_JUDGED = 5000
"""Parameters of a net that can be judged: the Hessian has their square in numbers, its eigenvalues cost their cube."""


@dataclass(frozen=True)
class Run:
    """One configuration with one seed: of the initial weights, and of the order of data where it has one."""

    configuration: Configuration
    init_seed: int
    order_seed: int | None

    @functools.cached_property
    def id(self) -> str:
        """16 hexadecimal digits from everything that determines the run."""
        return digest([self.configuration.id, self.init_seed, self.order_seed])


@dataclass(frozen=True)
class Plan:
    """What a sweep asks for: its configurations and its runs, each once."""

    sweep: Sweep
    configurations: tuple[Configuration, ...]
    runs: tuple[Run, ...]

    @functools.cached_property
    def data(self) -> list[str]:
        """What was read of each data set, in two lines each."""
        return describe_all((dataset, c.data) for dataset, c in {c.dataset: c for c in self.configurations}.items())

    @functools.cached_property
    def seconds(self) -> float:
        """About how long one core would train all runs, if none is over before its last step."""
        runs, together = Counter(run.configuration.id for run in self.runs), Counter[Any]()
        for c in self.configurations:
            together[_together(c)] += runs[c.id]
        return sum(seconds_of_steps(c.network(), c.optimizer, c.n_examples, c.steps, n) for c, n in together.items())


@one_look()
def plan(sweep: Sweep) -> Plan:
    """Every run of the sweep.

    Raises:
        UserError: if a combination cannot be run, or none is left.
    """
    configurations: dict[str, Configuration] = {}
    for values in combinations(sweep):
        made = _configuration(sweep, values)
        configurations[made.id] = made
        _refuse_too_many(sweep, configurations)
    if not configurations:
        raise UserError("exclude leaves no combination to run; exclude less")
    runs = {run.id: run for c in configurations.values() for run in _runs(sweep, c)}
    remember(configurations.values())
    found = Plan(sweep, tuple(configurations.values()), tuple(runs.values()))
    _refuse_endless(found)
    return found


def _refuse_too_many(sweep: Sweep, configurations: Collection[str]) -> None:
    """Refuse more runs than can be planned, as soon as they are."""
    each = len(sweep.seeds)
    if sweep.init_seeds is not None and sweep.order_seeds is not None:
        each = len(sweep.init_seeds) * len(sweep.order_seeds)
    runs = len(configurations) * each
    if runs > MOST_RUNS:
        what = f"{len(configurations):,} configurations or more with {each:,} seeds each are {runs:,} runs"
        raise UserError(f"{what}; up to {MOST_RUNS:,} are allowed: give fewer seeds or values")


def _refuse_endless(made: Plan) -> None:
    """Refuse what would take years to train, or more room than there is to keep."""
    if made.seconds > MOST_YEARS * YEAR:
        what = f"the sweep is about {made.seconds / YEAR:,.0f} years of work for one core"
        raise UserError(
            f"{what}; up to {MOST_YEARS} are allowed: ask for fewer steps, seeds or values, or smaller nets"
        )
    kept = {c.id: 8 * _floats_kept(c) for c in made.configurations}
    total = sum(kept[run.configuration.id] for run in made.runs)
    if total > MOST_BYTES_KEPT:
        what = f"the sweep's curves and snapshots would take {total / 2**30:,.0f} GiB"
        most = f"up to {MOST_BYTES_KEPT / 2**30:.0f} are allowed"
        raise UserError(f"{what}; {most}: give fewer curve_points, snapshots or seeds")


def _floats_kept(c: Configuration) -> int:
    points = min(c.curve_points, c.steps + 1)
    return FLOATS_A_POINT * points + (min(c.snapshots, points) + 1) * c.network().n_parameters


def widened(made: Plan, seeds: Mapping[str, int]) -> Plan:
    """The plan with so many seeds, 0, 1, ..., for each of these configurations, by id; the others keep theirs."""
    runs = {run.id: run for run in made.runs}
    for configuration in made.configurations:
        more = made.sweep.model_copy(update={"seeds": tuple(range(seeds.get(configuration.id, 0)))})
        runs |= {run.id: run for run in _runs(more, configuration)}
    order = {configuration.id: place for place, configuration in enumerate(made.configurations)}
    return replace(made, runs=tuple(sorted(runs.values(), key=lambda run: order[run.configuration.id])))


def stacks(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs in groups that can be trained together."""
    groups: dict[Any, list[Run]] = {}
    for run in runs:
        groups.setdefault(_together(run.configuration), []).append(run)
    return list(groups.values())


def stack(runs: Sequence[Run]) -> Stack:
    """Runs of one group as the trainer takes them."""
    first = runs[0].configuration
    recorded = recorded_steps(first.steps, first.curve_points)
    return Stack(
        objective=first.objective(),
        optimizer=first.optimizer,
        stopping=first.stopping,
        steps=first.steps,
        recorded=recorded,
        snapshots=_spread(recorded, first.snapshots),
        step_sizes=np.array([run.configuration.step_size for run in runs]),
        l2=np.array([run.configuration.l2 for run in runs]),
        l1=np.array([run.configuration.l1 for run in runs]),
        schedules=tuple(run.configuration.schedule for run in runs),
        initializers=tuple(run.configuration.initializer for run in runs),
        init_seeds=tuple(run.init_seed for run in runs),
        order_seeds=tuple(run.order_seed or 0 for run in runs),
    )


def _spread(recorded: tuple[int, ...], n: int) -> tuple[int, ...]:
    """About n of the recorded steps, evenly spaced among them, the first and last included."""
    if n == 0:
        return ()
    places = np.linspace(0, len(recorded) - 1, num=min(n, len(recorded))).round().astype(int)
    return tuple(recorded[i] for i in (places if n > 1 else [-1]))


@functools.lru_cache(maxsize=100_000)
def _together(c: Configuration) -> Any:
    return replace(c, step_size=0.0, l2=0.0, l1=0.0, schedule=None, initializer=None)


def _configuration(sweep: Sweep, values: Mapping[str, Any]) -> Configuration:
    """The configuration of one combination, without what it does not use."""
    dataset, optimizer, loss = values["dataset"], values["optimizer"], values["loss"]
    widths = hidden(values)
    penalized = (values["l2"] > 0.0 or values["l1"] > 0.0) and values["offsets"]
    made = Configuration(
        dataset=dataset,
        features=values["features"],
        widths=widths,
        activations=hidden_activations(values),
        offsets=values["offsets"],
        output=resolved_output(values["output"], loss),
        loss=loss,
        optimizer=optimizer,
        step_size=values["step_size"],
        schedule=values["schedule"],
        l2=values["l2"],
        l1=values["l1"],
        penalize_offsets=values["penalize_offsets"] and penalized,
        initializer=values["initializer"],
        stopping=values["stopping"],
        steps=0,
        false_negative_cost=sweep.false_negative_cost,
        curve_points=sweep.curve_points,
        snapshots=sweep.snapshots,
    )
    check_task(loss, dataset, made.data)
    check_closed_form(made)
    _refuse_too_large(made, bool(sweep.judge) or sweep.until is not None)
    made.initializer.check(made.network().sizes, made.offsets)
    return _with_steps(made, values["steps"], values["passes"])


def _refuse_too_large(made: Configuration, judged: bool) -> None:
    """Refuse features that do not fit the data, and a net whose single run would not fit the memory or cannot be judged."""
    needed, n = 8 * made.network().floats_per_run(made.n_examples), made.network().n_parameters
    if judged and n > MOST_JUDGED:
        raise UserError(f"a net of {n:,} parameters cannot be judged; up to {MOST_JUDGED:,} can: say judge=false")
    if needed > MOST_BYTES:
        net = f"depth {made.depth} and width {max(made.widths, default=0)}"
        what = f"one run of {net} on this data needs {needed / 2**30:.0f} GiB"
        raise UserError(f"{what}; up to {MOST_BYTES / 2**30:.0f} are allowed: give smaller widths, depth or data")


def _with_steps(made: Configuration, steps: int | None, passes: float | None) -> Configuration:
    if steps is None:
        per_pass = made.optimizer.steps_per_pass(made.n_examples)
        steps = max(1, round((passes if passes is not None else DEFAULT_PASSES) * per_pass))
    if steps > MOST_STEPS:
        passes = passes if passes is not None else DEFAULT_PASSES
        what = f"passes={passes:g} are {steps:.3g} steps of {made.optimizer.name}"
        raise UserError(f"{what}; up to {MOST_STEPS:,} are allowed: give fewer passes, or steps")
    return replace(made, steps=steps)


def _runs(sweep: Sweep, configuration: Configuration) -> Iterator[Run]:
    ordered = configuration.optimizer.batch(configuration.n_examples) is not None
    if sweep.init_seeds is not None and sweep.order_seeds is not None:
        pairs: Iterable[tuple[int, int]] = itertools.product(sweep.init_seeds, sweep.order_seeds)
    else:
        pairs = ((seed, seed) for seed in sweep.seeds)
    for init_seed, order_seed in pairs:
        yield Run(configuration, init_seed, order_seed if ordered else None)
