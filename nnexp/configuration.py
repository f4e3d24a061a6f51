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

from nnexp.errors import UserError
from nnexp.examples import FINGERPRINT, identity, inputs, loaded, one_look, split
from nnexp.net.network import Network
from nnexp.net.objective import Objective, Penalized, Sample
from nnexp.net.population import Population
from nnexp.parts import registry
from nnexp.parts.datasets import Data

TRAINER = 3
"""The version of the arithmetic; a new one makes every run a new run."""

PARTS = ("dataset", "features", "activation", "loss", "optimizer", "schedule", "initializer", "stopping")
KEYS = (
    *("dataset", "features", "depth", "width", "widths", "activation", "activations", "offsets", "output", "loss"),
    *(
        "optimizer",
        "step_size",
        "schedule",
        "l2",
        "l1",
        "penalize_offsets",
        "initializer",
        "stopping",
        "steps",
        "passes",
    ),
)
"""The keys that say a configuration, in columns, tables and MLflow parameters."""

OUTPUT = "output_fingerprint"
"""The key under which settings say the code of the output's activation, where it is not as released."""

WAYS = (
    *("step_size", "schedule", "initializer", "optimizer", "steps"),
    *("passes", "curve_points", "snapshots", "false_negative_cost"),
)
"""Settings of how J is minimized; all others say what J is."""


@dataclass(frozen=True)
class Configuration:
    """All but the seed. `widths` are the hidden layers' units, `activations` what they do with their sums."""

    dataset: Any
    features: Any
    widths: tuple[int, ...]
    activations: tuple[Any, ...]
    offsets: bool
    output: str
    loss: Any
    optimizer: Any
    step_size: float
    schedule: Any
    l2: float
    l1: float
    penalize_offsets: bool
    initializer: Any
    stopping: Any
    steps: int
    false_negative_cost: float
    curve_points: int
    snapshots: int

    @property
    def jumps(self) -> bool:
        """Whether what its nets say jumps along lines: where features or units are steps."""
        units = (*(part.name for part in self.activations), self.output)
        return "step" in units or self.features.name == "steps"

    @property
    def depth(self) -> int:
        """How many layers of weights there are."""
        return len(self.widths) + 1

    @property
    def activation(self) -> Any:
        """The activation that all hidden layers share, or None."""
        return self.activations[0] if len(set(self.activations)) == 1 else None

    def settings(self, content: bool = True) -> dict[str, Any]:
        """The configuration as plain data, from which `from_settings` makes it again.

        Parts whose code is not as released say its fingerprint too and, with `content`, so do data sets whose content does not
        follow from their parameters.
        """
        said = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}
        unit = self._output()
        if unit is not None and unit.fingerprint():
            said[OUTPUT] = unit.fingerprint()
        if content and (dataset := identity(self.dataset)) != said["dataset"]:
            said["dataset"][FINGERPRINT] = dataset.get(FINGERPRINT) or digest(dataset)
        return said

    @functools.cached_property
    def id(self) -> str:
        """16 hexadecimal digits from everything that determines the configuration, code and the data's content included."""
        return self.current_id()

    def current_id(self) -> str:
        """The id that it would have now: another one if the data, or the code of its parts, have changed since."""
        return digest({"trainer": TRAINER, **self.settings(content=False), "dataset": identity(self.dataset)})

    @property
    def data(self) -> Data:
        """The data set, read once."""
        return data_of(self.dataset)

    @functools.cached_property
    def n_examples(self) -> int:
        """How many examples it is trained on: those that are not set aside for validation."""
        return len(split(self.stopping, self.data.X_train.shape[1])[0])

    @one_look()
    def network(self) -> Network:
        """The net's shape, its input size taken from the data and the feature map.

        Of a net without data it is the first layer alone, since that is all that is trained.
        """
        m = self._train_inputs().shape[0]
        if self.data.task == "population":
            return Network((m, *self.widths), (), self.activation, self.loss, offsets=False)
        return self.network_of(m, self.data.Y_train.shape[0])

    def network_of(self, m: int, n: int) -> Network:
        """The shape of a net that takes m features and gives n outputs, whatever the data."""
        return Network((m, *self.widths, n), self.activations, self._output(), self.loss, self.offsets)

    def _output(self) -> Any:
        """The activation of the output, or None where the loss has a unit of its own."""
        return registry.make("activation", self.output) if self.output in registry.known("activation") else None

    @one_look()
    def objective(self) -> Penalized:
        """J, its gradient and the measures, on this configuration's data, or in closed form where it has none."""
        if self.data.task == "population":
            none = Sample(self.data.X_train, self.data.Y_train)
            return Population(self.network(), none, none)
        X, Y = self._train_inputs(), self.data.Y_train
        train, validation = split(self.stopping, X.shape[1])
        return Objective(
            self.network(),
            Sample(np.ascontiguousarray(X[:, train]), np.ascontiguousarray(Y[:, train])),
            Sample(self.features.transform(self.data.X_test), self.data.Y_test),
            self.data.task,
            self.false_negative_cost,
            Sample(X[:, validation], Y[:, validation]) if len(validation) else None,
            penalize_offsets=self.penalize_offsets,
        )

    def _train_inputs(self) -> Any:
        content = digest(identity(self.dataset))
        return inputs(self.dataset, content, self.features, self.features.fingerprint())

    def shown(self) -> dict[str, Any]:
        """Its keys and the parameters of its parts, flat, as columns, tables and MLflow say them; all but `passes`."""
        values: dict[str, Any] = {key: getattr(self, key) for key in KEYS if key not in ("width", "passes")}
        values["width"] = self.widths[0] if self.widths and len(set(self.widths)) == 1 else None
        values["widths"] = "-".join(map(str, self.widths))
        values["activations"] = "-".join(part.name for part in self.activations)
        parameters: dict[str, Any] = {}
        for kind in PARTS:
            parts = self.activations if kind == "activation" else (values[kind],)
            values[kind] = values[kind].name if values[kind] is not None else None
            for part in dict.fromkeys(parts):
                _add_parameters(parameters, part)
        return {key: values[key] for key in KEYS if key in values} | parameters


def data_of(dataset: Any) -> Data:
    """What a data set holds, read once as long as its content is the same."""
    return loaded(dataset, digest(identity(dataset)))


def from_settings(settings: Mapping[str, Any]) -> Configuration:
    """The configuration that a record's settings say.

    Raises:
        UserError: if they name a part or parameter that is not known.
    """
    parts = {kind: _made(kind, settings[kind]) for kind in PARTS if kind != "activation"}
    activations = tuple(_made("activation", given) for given in settings["activations"])
    plain = {key: value for key, value in settings.items() if key != OUTPUT}
    return Configuration(**{**plain, **parts, "activations": activations, "widths": tuple(settings["widths"])})


def _made(kind: str, settings: Mapping[str, Any]) -> Any:
    given = {key: value for key, value in settings.items() if key not in ("name", FINGERPRINT)}
    return registry.make(kind, settings["name"], given)


def _plain(value: Any) -> Any:
    """Plain data of a field: parts by their settings, and by their code where it is not as released."""
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    if not isinstance(value, registry.Part):
        return value
    said = value.settings()
    if value.kind != "dataset" and value.fingerprint():
        said[FINGERPRINT] = value.fingerprint()
    return said


def _add_parameters(parameters: dict[str, Any], part: Any) -> None:
    """Add a part's parameters under their names; those of two layers that differ are joined."""
    for key, value in part.settings().items():
        name = f"{part.kind}.{part.name}.{key}"
        if key != "name":
            parameters[name] = f"{parameters[name]}-{value}" if name in parameters else value


def digest(plain: Any) -> str:
    """16 hexadecimal digits of the canonical form of plain data."""
    text = _written(plain)
    if "-0.0" in text:
        text = _written(_canonical(plain))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _written(plain: Any) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _canonical(plain: Any) -> Any:
    """Plain data in which equal numbers are written alike: -0.0 as 0.0."""
    if isinstance(plain, dict):
        return {key: _canonical(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_canonical(value) for value in plain]
    return plain + 0.0 if isinstance(plain, float) else plain


def objective_id(settings: str) -> str:
    """16 hexadecimal digits of what J is, from a record's settings (JSON) without WAYS; equal for runs that minimize the same.

    A stopping rule counts where it sets examples aside.
    """
    kept = {key: value for key, value in json.loads(settings).items() if key not in WAYS}
    if kept["stopping"]["name"] != "early_stopping":
        del kept["stopping"]
    return digest(kept)


def remember(planned: Iterable[Configuration]) -> None:
    """Keep configurations of this process, so that their records are read with the table's path as given now."""
    _PLANNED.update({configuration.id: configuration for configuration in planned})


def recorded(configuration_id: str, settings: str) -> Configuration:
    """The configuration of a record, from its id and its settings (JSON), with its parts as they are registered now."""
    planned = _PLANNED.get(configuration_id)
    return planned if planned is not None and _is_registered(planned) else from_settings(json.loads(settings))


def current(configuration_id: str, settings: str, run: str) -> Configuration:
    """The configuration of a run's record, where its data and the code of its parts are what they were when it was trained.

    Raises:
        UserError: if they are not, naming what has changed.
    """
    made = recorded(configuration_id, settings)
    if made.current_id() != configuration_id:
        found = changed(json.loads(settings), made.settings())
        what = found[0] if found else f"dataset={made.dataset.name}, or the trainer,"
        what = f"{what} has changed since run {run} was trained, so its J cannot be computed any more"
        raise UserError(f"{what}; undo the change, or run the sweep again")
    return made


def changed(then: Mapping[str, Any], now: Mapping[str, Any], kinds: Iterable[str] = PARTS) -> list[str]:
    """The parts of these kinds, as in activation=relu, whose code or content differs between the settings then and now."""
    before, after = _fingerprints(then, kinds), _fingerprints(now, kinds)
    return [part for part in after if before.get(part) != after[part]]


def _fingerprints(settings: Mapping[str, Any], kinds: Iterable[str]) -> dict[str, str]:
    """The fingerprint of each part, empty where its code is as released."""
    found = {f"output={settings['output']}": settings.get(OUTPUT, "")}
    for kind in kinds:
        parts = settings["activations"] if kind == "activation" else [settings[kind]]
        found.update({f"{kind}={part['name']}": part.get(FINGERPRINT, "") for part in parts})
    return found


def _is_registered(made: Configuration) -> bool:
    """Whether its parts are still those of their names; a notebook's cell that is run again makes another part."""
    parts = (*made.activations, *(getattr(made, kind) for kind in PARTS if kind != "activation"))
    return all(registry.known(part.kind).get(part.name) is type(part) for part in parts)


_PLANNED: dict[str, Configuration] = {}
