"""Ask for a sweep of small feed-forward nets; get every net trained, recorded and comparable across random seeds.

import nnexp
runs = nnexp.sweep(dataset="xor", depth=2, width=2, seeds=100)     # a pandas frame, one row a run
again = nnexp.load("optima")                                       # the newest recorded sweep of that name
run = nnexp.recall(runs.iloc[0])                                   # its objective: run.value(), run.gradient()
print(nnexp.why(runs["run"][0]))                                   # why it ended where it did, in a few lines
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnexp.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from nnexp.frames import load, recall
    from nnexp.reasons import why

__all__ = ["UserError", "load", "recall", "sweep", "sync", "why"]
__version__ = "0.1.0"


def sweep(**asked: Any) -> pd.DataFrame:
    """Train every run that is asked for and not yet on record; gives one row a run, without Hydra or MLflow.

    The keys are those of the configs: `dataset`, `depth`, `width`, `activation`, `loss`, `optimizer`, `step_size`, `seeds`, ...
    A key takes a value or a list of values; a part takes a name, a list of names, or `{"sgd": {"batch_size": [1, 32]}}`.
    What was read of the data is printed in two lines before training.
    Without `runs_dir` everything is kept in `runs` here, or in that of the nearest parent folder that holds records.

    Raises:
        UserError: if a key is not known or a value cannot be used; nothing has been written then.
    """
    from nnexp import config, pipeline
    from nnexp.records import default_dir

    asked = {"tracking": {"store": "none"}, **asked}
    asked = {"runs_dir": str(default_dir()), **asked}
    return pipeline.run(config.check(asked), config=config.plain(asked), watcher=pipeline.DataPrinter()).frame()


def sync(sweep: str | None = None, runs_dir: str | Path | None = None, watcher: Any = None) -> dict[str, bool]:
    """Show in MLflow what is on record of a sweep and not shown yet; without a name, of every sweep that is tracked.

    Gives whether there was anything to do, by sweep.

    Raises:
        UserError: if there is no such sweep, or MLflow cannot be written; the records are whole then as before.
    """
    from nnexp import showing

    return showing.show(sweep, runs_dir, watcher)


def __getattr__(name: str) -> Any:
    if name in ("load", "recall"):
        from nnexp import frames

        return getattr(frames, name)
    if name == "why":
        from nnexp import reasons

        return reasons.why
    raise AttributeError(f"module nnexp has no attribute {name}")
