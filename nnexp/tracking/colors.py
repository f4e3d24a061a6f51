"""Colours by which entries are told apart in MLflow's charts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from nnexp.figures.style import COLORS
from nnexp.optima.endpoints.verdict import VERDICTS

UNKNOWN = "#999999"


class Colors:
    """The colours of a sweep's entries: of configurations by a setting, of runs by their endpoint."""

    PREFERRED = ("optimizer", "activation", "loss", "step_size")

    def __init__(self, runs: pd.DataFrame, keys: Sequence[str]) -> None:
        self._key = next((key for key in (*self.PREFERRED, *keys) if key in keys), None)
        found = [] if self._key is None else runs[self._key].drop_duplicates().tolist()
        self._of_value = {str(value): COLORS[place % len(COLORS)] for place, value in enumerate(found)}
        self._of_endpoint = {name: COLORS[place % len(COLORS)] for place, name in enumerate(VERDICTS)}

    def of_configuration(self, row: pd.Series) -> str:
        """The colour of a configuration."""
        return COLORS[0] if self._key is None else self._of_value[str(row[self._key])]

    def of_run(self, endpoint: str) -> str:
        """The colour of a run."""
        return self._of_endpoint.get(endpoint, UNKNOWN)
