"""Why did a run on record end where it did, and at which of the optima that its configuration is known to have?"""

from __future__ import annotations

from pathlib import Path

from nnexp import spending
from nnexp.configuration import Configuration
from nnexp.examples import one_look
from nnexp.frames import one, recall
from nnexp.optima.endpoints import why as reasons
from nnexp.records import Records


@one_look()
def why(run: str, runs_dir: str | Path | None = None) -> str:
    """A few lines of text that say why a run ended where it did: trained net, polished net, verdict, units, what to do.

    The trained net is where training stopped; the polished net is where Newton's method led from there, and the verdict is
    about that one. Points, units, layers and optima are counted from 1.

    Raises:
        UserError: if the run, known by its id or its beginning, is not on record, or was trained with other code or data.
    """
    row = one(run, runs_dir)
    found = recall(row)
    made, optimum = found.configuration, _optimum(Records(runs_dir), row["run"], found.configuration)
    return reasons.why(found.objective, found.theta, made.l2, made.l1, status=found.status, optimum=optimum)


def _optimum(store: Records, run: str, made: Configuration) -> str:
    """Which of the optima that its configuration is known to have a run reached, in words; nothing where it reached none."""
    every = store.read(None, ["run", "configuration"]).to_pandas()
    rows = spending.judged(store, every[every["configuration"] == made.id]["run"].tolist())
    rows = rows[rows["endpoint"].notna()].reset_index(drop=True)
    found = spending.optima(made, rows)
    place = int(found.member[rows.index[rows["run"] == run][0]]) if run in set(rows["run"]) else -1
    if place < 0:
        return ""
    optimum = found.optima[place]
    reached = f"reached by {optimum.runs} of {found.seeds} seeds"
    return f"optimum {place + 1} of the {len(found.optima)} known ({optimum.id}, {reached})"
