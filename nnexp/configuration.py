"""What is one configuration: everything that determines a run but its seeds?

It is made of parts and numbers, knows its own id, and builds the objective that is trained. What a net does not use (the
activation of a net without hidden layer, the order of data under full-batch descent) is no part of it, so equal runs are
equal however they were asked for.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnexp.errors import UserError, unknown
from nnexp.net.network import Network
from nnexp.net.objective import Objective, Sample
from nnexp.parts import registry
from nnexp.parts.datasets import Data

TRAINER = 1
"""The version of the arithmetic; a new one makes every run a new run."""

PARTS = ("dataset", "features", "activation", "loss", "optimizer", "schedule", "initializer")
KEYS = (
    *("dataset", "features", "depth", "width", "widths", "activation", "output", "loss"),
    *("optimizer", "step_size", "schedule", "l2", "initializer", "steps", "passes"),
)
"""The keys that say a configuration, in columns, tables and MLflow parameters."""


@dataclass(frozen=True)
class Configuration:
    """All but the seed. `widths` are the hidden layers' units; `activation` is None where there are none."""

    dataset: Any
    features: Any
    widths: tuple[int, ...]
    activation: Any
    output: str
    loss: Any
    optimizer: Any
    step_size: float
    schedule: Any
    l2: float
    initializer: Any
    steps: int
    false_negative_cost: float
    curve_points: int
    snapshots: int

    @property
    def depth(self) -> int:
        """How many layers of weights there are."""
        return len(self.widths) + 1

    def settings(self) -> dict[str, Any]:
        """The configuration as plain data, from which `from_settings` makes it again."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value.settings() if isinstance(value, registry.Part) else value for name, value in plain.items()}

    @functools.cached_property
    def id(self) -> str:
        """16 hexadecimal digits from everything that determines the configuration, the data's content included."""
        return self.current_id()

    def current_id(self) -> str:
        """The id that it would have now: another one if the data have changed since."""
        return digest({"trainer": TRAINER, **self.settings(), "dataset": self.dataset.identity()})

    @property
    def data(self) -> Data:
        """The data set, read once."""
        return _loaded(self.dataset, digest(self.dataset.identity()))

    def network(self) -> Network:
        """The net's shape, its input size taken from the data and the feature map."""
        m = self._train_inputs().shape[0]
        unit = registry.make("activation", self.output) if self.output in registry.known("activation") else None
        hidden = (self.activation,) * len(self.widths)
        return Network((m, *self.widths, self.data.Y_train.shape[0]), hidden, unit, self.loss)

    def objective(self) -> Objective:
        """J, its gradient and the measures, on this configuration's data."""
        train = Sample(self._train_inputs(), self.data.Y_train)
        test = Sample(self.features.transform(self.data.X_test), self.data.Y_test)
        return Objective(self.network(), train, test, self.data.task, self.false_negative_cost)

    def _train_inputs(self) -> Any:
        return _inputs(self.dataset, digest(self.dataset.identity()), self.features)

    def shown(self) -> dict[str, Any]:
        """Its keys and the parameters of its parts, flat, as columns, tables and MLflow say them; all but `passes`."""
        values: dict[str, Any] = {key: getattr(self, key) for key in KEYS if key not in ("width", "passes")}
        values["width"] = self.widths[0] if self.widths and len(set(self.widths)) == 1 else None
        values["widths"] = "-".join(map(str, self.widths))
        parameters: dict[str, Any] = {}
        for kind in PARTS:
            part = values[kind]
            values[kind] = part.name if part is not None else None
            settings = part.settings() if part is not None else {}
            parameters |= {f"{kind}.{part.name}.{key}": value for key, value in settings.items() if key != "name"}
        return {key: values[key] for key in KEYS if key in values} | parameters


def from_settings(settings: Mapping[str, Any]) -> Configuration:
    """The configuration that a record's settings say.

    Raises:
        UserError: if they name a part or parameter that is not known.
    """
    values = dict(settings)
    for kind in PARTS:
        if values[kind] is not None:
            given = dict(values[kind])
            values[kind] = registry.make(kind, given.pop("name"), given)
    return Configuration(**{**values, "widths": tuple(values["widths"])})


def resolved_output(output: str | None, loss: Any) -> str:
    """The output unit's name: the one stated, or the one that the loss brings.

    Raises:
        UserError: if the loss cannot stand on it.
    """
    if output is None:
        return loss.output
    allowed = loss.outputs or tuple(registry.known("activation"))
    if output not in {*registry.known("activation"), loss.output}:
        raise unknown("output", output, allowed)
    if output not in allowed:
        raise UserError(f"output={output} does not go with loss={loss.name}; allowed: {', '.join(allowed)}")
    return output


def check_task(loss: Any, dataset: Any, data: Data) -> None:
    """Refuse a loss that cannot be used with the data.

    Raises:
        UserError: if so, naming the losses that can.
    """
    if data.task in loss.tasks:
        return
    fitting = [name for name, part in registry.known("loss").items() if data.task in part.tasks]
    kind = f"{data.task}, {len(data.outputs)} classes" if data.task == "multiclass" else data.task
    raise UserError(f"loss={loss.name} cannot be used with dataset={dataset.name} ({kind}); use: {', '.join(fitting)}")


def digest(plain: Any) -> str:
    """16 hexadecimal digits of the canonical form of plain data."""
    text = json.dumps(_canonical(plain), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _canonical(plain: Any) -> Any:
    """Plain data in which equal numbers are written alike: -0.0 as 0.0."""
    if isinstance(plain, dict):
        return {key: _canonical(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_canonical(value) for value in plain]
    return plain + 0.0 if isinstance(plain, float) else plain


def remember(planned: Iterable[Configuration]) -> None:
    """Keep configurations of this process, so that their records are read with the table's path as given now."""
    _PLANNED.update({configuration.id: configuration for configuration in planned})


def recorded(configuration_id: str, settings: str) -> Configuration:
    """The configuration of a record, from its id and its settings (JSON)."""
    return _PLANNED.get(configuration_id) or from_settings(json.loads(settings))


_PLANNED: dict[str, Configuration] = {}


@functools.lru_cache(maxsize=32)
def _inputs(dataset: Any, content: str, features: Any) -> Any:
    with np.errstate(all="ignore"):
        try:
            X = features.transform(_loaded(dataset, content).X_train)
        except MemoryError:
            raise UserError(
                f"features={features.name} makes more features than fit the memory; ask for fewer"
            ) from None
    return _finite(X, f"features={features.name}")


@functools.lru_cache(maxsize=32)
def _loaded(dataset: Any, content: str) -> Data:
    with np.errstate(all="ignore"):
        try:
            data = dataset.load()
        except MemoryError:
            raise UserError(f"dataset={dataset.name} does not fit the memory; ask for fewer examples") from None
    for values in (data.X_train, data.Y_train, data.X_test, data.Y_test):
        _finite(values, f"dataset={dataset.name}")
    return data


def _finite(values: Any, what: str) -> Any:
    """The values, refused where not all are finite numbers."""
    if not np.isfinite(values).all():
        raise UserError(f"{what} gives numbers too large to work with; scale the data or the parameters down")
    return values
