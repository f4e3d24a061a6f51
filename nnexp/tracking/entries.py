"""What is MLflow to show of a sweep? One entry for the sweep, one for each configuration, one for each run, as plain data.

Takes a sweep's record and its runs, as a frame with curves; knows nothing of how entries are written. An entry is known by its
sweep and its key; `content` is the digest of what cannot be changed once it is written: what was shown with another
content is replaced. Tags can be changed, so they are no part of it.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nnexp import origin
from nnexp.configuration import Configuration, digest, recorded
from nnexp.optima import seeds
from nnexp.optima.distinct.catalogue import MINIMA
from nnexp.portable import Net
from nnexp.records import SweepRecord
from nnexp.tracking import boundaries, metrics, page, values
from nnexp.tracking.boundaries import Drawing
from nnexp.tracking.colors import Colors
from nnexp.tracking.data import DataSet, data_set
from nnexp.tracking.values import Curve

VERSION = 6
"""Of what is logged; a new one replaces what older ones logged."""

OF_RUNS = ("sweep", "records", "mlflow.source.name", "mlflow.source.git.commit", "mlflow.user")
"""Facts that runs say too; their configuration and their sweep say them all."""

OF_A_RUN = (
    *("run", "init_seed", "order_seed", "status", "reason", "steps_taken", "seconds", "J"),
    *("endpoint", "least_eigenvalue", "gradient_norm", "polished_J"),
)
"""The columns from which a run's tags and its note are made."""

LONGEST_NAME, LONGEST_PARAM = 250, 6000
"""The most characters that MLflow takes."""


@dataclass(slots=True)
class Entry:
    """What one MLflow run is to show.

    key: what it is known by within its sweep; parent: the key of the entry above it.
    start, seconds: when it began, in ms since 1970, and how long it took.
    drawing: what is to be drawn for it. net: the trained net that it keeps.
    """

    key: str
    level: str
    name: str
    parent: str | None
    content: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    curves: Sequence[Curve]
    data: DataSet | None
    start: int
    seconds: float
    drawing: Drawing | None = None
    net: Net | None = None

    @property
    def end(self) -> int:
        """When it ended, in ms since 1970."""
        return self.start + int(1000 * self.seconds)


class Entries:
    """The entries of one sweep.

    Args:
        record: the sweep.
        runs: its runs on record, with curves.
        each_run: whether runs have entries of their own.
        facts: what else is known of where the entries come from, as tags.
    """

    def __init__(self, record: SweepRecord, runs: pd.DataFrame, each_run: bool, facts: Mapping[str, str]) -> None:
        self.record, self.runs, self.each_run = record, runs, each_run
        self.start = int(datetime.datetime.fromisoformat(record.created).timestamp() * 1000)
        self.count = 1 + runs["configuration"].nunique() + each_run * len(runs)
        self._keys = seeds.varying(runs)
        self._facts = {**origin_tags(), **facts, "sweep": record.id}
        self._facts_of_runs = {key: value for key, value in self._facts.items() if key in OF_RUNS}
        self._colors = Colors(runs, self._keys)

    def of_sweep(self) -> Entry:
        """The entry of the sweep itself; its files and its note are those of what is on record by now."""
        params = {key: _joined(those) for key, those in self._shown.items()}
        tags = {
            **self._tags("sweep", "sweep"),
            "configuration": "all",
            "mlflow.loggedImages": "True",
            "files": digest([VERSION, seeds.endpoints(self.runs)]),
            "mlflow.note.content": page.note(self.record, self.runs),
        }
        content = digest([VERSION, self.record.name, params])
        return Entry(
            *("sweep", "sweep", self.record.name, None, content, params, tags, list(values.of_sweep(self.runs)), None),
            *(self.start, float(self.runs["seconds"].sum())),
        )

    def every(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Every configuration, by its id, with its runs."""
        yield from ((str(key), group) for key, group in self.runs.groupby("configuration", sort=False))

    def below(self, groups: Iterable[tuple[str, pd.DataFrame]]) -> Iterator[Entry]:
        """The entries of configurations, each before those of its runs, each beginning a millisecond after the one before.

        By that a list sorted by time is in the plan's order, and points of a run stand together in the database's indexes.
        """
        for configuration, group in groups:
            for place, entry in enumerate(self._below(configuration, group), start=self._places[configuration]):
                entry.start = self.start + place
                yield entry

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        """The place of each configuration's entry among all, in the plan's order; the sweep's own has 0."""
        sizes = 1 + self.each_run * self.runs.groupby("configuration", sort=False).size()
        return dict(zip(map(str, sizes.index), (1 + sizes.cumsum() - sizes).tolist(), strict=True))

    def _below(self, configuration: str, group: pd.DataFrame) -> Iterator[Entry]:
        made = recorded(configuration, group["settings"].iloc[0])
        name = seeds.label(group.iloc[0], self._keys) or self.record.name
        chosen = seeds.representatives(group)
        params = self._params(made) | {"passes": f"{group['passes'].iloc[0]:.10g}"}
        yield self._of_configuration(configuration, name, group, made, chosen, params)
        if self.each_run:
            data = data_set(made) if boundaries.is_unchanged(made, configuration) else None
            roles = {row["run"]: role for role, row in reversed(chosen.items())}
            rows: Any = group[list(OF_A_RUN)].to_dict("records")
            shows = digest([VERSION, name])
            for run, curves in zip(rows, values.of_runs(group), strict=True):
                yield self._of_run(configuration, name, shows, run, data, roles.get(run["run"]), params, curves)

    def _of_configuration(
        self,
        key: str,
        name: str,
        group: pd.DataFrame,
        made: Configuration,
        chosen: Mapping[str, pd.Series],
        params: Mapping[str, str],
    ) -> Entry:
        tags = {
            **self._tags(key, "configuration"),
            "configuration": key,
            "mlflow.note.content": page.note_of_configuration(name, group),
            "mlflow.runColor": self._colors.of_configuration(group.iloc[0]),
        }
        whole = boundaries.is_unchanged(made, key)
        drawn = boundaries.drawing(made, chosen, self.start) if whole else None
        if drawn is not None:
            tags["mlflow.loggedImages"] = "True"
        best = chosen.get("best") if whole else None
        net = Net.of(best, made) if best is not None and made.data.task != "population" else None
        content = digest([VERSION, name, params, seeds.endpoints(group)])
        return Entry(
            *(key, "configuration", name, "sweep", content, params, tags, list(values.of_configuration(group))),
            *(data_set(made) if whole else None, self.start, float(group["seconds"].sum())),
            *(drawn, net),
        )

    def _of_run(
        self,
        configuration: str,
        name: str,
        shows: str,
        run: Mapping[str, Any],
        data: DataSet | None,
        role: str | None,
        params: Mapping[str, str],
        curves: Sequence[Curve],
    ) -> Entry:
        seed = str(run["init_seed"]) if run["order_seed"] in (None, run["init_seed"]) else _both(run)
        judged = isinstance(run["endpoint"], str)
        endpoint = run["endpoint"] if judged else metrics.UNJUDGED
        tags = {
            **self._tags(run["run"], "run"),
            "configuration": configuration,
            "status": run["status"],
            "reason": run["reason"],
            "endpoint": endpoint,
            "settled": "not judged" if not judged else "yes" if endpoint in MINIMA else "no",
            "mlflow.note.content": page.note_of_run(seed, name, run),
            "mlflow.runColor": self._colors.of_run(endpoint),
        } | ({"role": role} if role else {})
        named = f"seed {seed}{f' ({role})' if role else ''}: {name}"
        return Entry(
            *(
                run["run"],
                "run",
                named[:LONGEST_NAME],
                configuration,
                f"{shows} {endpoint if judged or run['status'] == 'finished' else run['status']}",
                {**params, "seed": seed},
                tags,
            ),
            *(curves, data, self.start, float(run["seconds"])),
        )

    def _tags(self, key: str, level: str) -> dict[str, str]:
        return {**(self._facts_of_runs if level == "run" else self._facts), "key": key, "level": level}

    @functools.cached_property
    def _shown(self) -> dict[str, list[Any]]:
        """The values that each parameter has among the configurations, in their order."""
        shown: dict[str, list[Any]] = {}
        for _, row in self.runs.drop_duplicates("configuration").iterrows():
            params = self._params(recorded(row["configuration"], row["settings"])) | {"passes": f"{row['passes']:.10g}"}
            for key, value in params.items():
                shown.setdefault(key, []).append(value)
        return shown

    @staticmethod
    def _params(made: Configuration) -> dict[str, str]:
        return {key: str(value)[:LONGEST_PARAM] for key, value in made.shown().items() if value is not None}


def origin_tags() -> dict[str, str]:
    """Who and what made the entries, as tags that MLflow's pages show."""
    commit, changed = origin.commit()
    known = {} if commit == origin.UNKNOWN else {"mlflow.source.git.commit": commit, "changed since": str(changed)}
    return {
        "mlflow.source.name": "nnexp",
        "mlflow.source.type": "LOCAL",
        "mlflow.user": origin.user(),
        "versions": origin.versions("nnexp", "numpy", "scipy", "mlflow"),
        "machine": origin.machine(),
        **known,
    }


def _joined(those: Sequence[Any]) -> str:
    """The values that a parameter has, each once."""
    return ", ".join(dict.fromkeys(map(str, those)))[:LONGEST_PARAM]


def _both(run: Mapping[str, Any]) -> str:
    order = run["order_seed"]
    return str(run["init_seed"]) if pd.isna(order) else f"{run['init_seed']} and {int(order)}"
