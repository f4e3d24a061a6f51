"""What the pages of MLflow say in words, tables and figures: of a sweep, of a configuration, of a run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from nnexp.figures.losses import distribution, duel
from nnexp.figures.overview import overview
from nnexp.figures.style import NothingToDraw
from nnexp.optima import seeds
from nnexp.optima.endpoints.verdict import VERDICTS
from nnexp.records import LONG, SweepRecord
from nnexp.tracking import boundaries
from nnexp.tracking.artifacts import File
from nnexp.tracking.place import without_password

MOST_ROWS = 12
DPI = 90


def note(record: SweepRecord, runs: pd.DataFrame) -> str:
    """What was asked and what was found, in Markdown; the answer comes first, since only the first line is shown folded."""
    table = seeds.configurations(runs)
    diverged = int(table["diverged"].sum())
    missing = len(set(record.runs)) - len(runs)
    lost = f"; {missing:,} more were asked for and are not on record yet" if missing else ""
    counted = f"{len(runs):,} runs of {len(table):,} configurations, {diverged:,} diverged{lost}."
    groups = seeds.comparable(runs)
    shown = "\n\n".join(_best(group, max(4, MOST_ROWS // len(groups))) for group in groups)
    asked = record.question or f"The sweep {record.name}."
    read = [f"What was read: {line}" for line in record.data]
    return "\n\n".join([asked, f"{counted} Endpoints: {seeds.verdicts(runs)}.", shown, *read])


def _best(runs: pd.DataFrame, most: int) -> str:
    """The best configurations as a table in Markdown, and by what they are the best."""
    table, measure = seeds.configurations(runs).drop(columns="configuration"), seeds.measure(runs).replace("_", " ")
    found = (
        f"The best {min(most, len(table))} configurations by median {measure} over the seeds ({seeds.shared(runs)}):"
    )
    return f"{found}\n\n{_markdown(table.head(most))}"


def note_of_configuration(name: str, group: pd.DataFrame) -> str:
    """What the seeds of a configuration came to, in Markdown."""
    counts = group["endpoint"].fillna("not judged").value_counts()
    rows = [
        {"endpoint": verdict, "seeds": int(n), "which is": VERDICTS.get(str(verdict), "")}
        for verdict, n in counts.items()
    ]
    best = seeds.representatives(group).get("best")
    led = "" if best is None else f" The lowest final J is {best['J']:.6g}, of seed {best['init_seed']}."
    return f"{name}: {len(group):,} seeds.{led}\n\n{_markdown(pd.DataFrame(rows))}"


def note_of_run(seed: str, name: str, run: Mapping[str, Any]) -> str:
    """How a run ended, in Markdown."""
    ended = f"Seed {seed} of {name}: {run['status']} after {run['steps_taken']:,} updates, J = {run['J']:.6g}."
    if not isinstance(run["endpoint"], str):
        return f"{ended} Its endpoint was not judged."
    meant = VERDICTS[run["endpoint"]]
    numbers = f"least eigenvalue {run['least_eigenvalue']:.3g}, gradient {run['gradient_norm']:.3g}"
    return f"{ended} Its endpoint: **{run['endpoint']}**, {meant} (J = {run['polished_J']:.6g} there, {numbers})."


def _markdown(table: pd.DataFrame) -> str:
    rows = [[str(name).replace("_", " ") for name in table.columns], ["---"] * len(table.columns)]
    rows += [[_cell(value) for value in row] for row in table.to_numpy()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def files(record: SweepRecord, runs: pd.DataFrame) -> Iterator[File]:
    """What a sweep asked and came to, as files: configs as composed, tables as CSV and Parquet, every failure."""
    import yaml

    configs = "---\n".join(yaml.safe_dump(dict(config), sort_keys=False) for config in record.config)
    yield "config.yaml", without_password(configs).encode()
    yield "failures.txt", ("\n".join(seeds.failures(runs)) or "every run took all its steps").encode()
    rows = runs.drop(columns=[name for name in (*LONG, "settings", "polished_theta", "explained") if name in runs])
    for name, table in {"configurations": seeds.configurations(runs), "runs": rows}.items():
        plain = _plain(table)
        yield f"tables/{name}.csv", _csv(plain)
        yield f"tables/{name}.parquet", plain.to_parquet(index=False)


def figures(runs: pd.DataFrame, at: int) -> Iterator[File]:
    """A sweep's figures, and its best configurations' boundaries by snapshot, as files; the verdicts are in none of them."""
    for name, make in FIGURES.items():
        yield from _figure(name, make, runs)
    yield from boundaries.grid(runs, at)


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """The table with columns of lists, and of values of several kinds, as text: what a part's parameters may be."""
    kinds = {name: set(map(type, table[name].dropna())) for name in table.columns if table[name].dtype == object}
    mixed = [name for name, found in kinds.items() if len(found) > 1 or found & {list, tuple}]
    return table.assign(**{name: table[name].map(str, na_action="ignore") for name in mixed})


def _csv(table: pd.DataFrame) -> bytes:
    """A table as CSV, by pyarrow, which takes a tenth of the time that pandas takes."""
    written = io.BytesIO()
    csv.write_csv(pa.Table.from_pandas(table, preserve_index=False), written)
    return written.getvalue()


def _figure(name: str, make: Callable[[pd.DataFrame], Any], runs: pd.DataFrame) -> Iterator[File]:
    """The file of a figure; nothing where there is nothing to draw."""
    try:
        figure, written = make(runs), io.BytesIO()
    except NothingToDraw:
        return
    figure.savefig(written, format="png", dpi=DPI)
    yield f"figures/{name}.png", written.getvalue()


FIGURES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "overview": overview,
    "final losses by seed": distribution,
    "GD beside SGD": duel,
}
