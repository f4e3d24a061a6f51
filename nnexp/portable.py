"""A trained net that can be carried away: what it predicts from rows of the user's own table, from a small file of plain JSON.

It carries all that was learned from the training part: the weights, and what becomes of each column (`Encoding`) and each
output (`Target`). It takes rows as they stand in the table, with the columns in any order and others among them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nnexp.configuration import Configuration, changed, from_settings
from nnexp.errors import UserError
from nnexp.parts.datasets.columns import Categorical, Encoding, Numeric, Target
from nnexp.parts.datasets.numbers import Format

Array = NDArray[np.float64]
LABEL = "label"

SHAPING = ("features", "activation", "loss")
"""Kinds of parts whose code a guess depends on."""


@dataclass(frozen=True)
class Net:
    """A trained net.

    run: the run that it came from. settings: its configuration's (`Configuration.settings`). theta: (parameters,), layer after
    layer, each layer's [W^T | W0] row by row. task: what its data set asks for (`nnexp.parts.datasets.base.Data`).
    encoding: what becomes of the columns of a row. target: what the outputs say. outputs: their names.
    """

    run: str
    settings: Mapping[str, Any]
    theta: list[float]
    task: str
    encoding: Encoding
    target: Target
    outputs: list[str]

    @classmethod
    def of(cls, row: Any, configuration: Configuration) -> Net:
        """The net of a run on record, from its row of a frame."""
        data, theta = configuration.data, np.asarray(row["theta"], dtype=np.float64)
        told = data.encoding, data.target, list(data.outputs)
        return cls(str(row["run"]), configuration.settings(), theta.tolist(), data.task, *told)

    @property
    def gives_probabilities(self) -> bool:
        """Whether its outputs are probabilities: those of sigmoid units for labels, those of softmax for several classes."""
        return self.settings["output"] == {"multiclass": "softmax", "regression": None}.get(self.task, "sigmoid")

    def columns(self) -> list[str]:
        """The columns of what `table` gives."""
        if self.task == "regression":
            return list(self.target.names)
        if self.task == "multilabel":
            return [*(f"{LABEL} {name}" for name in self.outputs), *self._scores()]
        return [LABEL, *self._scores()]

    def _scores(self) -> list[str]:
        """The names of what the net gives beside labels: a probability per class, or else a score per output."""
        if not self.gives_probabilities or self.task == "multilabel":
            what = "probability" if self.gives_probabilities else "score"
            return [f"{what} of {name}" for name in self.outputs]
        return [f"probability of {label}" for label in self.target.labels]

    def guess(self, rows: Any) -> Array:
        """What the outputs say of rows of the table, (rows, outputs); of a regression in the target's own unit.

        Args:
            rows: a frame with the table's columns, or an array (rows, columns) in their order; values as they are in the table.

        Raises:
            UserError: if a column is missing, a value cannot be used, or the code of the net's parts has changed.
        """
        z, network = self._z(rows)
        guess = network.loss.guess(z, network.unit)[0].T
        return guess * self.target.deviation + self.target.mean if self.task == "regression" else guess

    def predict(self, rows: Any) -> Any:
        """What is predicted for rows of the table, (rows,): labels as the table spells them, or numbers in the target's unit.

        Of several labels or targets a frame with a column for each. For `rows` and errors see `guess`.
        """
        if self.task == "regression":
            guess = self.guess(rows)
            return guess[:, 0] if guess.shape[1] == 1 else pd.DataFrame(guess, columns=list(self.target.names))
        z, network = self._z(rows)
        if self.task == "multiclass":
            return self._labels(network.loss.guess(z, network.unit)[0].argmax(axis=0))
        says = network.loss.labels(z, network.unit)[0].astype(np.int64)
        return self._labels(says[0]) if self.task == "binary" else pd.DataFrame(says.T, columns=self.outputs)

    def predict_proba(self, rows: Any) -> pd.DataFrame:
        """The probability of each class for rows of the table, a column per class. For `rows` and errors see `guess`.

        Raises:
            UserError: if the net was trained with a loss that gives none.
        """
        if not self.gives_probabilities:
            loss = self.settings["loss"]["name"]
            what = f"a net of loss={loss}, output={self.settings['output']} gives no probabilities"
            raise UserError(f"{what}; train with nll or softmax_nll")
        guess = self.guess(rows)
        if self.task == "binary":
            guess = np.concatenate([1.0 - guess, guess], axis=1)
        return pd.DataFrame(guess, columns=self.outputs if self.task == "multilabel" else list(self.target.labels))

    def table(self, rows: Any) -> pd.DataFrame:
        """Labels with probabilities or scores, or numbers, a row per row of the table; `columns()` names the columns."""
        parts = [pd.DataFrame(self.predict(rows))]
        if self.task != "regression":
            probable = self.gives_probabilities and self.task != "multilabel"
            parts.append(self.predict_proba(rows) if probable else pd.DataFrame(self.guess(rows)))
        frame = pd.concat(parts, axis=1).set_axis(self.columns(), axis=1)
        return frame.set_axis(rows.index, axis=0) if isinstance(rows, pd.DataFrame) else frame

    def _z(self, rows: Any) -> tuple[Array, Any]:
        """The last pre-activations of rows of the table, (1, outputs, rows), and the network."""
        made = from_settings(self.settings)
        self._refuse_changed(made)
        X = self.encoding.encode(rows)
        inputs = made.features.transform(np.ascontiguousarray(X))
        network = made.network_of(inputs.shape[0], len(self.outputs))
        return network.preactivation(np.array([self.theta], dtype=np.float64), inputs), network

    def _labels(self, classes: NDArray[np.int64]) -> NDArray[Any]:
        """The labels of class numbers (rows,), as an array of the labels' own type."""
        labels = list(self.target.labels)
        kinds = {type(label) for label in labels}
        kind = kinds.pop() if len(kinds) == 1 else object
        return np.array(labels, dtype=kind if kind in (int, float, bool) else object)[classes]

    def _refuse_changed(self, made: Configuration) -> None:
        """Refuse to guess by other code than that of the parts that the net was trained with."""
        wrong = changed(self.settings, made.settings(content=False), SHAPING)
        if wrong:
            what = f"the code of {wrong[0]} has changed since run {self.run} was trained"
            raise UserError(f"{what}, so that its net would guess otherwise; undo the change, or run the sweep again")

    def to_json(self) -> str:
        """The net as text, from which `from_json` makes it again, bit for bit."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Net:
        """The net that a text of `to_json` holds."""
        said = json.loads(text)
        columns = tuple(map(_column, said["encoding"]["columns"]))
        target = said["target"] | {key: tuple(said["target"][key]) for key in ("names", "labels")}
        encoding = Encoding(columns, tuple(said["encoding"]["missing"]))
        return cls(**{**said, "encoding": encoding, "target": Target(**target)})


def _column(said: Mapping[str, Any]) -> Numeric | Categorical:
    """A column's encoding from plain data."""
    if "levels" in said:
        return Categorical(said["name"], tuple(said["levels"]), said["fill"])
    return Numeric(**{**said, "written": Format(**said["written"])})
