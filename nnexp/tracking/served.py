"""The net of one run as MLflow loads it. This file is copied into every model that is kept; loading it takes nnexp."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from nnexp.portable import Net


class Served(PythonModel):
    """Takes rows of the table that the net was trained on; gives a label and probabilities, or numbers, for each."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the net that was kept."""
        self.net = Net.from_json(Path(context.artifacts["net"]).read_text(encoding="utf-8"))

    def predict(  # MLflow takes hints as a schema, but for this one
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, object] | None = None
    ) -> pd.DataFrame:
        """A table with a row per row: the label with probabilities or scores, or the numbers of a regression."""
        return self.net.table(pd.DataFrame(model_input))


set_model(Served())
