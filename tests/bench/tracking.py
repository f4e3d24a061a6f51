"""What does it cost to show a sweep in MLflow? `make bench-tracking` writes the table of docs/tracking.md.

The same sweep is written by MLflow's calls as programs usually make them, and by both writers, each into a store of its
own, in turns; and whole sweeps are run, trained, judged, shown and summarised, with the clock read between the stages.
"""

import argparse
import contextlib
import io
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nnexp
from bench import clocked
from nnexp import config, frames, pipeline
from nnexp.__main__ import asked_for
from nnexp.tracking import client, store
from nnexp.tracking.entries import Entries
from nnexp.tracking.writers import open_writer

PAGE = Path(__file__).parents[2] / "docs" / "tracking.md"
BEGIN, END = "<!-- costs: by make bench-tracking -->\n", "<!-- end -->"

NET = {"dataset": {"two_moons": {"examples": 200, "test_share": 0.0}}, "depth": 2, "width": 8, "steps": 2000}
TESTED = {"dataset": {"two_moons": {"examples": 286, "test_share": 0.3}}}
TEN_THOUSAND = {
    **NET,
    "name": "ten_thousand",
    "step_size": [0.1, 0.2, 0.3, 0.5, 0.8],
    "l2": [0.0003, 0.001, 0.003, 0.01],
    "seeds": 500,
}

SMALL = {**NET, **TESTED, "name": "small", "step_size": [0.1, 0.3], "l2": 0.001, "seeds": 100}
WRITTEN = {"log_metric, value by value": 6, "client": 40, "bulk": 200}
"""Runs that each way writes in a turn; slow ways repeat themselves."""


def main():
    parser = argparse.ArgumentParser(prog="make bench-tracking", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how many turns each way of writing takes")
    parser.add_argument("--turns", type=int, default=3, help="how many turns whole sweeps take")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = "\n".join(
            [*_ways(Path(folder), given.rounds), "", *_sweeps(Path(folder), given.turns), "", *_reading(Path(folder))]
        )
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n\n{rest[rest.index(END) :]}", encoding="utf-8")
    print(text)


def _ways(folder, rounds):
    """A run of 60-point curves, written each way."""
    root = folder / "ways"
    outcome = pipeline.run(config.check(_quiet(SMALL, root)), config=SMALL)
    rows = frames.frame(outcome.store, outcome.record.runs)
    found = Entries(outcome.record, rows, True, {"records": "bench"})
    entries = [entry for entry in found.below(found.every()) if entry.level == "run"]
    points = sum(len(curve.values) for curve in entries[0].curves)
    spent = {way: [] for way in WRITTEN}
    for turn in range(rounds + 1):
        for way, count in WRITTEN.items():
            seconds = _written(root, way, entries[:count], f"{turn} {way}")
            if turn:
                spent[way].append(seconds / count)
    middle = {way: 1000.0 * float(np.median(values)) for way, values in spent.items()}
    yield f"One run of {len(entries[0].params)} parameters and {points} points, medians of {rounds} turns:\n"
    yield "| written by | ms a run | times the bulk writer |\n|---|---:|---:|"
    yield from (f"| {way} | {ms:.3g} | {ms / middle['bulk']:.3g} |" for way, ms in middle.items())


def _written(root, way, entries, name):
    """Seconds to write entries this way into an experiment of a new name."""
    uri = store.address(root / f"{way.split(',')[0]}.db")
    opened = store.open_store(uri)
    experiment = opened.create_experiment(name)
    above = {entry.parent: opened.create_run(experiment).info.run_id for entry in entries}
    start = time.perf_counter()
    if way in ("bulk", "client"):
        writer, _ = open_writer(opened, uri, experiment, way)
        writer.write(entries, above)
        writer.close()
    else:
        for entry in entries:
            _value_by_value(opened, experiment, entry, above[entry.parent])
    return time.perf_counter() - start


def _value_by_value(opened, experiment, entry, parent):
    run_id = client.create(opened, experiment, entry, parent)
    for key, value in entry.params.items():
        opened.log_param(run_id, key, value)
    for curve in entry.curves:
        for value, step in zip(curve.values, curve.steps, strict=True):
            opened.log_metric(run_id, curve.name, value, step=step)
    opened.set_terminated(run_id)


def _quiet(asked, root):
    return {**asked, "tracking": {"store": "none"}, "judge": False, "runs_dir": str(root)}


def _sweeps(folder, turns):
    """Whole sweeps, without MLflow and with it, in turns."""
    yield "Whole sweeps on two cores: seconds by the clock, in brackets CPU seconds of all processes, medians of"
    yield f"{turns} turns without MLflow and with it, each in a process of its own. *Shown* is what a sweep takes longer with"
    yield "MLflow: importing it, a new store, rows, tables and pictures. Training and judging keep both cores busy.\n"
    yield "| sweep | runs | trained | judged | shown | shown / trained | all |\n|---|---:|---:|---:|---:|---:|---:|"
    for name, asked in {
        "20 configurations of 2-8-1, 200 points, 2,000 steps of GD": TEN_THOUSAND,
        "the same, and 86 test points": {**TEN_THOUSAND, **TESTED},
        "`optima`": asked_for("sweep=optima"),
    }.items():
        yield from _sweep(folder / name.strip("`"), name, asked, turns)


def _sweep(root, name, asked, turns):
    """The rows of one sweep: each run shown, and not."""
    ways = {
        ", without MLflow": {"store": "none"},
        "": {"store": "mlflow"},
        ", `tracking.runs=false`": {"store": "mlflow", "runs": False},
    }
    spent = {way: [] for way in ways}
    for turn in range(turns):
        for way, tracking in ways.items():
            place = root / f"{way} {turn}".strip("`, ")
            took = clocked.sweep({**asked, "runs_dir": str(place), "tracking": tracking})
            spent[way].append([*took["stages"].values()])
            seconds = ", ".join(f"{stage} {wall:.1f} ({cpu:.1f})" for stage, (wall, cpu) in took["stages"].items())
            print(f"turn {turn + 1} of {turns}: {name}{way or ', with MLflow'}: {seconds}", file=sys.stderr)
            shutil.rmtree(place)
    without = np.median(spent.pop(", without MLflow"), axis=0)
    for way, found in spent.items():
        whole = np.median(found, axis=0)[2]
        shown = whole - without[2]
        seconds = " | ".join(f"{wall:.1f} ({cpu:.1f})" for wall, cpu in (without[0], without[1], shown))
        share, of_cpu = shown / without[0]
        yield f"| {name}{way} | {took['runs']:,} | {seconds} | {share:.0%} ({of_cpu:.0%}) | {whole[0]:.1f} |"


def _reading(folder):
    """100,000 runs as a frame."""
    root = folder / "hundred"
    asked = {**_quiet(NET, root), "steps": 200, "seeds": 100_000, "name": "hundred"}
    with contextlib.redirect_stdout(io.StringIO()):
        pipeline.run(config.check(asked), config=asked)
    spent = {curves: [] for curves in (False, True)}
    for curves in (False, True) * 3:
        start = time.perf_counter()
        nnexp.load("hundred", root, curves=curves)
        spent[curves].append(time.perf_counter() - start)
    plain, whole = (float(np.median(values)) for values in spent.values())
    yield f"`nnexp.load(...)` of 100,000 runs: {plain:.2f} s; with their 60-point curves and snapshots: {whole:.1f} s."


if __name__ == "__main__":
    main()
