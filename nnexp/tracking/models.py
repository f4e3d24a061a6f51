"""A trained net as a model that MLflow can load and serve: code and JSON, no pickle.

MLflow itself makes one model of each signature, with marks in the places where models differ; the models of a sweep are
copies of it, since making each anew would take longer than training.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nnexp.portable import LABEL, Net

NAME = "net"
"""What a model is called within its entry: `runs:/<run id>/net`."""

MODEL_ID, RUN_ID, CREATED = "the id of the model", "the id of the run", "2000-01-01 00:00:00.000000"
CODE = Path(__file__).with_name("served.py")

UNCHECKED = '; python_version < "3"'
"""Marks a requirement that MLflow is not to look up among all that is installed, which takes longer than making the model."""


def files(net: Net, run_id: str, model_id: str, created: str) -> Iterator[tuple[str, bytes]]:
    """The files of a model below its folder.

    Args:
        net: the trained net.
        run_id: the MLflow run that keeps it.
        model_id: what MLflow knows the model by.
        created: when, as `2026-11-25 20:49:03.862122`.
    """
    for path, text in _template(tuple(net.encoding.names), tuple(net.columns()), _label_kind(net)):
        said = text.replace(MODEL_ID, model_id).replace(RUN_ID, run_id).replace(CREATED, created)
        yield path, said.encode()
    yield "artifacts/net.json", net.to_json().encode()


def warm() -> None:
    """Have MLflow look up what a model requires, which takes a second the first time."""
    _template(("x",), ("y",), "double")


@functools.lru_cache(maxsize=64)
def _template(inputs: tuple[str, ...], columns: tuple[str, ...], label: str) -> list[tuple[str, str]]:
    """The files of a model that takes and gives these columns, but for the net, with marks where models differ."""
    import mlflow
    from mlflow.models import Model

    with tempfile.TemporaryDirectory() as made:
        net = Path(made) / "net.json"
        net.touch()
        model = Model(run_id=RUN_ID, model_uuid=MODEL_ID, model_id=MODEL_ID, utc_time_created=CREATED)
        mlflow.pyfunc.save_model(
            Path(made) / "model",
            python_model=str(CODE),
            artifacts={"net": str(net)},
            signature=_signature(inputs, columns, label),
            pip_requirements=[f"{name}=={version(name)}{UNCHECKED}" for name in ("nnexp", "numpy", "pandas", "mlflow")],
            mlflow_model=model,
        )
        folder = Path(made) / "model"
        named = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "net.json"]
        texts = [(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")) for path in named]
        return [(path, _tidied(text, net)) for path, text in texts]


def _tidied(text: str, net: Path) -> str:
    """A file's text without the mark of requirements, and without folders of this machine."""
    return text.replace(UNCHECKED, "").replace(str(CODE), CODE.name).replace(str(net), net.name)


def _label_kind(net: Net) -> str:
    """What MLflow calls the type of a net's labels."""
    kinds = {type(label) for label in net.target.labels}
    return {int: "long", float: "double", bool: "boolean"}.get(kinds.pop(), "string") if len(kinds) == 1 else "long"


def _signature(inputs: Sequence[str], columns: Sequence[str], label: str) -> object:
    """What goes in and comes out: the table's own columns, and labels and numbers.

    The types of what goes in are left open, since MLflow would refuse a column of whole numbers for one of numbers; the net
    itself refuses what it cannot use.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema
    from mlflow.types.schema import AnyType

    kinds = [label if name.startswith(LABEL) else "double" for name in columns]
    given: list[Any] = [ColSpec(AnyType(), name) for name in inputs]
    told: list[Any] = [ColSpec(kind, name) for kind, name in zip(kinds, columns, strict=True)]
    return ModelSignature(Schema(given), Schema(told))
