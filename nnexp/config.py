"""What has been asked for, checked: plain data in, a frozen `Sweep` out.

The keys are the same words everywhere: in configs, in columns, in MLflow. A key that is an axis takes one value or a list of
values; a part (`activation`, `optimizer`, ...) takes a name, a list of names, or `{name: {parameter: value or list}}`. Every
refusal is one line that names the key, the value, what is allowed and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from nnexp import values
from nnexp.errors import UserError, shown, unknown
from nnexp.parts import registry

LEFT_OUT = {
    "dropout": "it makes J itself random, so that no endpoint could be judged or compared; "
    "use l2, l1, stopping=early_stopping or fewer units"
}
"""What users of other programs look for and do not find here, and why."""


URI = r"^((sqlite|postgresql|mysql|mssql)(\+\w+)?://.+|https?://[^/\s].*|(file|databricks)(:.*)?)$"
"""What the tracking URI of an MLflow store looks like."""


class Settings(BaseModel):
    """Checked, frozen, and closed: a key it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_the_number_in_it(cls, given: Any, checked: ValidatorFunctionWrapHandler) -> Any:
        """The value as it is checked; text that is refused is checked once more as the number that it states."""
        try:
            return checked(given)
        except ValidationError:
            number = registry.numbers(given)
            if number is given:
                raise
        try:
            return checked(number)
        except ValidationError:
            return checked(given)


class Tracking(Settings):
    """Where the sweep is shown: an MLflow store, or nowhere."""

    store: Literal["mlflow", "none"] = Field("mlflow", description="mlflow, or none for no tracking")
    uri: str | None = Field(
        None,
        pattern=URI,
        description="an MLflow tracking URI, as in http://host:5000; "
        "null is that of MLFLOW_TRACKING_URI, else the SQLite store in runs/",
    )
    experiment: str | None = Field(
        None,
        max_length=500,
        pattern=r"^\S(.*\S)?$",
        description="the name of an MLflow experiment, up to 500 characters; "
        "null is that of MLFLOW_EXPERIMENT_NAME, else the sweep's name",
    )
    runs: bool = Field(True, description="whether each run is shown by itself, or configurations alone: true or false")
    writer: Literal["auto", "bulk", "client"] = Field(
        "auto", description="auto, bulk (rows straight into the store's database) or client (MLflow's public interface)"
    )


class Dask(Settings):
    """Which Dask cluster trains."""

    scheduler: str | None = Field(
        None,
        pattern=r"^(tcp|tls)://[^\s/]+:\d+$",
        description="a scheduler's address, as in tcp://host:8786; null starts one",
    )


class Ray(Settings):
    """Which Ray cluster trains."""

    address: str | None = Field(
        None, pattern=r"^[^\s/:]+:\d+$", description="a cluster's address, as in host:6379; null starts one"
    )


class Backend(Settings):
    """Where stacks are trained."""

    where: Literal["serial", "processes", "dask", "ray"] = Field(
        "processes", description="serial, processes, dask or ray"
    )
    workers: int | None = Field(None, ge=1, le=1024, description="how many processes; null is one a core")
    dask: Dask = Field(Dask(), description="which Dask cluster trains")
    ray: Ray = Field(Ray(), description="which Ray cluster trains")

    @model_validator(mode="after")
    def _workers_of_its_own(self) -> Backend:
        if self.workers is not None and (self.dask.scheduler or self.ray.address):
            raise UserError("backend.workers has no effect on a running cluster, which has its own; leave it out")
        return self


class Sweep(Settings):
    """A sweep as asked for. Every field's description says what is allowed."""

    name: str | None = Field(
        None, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$", description="up to 80 letters, digits, _ . -"
    )
    question: str = Field("", description="a sentence that says what the sweep asks")
    dataset: values.Datasets = Field(values.default("dataset", "two_moons"), description="one or more data sets")
    features: values.FeatureMaps = Field(values.default("features", "identity"), description="one or more feature maps")
    depth: values.Depths = Field((2,), description="layers of weights, 1 or more; depth=1 is the linear model")
    width: values.Wholes = Field((8,), description='units of each hidden layer, 1 or more, as in "width=[4,16]"')
    widths: values.Layers | None = Field(
        None, description="units layer by layer, in place of depth and width, as in [16,8]"
    )
    activation: values.Activations = Field(values.default("activation", "tanh"), description="one or more activations")
    activations: values.LayerActivations | None = Field(
        None, description="an activation for each hidden layer in place of activation, as in [tanh,relu]"
    )
    offsets: values.Flags = Field((True,), description="whether units have offsets, true or false")
    output: values.Units = Field((None,), description="the output unit; null is the one that the loss brings")
    loss: values.Losses | None = Field(
        None, description="one or more losses; null follows the data: nll, softmax_nll or squared"
    )
    optimizer: values.Optimizers = Field(values.default("optimizer", "gd"), description="one or more optimizers")
    step_size: values.Positives = Field(
        (0.3,), description='a number > 0 or a list of such, as in "step_size=[0.1,0.5]"'
    )
    schedule: values.Schedules = Field(values.default("schedule", "constant"), description="one or more schedules")
    l2: values.NotNegatives = Field((0.0,), description="weight of half the sum of squares, 0 or more, as in l2=0.001")
    l1: values.NotNegatives = Field((0.0,), description="weight of the sum of sizes, 0 or more, as in l1=0.001")
    penalize_offsets: values.Flags = Field((False,), description="whether l1 and l2 pull offsets too, true or false")
    initializer: values.Initializers = Field(
        values.default("initializer", "glorot"), description="one or more initializers"
    )
    stopping: values.Stoppings = Field(values.default("stopping", "steps"), description="one or more stopping rules")
    steps: values.Updates | None = Field(None, description="how many updates, 0 or more; or say passes")
    passes: values.Passes | None = Field(None, description="how often the data are gone through, > 0; or say steps")
    seeds: values.Seeds = Field(
        tuple(range(16)), description='how many seeds, as in seeds=64, or which, as in "seeds=[3,17]"'
    )
    init_seeds: values.Seeds | None = Field(
        None, description="seeds of the initial weights, to be crossed with order_seeds"
    )
    order_seeds: values.Seeds | None = Field(
        None, description="seeds of the order of data, to be crossed with init_seeds"
    )
    pairs: values.Combinations = Field((), description="axes that move together, as in [{depth: [1,2], width: [4,8]}]")
    exclude: values.Combinations = Field((), description="combinations left out, as in [{depth: 3, activation: relu}]")
    false_negative_cost: float = Field(
        10.0,
        ge=0,
        le=1e9,
        allow_inf_nan=False,
        description="what a missed 1 costs, where a false alarm costs 1; 0 to 1e9",
    )
    curve_points: int = Field(60, ge=1, le=1_000_000, description="about how many points a curve has, 1 or more")
    snapshots: int = Field(6, ge=0, le=1000, description="at how many steps theta is kept, 0 to 1000")
    judge: bool | None = Field(
        None,
        description="whether endpoints are judged: true, false, or null for small nets and data (docs/optima.md)",
    )
    until: Annotated[float | None, BeforeValidator(values.unseen)] = Field(
        None, description="more seeds are spent until this holds, as in until='unseen < 0.01'; null spends no more"
    )
    most_seeds: int = Field(4096, ge=1, le=10**6, description="the most seeds that until spends on a configuration")
    tracking: Annotated[Tracking, BeforeValidator(values.alone("store"))] = Field(
        Tracking(), description="where the sweep is shown"
    )
    backend: Annotated[Backend, BeforeValidator(values.alone("where"))] = Field(
        Backend(), description="where stacks are trained"
    )
    runs_dir: Annotated[str, BeforeValidator(values.path)] = Field(
        "runs", min_length=1, description="the folder of everything that is made"
    )

    @model_validator(mode="before")
    @classmethod
    def _only_known(cls, given: Any) -> Any:
        for key in given:
            if key not in cls.model_fields:
                raise no_key(key)
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Sweep:
        if self.steps is not None and self.passes is not None:
            raise UserError("steps and passes are both given; say one, and null for the other")
        if (self.init_seeds is None) != (self.order_seeds is None):
            raise UserError("init_seeds and order_seeds are crossed: give both, or neither and seeds")
        if self.until is not None and (self.init_seeds is not None or self.seeds != tuple(range(len(self.seeds)))):
            raise UserError("until spends seeds 0, 1, 2, ...: give how many to begin with, as in seeds=64")
        if self.until is not None and self.most_seeds < len(self.seeds):
            raise UserError(
                f"most_seeds={self.most_seeds} is less than the {len(self.seeds)} seeds to begin with; give more"
            )
        if self.until is not None and self.judge is False:
            raise UserError("until counts optima, which takes verdicts: leave out judge=false")
        return self


def no_key(key: str) -> UserError:
    """The refusal of a key that a sweep does not have."""
    if key in LEFT_OUT:
        return UserError(f"{key} is left out on purpose: {LEFT_OUT[key]}")
    return unknown("the key", key, Sweep.model_fields)


def check(given: Mapping[str, Any]) -> Sweep:
    """The sweep that plain data asks for.

    Raises:
        UserError: if a key is not known or a value is not allowed.
    """
    for key, value in given.items():
        values.refuse_endless(str(key), value)
    try:
        return Sweep.model_validate(dict(given))
    except ValidationError as error:
        raise UserError(_line(error, given)) from None


def recorded(config: Mapping[str, Any]) -> Sweep:
    """What of a sweep's recorded config says where it is judged and tracked; keys that older versions knew are passed over."""
    kept: dict[str, Any] = {}
    for key in ("backend", "tracking"):
        said, fields = config.get(key), getattr(Sweep.model_fields[key].annotation, "model_fields", {})
        if said is not None:
            kept[key] = {k: v for k, v in said.items() if k in fields} if isinstance(said, Mapping) else said
    return check(kept)


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
    return values.path(value)


def _line(error: ValidationError, given: Mapping[str, Any]) -> str:
    """The first complaint of a failed check as one line: key, value, what is wrong, what is allowed."""
    first = error.errors(include_url=False)[0]
    where = first["loc"]
    if "error" in first.get("ctx", {}):
        text = str(first["ctx"]["error"])
        return (
            text if not where or text.startswith(str(where[0])) else f"{where[0]}={shown(given[str(where[0])])}: {text}"
        )
    model: type[BaseModel] = Sweep
    for key in where[:-1]:
        inner = model.model_fields[str(key)].annotation if str(key) in model.model_fields else None
        model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else model
    field = model.model_fields.get(str(where[-1])) or Sweep.model_fields[str(where[0])]
    if first["type"] == "extra_forbidden":
        return str(unknown(f"the key {where[0]}", where[-1], model.model_fields))
    key = ".".join(str(part) for part in where if not isinstance(part, int))
    return f"{key}={shown(first['input'])} cannot be used: {registry.reason(error)}; {key} is {field.description}"
