"""The net of one run as MLflow loads it. This file is copied into every model that is kept; loading it takes nnexp."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from nnexp.portable import Net


class Served(PythonModel):
    """Takes points as a table, a row a point; gives what the net says of each, and its label."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the net that was kept."""
        self.net = Net.from_json(Path(context.artifacts["net"]).read_text(encoding="utf-8"))

    def predict(  # MLflow takes hints as a schema, but for this one
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, object] | None = None
    ) -> pd.DataFrame:
        """A table with a row a point: what each output says, and the label where there is one."""
        return self.net.guess(pd.DataFrame(model_input))


set_model(Served())
