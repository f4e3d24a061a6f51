"""Ready dashboards: views of an experiment's charts that MLflow's UI opens by a link, each about one sweep.

A view is a tag of the experiment. A section's title is the question that its charts answer; a chart's own title is the names of
what it shows.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from nnexp.optima import seeds
from nnexp.records import SweepRecord
from nnexp.tracking import boundaries, charts, metrics
from nnexp.tracking.charts import Section, View
from nnexp.tracking.entries import Entry

TAG, NOTE = "mlflow.sharedViewState.", "mlflow.note.content"
LONGEST_VIEW, LONGEST_NOTE = 20_000, 5_000
"""Characters that MLflow takes in a view's tag and in a note."""

EFFORT = "effort/gradient evaluations"
MOST_SETTINGS = 7


def keep(client: Any, experiment: str, record: SweepRecord, runs: pd.DataFrame, sweep: Entry) -> None:
    """Keep a sweep's views, and what it found as the note of the experiment that has its name."""
    for view in views(record, runs):
        client.set_experiment_tag(experiment, f"{TAG}{record.id}-{view.key}", _stored(record, view))
    if client.get_experiment(experiment).name == record.name:
        client.set_experiment_tag(experiment, NOTE, sweep.tags[NOTE][:LONGEST_NOTE])


def forget(client: Any, experiment: str, sweeps: Collection[str]) -> None:
    """Delete the views of these sweeps."""
    for tag in client.get_experiment(experiment).tags if sweeps else ():
        if tag.startswith(TAG) and tag.removeprefix(TAG).split("-")[0] in sweeps:
            client.delete_experiment_tag(experiment, tag)


def kept(record: SweepRecord, tags: Mapping[str, str]) -> dict[str, str]:
    """The views of a sweep among an experiment's tags: their names, by what links know them by."""
    names = {
        tag.removeprefix(TAG): str(json.loads(value)["name"])
        for tag, value in tags.items()
        if tag.startswith(f"{TAG}{record.id}-")
    }
    return dict(sorted(names.items(), key=lambda item: item[1]))


def views(record: SweepRecord, runs: pd.DataFrame) -> list[View]:
    """The views of a sweep: its configurations, the runs that did not settle, and GD beside SGD where it has both."""
    keys = seeds.varying(runs)
    found = [_configurations(record, runs, keys), _unsettled(record, keys)]
    return [*found, _gd_beside_sgd(record, runs, keys)] if {"gd", "sgd"} <= set(runs["optimizer"]) else found


def _configurations(record: SweepRecord, runs: pd.DataFrame, keys: Sequence[str]) -> View:
    end, losses = _end(runs), _losses(runs)
    shares = [f"share of seeds/{name}" for name in metrics.SHARES if (runs["endpoint"] == name).any()]
    ends = [charts.points("final training loss/median", f"{end}/median"), charts.bars(f"{end}/median")]
    curves = [charts.lines(f"{name}/{over}") for over in ("median", "best") for name in losses]
    curves += [charts.lines(f"{losses[-1]}/{over}") for over in ("q10", "q90")]
    settings = [charts.parallel(keys[:MOST_SETTINGS], [f"{end}/median"])]
    settings += [charts.points(key, f"{end}/median", setting=True) for key in keys[:MOST_SETTINGS]]
    last = max((len(steps) for steps in runs["snapshot_steps"]), default=1) - 1
    return View(
        "configurations",
        "1 Configurations",
        _of(record, "configuration"),
        f"metrics.`{end}/median`",
        [*(f"metrics.`{end}/{over}`" for over in ("median", "best")), f"metrics.`{metrics.LOWEST}`", *_params(keys)],
        [
            Section("Where training ends", [*ends, charts.bars(metrics.LOWEST), *map(charts.bars, shares)]),
            Section("Loss curves over seeds", curves),
            Section("Which settings matter", settings, height=400),
            Section("Decision boundaries", [charts.images(boundaries.KEY, last)], columns=1, height=600),
        ],
        every=True,
    )


def _unsettled(record: SweepRecord, keys: Sequence[str]) -> View:
    eigenvalue = "endpoint/least eigenvalue"
    stand = [
        *(charts.points(f"endpoint/{name}", eigenvalue) for name in ("J", "gradient norm")),
        *(charts.bars(name) for name in (eigenvalue, "endpoint/downward directions")),
    ]
    return View(
        "unsettled",
        "2 Saddles and runs that did not settle",
        f"{_of(record, 'run')} and tags.settled = 'no'",
        f"metrics.`{eigenvalue}`",
        ["tags.`endpoint`", "tags.`status`", "metrics.`final/J`", f"metrics.`{eigenvalue}`", *_params(keys)],
        [
            Section("Where the runs stand that did not settle", stand),
            Section("How their losses fell", [charts.lines("loss/train"), charts.lines("loss/test")]),
        ],
    )


def _gd_beside_sgd(record: SweepRecord, runs: pd.DataFrame, keys: Sequence[str]) -> View:
    end, losses = _end(runs), _losses(runs)
    return View(
        "gd_beside_sgd",
        "3 GD beside SGD",
        f"{_of(record, 'configuration')} and params.optimizer LIKE '%gd'",
        f"metrics.`{end}/median`",
        ["params.`optimizer`", f"metrics.`{end}/median`", f"metrics.`{EFFORT}`", *_params(keys)],
        [
            Section(
                "Which falls faster by gradient evaluations",
                [charts.lines(f"{name}/median", EFFORT) for name in losses],
            ),
            Section("Which falls faster by updates", [charts.lines(f"{name}/median") for name in losses]),
            Section(
                "Which ends lower",
                [
                    charts.points("optimizer", f"{end}/median", setting=True),
                    charts.points(EFFORT, f"{end}/median"),
                ],
            ),
        ],
        every=True,
    )


def _end(runs: pd.DataFrame) -> str:
    """By what configurations are ranked, as `nnexp.optima.seeds.measure` says; MLflow has no root mean squared error."""
    return {"test_error": "final test error", "J": "final J"}.get(seeds.measure(runs), "final test loss")


def _losses(runs: pd.DataFrame) -> list[str]:
    return ["training loss", "test loss"] if runs["test_loss"].notna().any() else ["training loss"]


def _of(record: SweepRecord, level: str) -> str:
    return f"tags.level = '{level}' and tags.sweep = '{record.id}'"


def _params(keys: Sequence[str]) -> list[str]:
    return [f"params.`{key}`" for key in keys]


def _stored(record: SweepRecord, view: View) -> str:
    """A view as the text of its tag; its name says when the sweep was asked for, as sweeps of one name are told apart."""
    created = datetime.datetime.fromisoformat(record.created)
    ms, asked = int(created.timestamp() * 1000), created.strftime("%Y-%m-%d %H:%M")
    known = [each.name for each in metrics.dictionary()]
    state = charts.packed(view, known, (boundaries.KEY, boundaries.GRID))
    said = {"name": f"{view.name} - {asked}", "createdAt": ms, "updatedAt": ms, "state": state}
    text = json.dumps(said, separators=(",", ":"))
    if len(text) > LONGEST_VIEW:
        raise ValueError(f"the view {view.name} takes {len(text):,} characters of {LONGEST_VIEW:,}")
    return text
