"""What a sweep's own page in MLflow says: a note, texts and figures."""

from __future__ import annotations

from typing import Any

import pandas as pd

from nnexp.figures.losses import distribution
from nnexp.figures.overview import overview
from nnexp.optima import seeds
from nnexp.records import SweepRecord

MOST_ROWS = 12


def note(record: SweepRecord, runs: pd.DataFrame) -> str:
    """What was asked and what was found, in Markdown."""
    table = seeds.configurations(runs)
    diverged = int(table["diverged"].sum())
    found = (
        f"{len(runs):,} runs of {len(table):,} configurations; {diverged} diverged. "
        f"The best {min(MOST_ROWS, len(table))} by median test loss over the seeds:"
    )
    return f"{record.question or record.name}\n\n{found}\n\n{_markdown(table.drop(columns='configuration').head(MOST_ROWS))}"


def _markdown(table: pd.DataFrame) -> str:
    rows = [[str(name).replace("_", " ") for name in table.columns], ["---"] * len(table.columns)]
    rows += [[f"{value:.4g}" if isinstance(value, float) else str(value) for value in row] for row in table.to_numpy()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def texts(record: SweepRecord, runs: pd.DataFrame) -> dict[str, str]:
    """Files by name: the composed config of each job, the table of configurations, every failure."""
    import yaml

    return {
        "config.yaml": "---\n".join(yaml.safe_dump(dict(config), sort_keys=False) for config in record.config),
        "configurations.csv": seeds.configurations(runs).to_csv(index=False),
        "failures.txt": "\n".join(seeds.failures(runs)) or "every run took all its steps",
    }


def figures(runs: pd.DataFrame) -> dict[str, Any]:
    """Figures by file name."""
    return {"figures/overview.png": overview(runs), "figures/final losses by seed.png": distribution(runs)}
