"""A trained net that can be carried away: what it guesses, without its data set, from a small file of plain JSON.

It takes points as a table, one row a point and one column a coordinate, under the names the data set gave them, and gives a
table: what each output says and, for labels, the label.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from nnexp.configuration import Configuration, changed, from_settings
from nnexp.errors import UserError

LABEL = "label"

SHAPING = ("features", "activation", "loss")
"""Kinds of parts whose code a guess depends on."""


@dataclass(frozen=True)
class Net:
    """A trained net.

    run: the run that it came from. settings: its configuration's (`Configuration.settings`). theta: (parameters,), layer after
    layer, each layer's [W^T | W0] row by row. task: what its data set asks for (`nnexp.parts.datasets.base.Data`).
    inputs, outputs: the names of the coordinates of a point, and of what is guessed.
    """

    run: str
    settings: Mapping[str, Any]
    theta: list[float]
    task: str
    inputs: list[str]
    outputs: list[str]

    @classmethod
    def of(cls, row: Any, configuration: Configuration) -> Net:
        """The net of a run on record, from its row of a frame with curves."""
        data, theta = configuration.data, np.asarray(row["theta"], dtype=np.float64)
        named = [list(data.inputs), list(data.outputs)]
        return cls(str(row["run"]), configuration.settings(), theta.tolist(), data.task, *named)

    def columns(self) -> list[str]:
        """The columns of what `guess` gives."""
        if self.task == "regression":
            return list(self.outputs)
        if self.task == "multilabel":
            return [*self.outputs, *(f"{LABEL} {name}" for name in self.outputs)]
        return [*self.outputs, LABEL]

    def guess(self, points: pd.DataFrame) -> pd.DataFrame:
        """What the net says of each point: a row a point, `columns()` as columns.

        Raises:
            UserError: if a coordinate is missing or is not a number, or the code of the net's parts has changed.
        """
        missing = [name for name in self.inputs if name not in points.columns]
        if missing:
            raise UserError(f"points lack the columns {', '.join(missing)}; give {', '.join(self.inputs)}")
        try:
            X = points[self.inputs].to_numpy(np.float64).T
        except (TypeError, ValueError) as error:
            raise UserError(f"points must be numbers ({error}); give {', '.join(self.inputs)} as such") from None
        made = from_settings(self.settings)
        self._refuse_changed(made)
        inputs = made.features.transform(np.ascontiguousarray(X))
        network = made.network_of(inputs.shape[0], len(self.outputs))
        guess = network.guess(np.array([self.theta], dtype=np.float64), inputs)[0]
        values = {name: list(row) for name, row in zip(self.outputs, guess, strict=True)}
        return pd.DataFrame(values | self._labels(guess), index=points.index, columns=self.columns())

    def _refuse_changed(self, made: Configuration) -> None:
        """Refuse to guess by other code than that of the parts that the net was trained with."""
        wrong = changed(self.settings, made.settings(content=False), SHAPING)
        if wrong:
            what = f"the code of {wrong[0]} has changed since run {self.run} was trained"
            raise UserError(f"{what}, so that its net would guess otherwise; undo the change, or run the sweep again")

    def _labels(self, guess: Any) -> dict[str, Any]:
        if self.task == "regression":
            return {}
        if self.task == "multiclass":
            return {LABEL: [self.outputs[place] for place in guess.argmax(axis=0)]}
        says = (guess > 0.5).astype(np.int64)
        if self.task == "multilabel":
            return {f"{LABEL} {name}": row for name, row in zip(self.outputs, says, strict=True)}
        return {LABEL: says[0]}

    def to_json(self) -> str:
        """The net as text, from which `from_json` makes it again, bit for bit."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Net:
        """The net that a text of `to_json` holds."""
        return cls(**json.loads(text))
