"""A configuration's data set as MLflow keeps it: name, digest of its content, where it is from, its columns and its size."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

from nnexp.configuration import Configuration, digest
from nnexp.examples import identity, loaded, one_look
from nnexp.parts.datasets.columns import Numeric
from nnexp.parts.datasets.summary import describe

CONTEXT = "training"


@dataclass(frozen=True)
class DataSet:
    """The fields of an MLflow data set; `source`, `schema` and `profile` are JSON."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str
    profile: str


@one_look()
def data_set(made: Configuration) -> DataSet:
    """The data set that a configuration is trained on; a table's source is its file, another's the rule it is made by."""
    return _data_set(made.dataset, digest(identity(made.dataset)))


@functools.lru_cache(maxsize=256)
def _data_set(dataset: Any, content: str) -> DataSet:
    data = loaded(dataset, content)
    path = getattr(dataset, "path", None)
    source = {"uri": str(path)} if path else {"tags": {"mlflow.source.name": "nnexp", **_plain(dataset.settings())}}
    kinds = {column.name: "double" if isinstance(column, Numeric) else "string" for column in data.encoding.columns}
    kinds |= dict.fromkeys(data.target.names, "string" if data.target.labels else "double")
    specs = [{"type": kind, "name": name, "required": True} for name, kind in kinds.items()]
    rows = data.X_train.shape[1] + data.X_test.shape[1]
    profile = {
        "num_rows": rows,
        "num_elements": rows * len(kinds),
        "training examples": data.X_train.shape[1],
        "test examples": data.X_test.shape[1],
        "task": data.task,
        "what was read": list(describe(dataset, data)),
    }
    return DataSet(
        name=dataset.label,
        digest=content,
        source_type="local" if path else "code",
        source=json.dumps(source),
        schema=json.dumps({"mlflow_colspec": specs}),
        profile=json.dumps(profile),
    )


def _plain(settings: dict[str, object]) -> dict[str, str]:
    return {key: str(value) for key, value in settings.items()}
