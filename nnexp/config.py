"""What has been asked for, checked: plain data in, a frozen `Sweep` out.

The keys are the same words everywhere: in configs, in columns, in MLflow. A key that is an axis takes one value or a list of
values; a part (`activation`, `optimizer`, ...) takes a name, a list of names, or `{name: {parameter: value or list}}`. Every
refusal is one line that names the key, the value, what is allowed and what to do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import AllowInfNan, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from nnexp.errors import UserError, unknown
from nnexp.parts import registry

MOST_SEEDS = 1_000_000


def _listed(value: Any) -> Any:
    """One value as a tuple of one; lists at any depth as tuples."""
    value = registry.tuples(value)
    return value if isinstance(value, tuple) else (value,)


def _seeds(value: Any) -> Any:
    """N as the seeds 0 .. N - 1; a list as the seeds it names; none as none."""
    value = registry.tuples(value)
    if isinstance(value, bool):
        raise UserError("it must be a number of seeds or a list of seeds")
    if isinstance(value, int):
        if not 1 <= value <= MOST_SEEDS:
            raise UserError(
                f"as a number it says how many seeds, 1 to {MOST_SEEDS:,}; for the one seed 0 say seeds=[0]"
            )
        return tuple(range(value))
    return value


def _widths(value: Any) -> Any:
    """One net's widths, or a list of such, as a tuple of tuples."""
    value = registry.tuples(value)
    if isinstance(value, tuple) and not any(isinstance(v, tuple) for v in value):
        return (value,)
    return value


def _alone(key: str) -> Callable[[Any], Any]:
    """A single word as the settings whose `key` it is."""
    return lambda value: {key: value} if isinstance(value, str) else value


def _path(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _parts(kind: str) -> BeforeValidator:
    def made(value: Any) -> Any:
        return tuple(p for name, given in named(kind, value) for p in registry.variants(kind, name, given))

    return BeforeValidator(made)


def named(kind: str, value: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """The parts asked for as (name, parameters): from a name, a list, a mapping, or a part itself."""
    if isinstance(value, registry.Part):
        parameters = value.settings()
        return [(parameters.pop("name"), parameters)]
    if isinstance(value, str):
        return [(value, {})]
    if isinstance(value, Mapping):
        for name, given in value.items():
            if name not in registry.known(kind):
                raise unknown(kind, name, registry.known(kind))
            if given is not None and not isinstance(given, Mapping):
                raise UserError(f"{kind}.{name}={given} cannot be used; its parameters are: {_has(kind, name)}")
        return [(name, given or {}) for name, given in value.items()]
    if isinstance(value, list | tuple) and value:
        return [pair for element in value for pair in named(kind, element)]
    raise UserError(f"{kind}={value} cannot be used; give one or more of: {', '.join(registry.known(kind))}")


def _default(kind: str, name: str) -> tuple[Any, ...]:
    return (registry.make(kind, name),)


def _has(kind: str, name: str) -> str:
    return ", ".join(registry.parameters(kind, name)) or "none"


Finite = AllowInfNan(False)
Whole = Annotated[int, Ge(1), Le(10_000)]
Depths = Annotated[tuple[Annotated[int, Ge(1), Le(100)], ...], BeforeValidator(_listed), MinLen(1)]
Wholes = Annotated[tuple[Whole, ...], BeforeValidator(_listed), MinLen(1)]
Layers = Annotated[tuple[Annotated[tuple[Whole, ...], MinLen(1)], ...], BeforeValidator(_widths), MinLen(1)]
Units = Annotated[tuple[str | None, ...], BeforeValidator(_listed), MinLen(1)]
Positives = Annotated[tuple[Annotated[float, Gt(0), Finite], ...], BeforeValidator(_listed), MinLen(1)]
NotNegatives = Annotated[tuple[Annotated[float, Ge(0), Finite], ...], BeforeValidator(_listed), MinLen(1)]
Updates = Annotated[tuple[Annotated[int, Ge(0), Le(10**8)], ...], BeforeValidator(_listed), MinLen(1)]
Passes = Annotated[tuple[Annotated[float, Gt(0), Le(1e9)], ...], BeforeValidator(_listed), MinLen(1)]
Seeds = Annotated[tuple[Annotated[int, Ge(0), Le(2**63 - 1)], ...], BeforeValidator(_seeds), MinLen(1)]
Datasets = Annotated[tuple[Any, ...], _parts("dataset")]
FeatureMaps = Annotated[tuple[Any, ...], _parts("features")]
Activations = Annotated[tuple[Any, ...], _parts("activation")]
Losses = Annotated[tuple[Any, ...], _parts("loss")]
Optimizers = Annotated[tuple[Any, ...], _parts("optimizer")]
Schedules = Annotated[tuple[Any, ...], _parts("schedule")]
Initializers = Annotated[tuple[Any, ...], _parts("initializer")]
Combinations = Annotated[tuple[dict[str, Any], ...], BeforeValidator(registry.tuples)]


class Settings(BaseModel):
    """Checked, frozen, and closed: a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


class Tracking(Settings):
    """Where the sweep is shown: an MLflow store, or nowhere."""

    store: Literal["mlflow", "none"] = Field("mlflow", description="mlflow, or none for no tracking")
    uri: str | None = Field(
        None,
        pattern=r"^(sqlite|postgresql|mysql|mssql|https?|file|databricks)([+:].*)?$",
        description="an MLflow tracking URI, as in http://host:5000; null is the SQLite store in runs/",
    )
    exemplary_seeds: int = Field(3, ge=0, le=3, description="how many seeds a configuration shows by itself, 0 to 3")


class Backend(Settings):
    """Where stacks are trained."""

    where: Literal["serial", "processes"] = Field("processes", description="serial or processes")
    workers: int | None = Field(None, ge=1, le=1024, description="how many processes; null is one a core")


class Sweep(Settings):
    """A sweep as asked for. Every field's description says what is allowed."""

    name: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$", description="up to 80 letters, digits, _ . -"
    )
    question: str = Field("", description="a sentence that says what the sweep asks")
    dataset: Datasets = Field(_default("dataset", "two_moons"), description="one or more data sets")
    features: FeatureMaps = Field(_default("features", "identity"), description="one or more feature maps")
    depth: Depths = Field((2,), description="layers of weights, 1 or more; depth=1 is the linear model")
    width: Wholes = Field((8,), description="units of each hidden layer, 1 or more, as in width=[4,16]")
    widths: Layers | None = Field(None, description="units layer by layer, in place of depth and width, as in [16,8]")
    activation: Activations = Field(_default("activation", "tanh"), description="one or more activations")
    output: Units = Field((None,), description="the output unit; null is the one that the loss brings")
    loss: Losses = Field(_default("loss", "nll"), description="one or more losses")
    optimizer: Optimizers = Field(_default("optimizer", "gd"), description="one or more optimizers")
    step_size: Positives = Field((0.3,), description="a number > 0 or a list of such, as in step_size=[0.1,0.5]")
    schedule: Schedules = Field(_default("schedule", "constant"), description="one or more schedules")
    l2: NotNegatives = Field((0.0,), description="weight of the penalty, 0 or more, as in l2=0.001")
    initializer: Initializers = Field(_default("initializer", "glorot"), description="one or more initializers")
    steps: Updates | None = Field(None, description="how many updates, 0 or more; or say passes")
    passes: Passes | None = Field(None, description="how often the data are gone through, > 0; or say steps")
    seeds: Seeds = Field(tuple(range(16)), description="how many seeds, as in seeds=64, or which, as in seeds=[3,17]")
    init_seeds: Seeds | None = Field(None, description="seeds of the initial weights, to be crossed with order_seeds")
    order_seeds: Seeds | None = Field(None, description="seeds of the order of data, to be crossed with init_seeds")
    pairs: Combinations = Field((), description="axes that move together, as in [{depth: [1,2], width: [4,8]}]")
    exclude: Combinations = Field((), description="combinations left out, as in [{depth: 3, activation: relu}]")
    false_negative_cost: float = Field(
        10.0, ge=0, allow_inf_nan=False, description="what a missed 1 costs, where a false alarm costs 1; 0 or more"
    )
    curve_points: int = Field(60, ge=1, le=1_000_000, description="about how many points a curve has, 1 or more")
    snapshots: int = Field(6, ge=0, le=1000, description="at how many steps theta is kept, 0 to 1000")
    tracking: Annotated[Tracking, BeforeValidator(_alone("store"))] = Field(
        Tracking(), description="where the sweep is shown"
    )
    backend: Annotated[Backend, BeforeValidator(_alone("where"))] = Field(
        Backend(), description="where stacks are trained"
    )
    runs_dir: Annotated[str, BeforeValidator(_path)] = Field(
        "runs", min_length=1, description="the folder of everything that is made"
    )

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, given: Any) -> Any:
        for key in given:
            if key not in cls.model_fields:
                raise unknown("the key", key, cls.model_fields)
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Sweep:
        if self.steps is not None and self.passes is not None:
            raise UserError("steps and passes are both given; say one, and null for the other")
        if (self.init_seeds is None) != (self.order_seeds is None):
            raise UserError("init_seeds and order_seeds are crossed: give both, or neither and seeds")
        return self


def check(given: Mapping[str, Any]) -> Sweep:
    """The sweep that plain data asks for.

    Raises:
        UserError: if a key is not known or a value is not allowed.
    """
    try:
        return Sweep.model_validate(dict(given))
    except ValidationError as error:
        raise UserError(_line(error, given)) from None


def plain(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked as plain data that can be kept: parts by their settings, arrays as lists."""
    return {key: _plain(value) for key, value in asked.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, registry.Part):
        return value.settings()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    value = registry.tuples(value)
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return _path(value)


def _line(error: ValidationError, given: Mapping[str, Any]) -> str:
    """The first complaint of a failed check as one line: key, value, what is wrong, what is allowed."""
    first = error.errors(include_url=False)[0]
    where = first["loc"]
    if "error" in first.get("ctx", {}):
        text = str(first["ctx"]["error"])
        return text if not where or text.startswith(str(where[0])) else f"{where[0]}={given[str(where[0])]!r}: {text}"
    model: type[BaseModel] = Sweep
    for key in where[:-1]:
        inner = model.model_fields[str(key)].annotation if str(key) in model.model_fields else None
        model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else model
    field = model.model_fields.get(str(where[-1])) or Sweep.model_fields[str(where[0])]
    if first["type"] == "extra_forbidden":
        return str(unknown(f"the key {where[0]}", where[-1], model.model_fields))
    key = ".".join(str(part) for part in where if not isinstance(part, int))
    return f"{key}={first['input']!r} cannot be used ({first['msg']}); {key} is {field.description}"
