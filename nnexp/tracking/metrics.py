"""Every metric that is logged: its name, what it is, its unit, and at which of the three levels it stands.

Losses are as the sweep chose them. The step of a curve is the number of updates taken; what has no curve is logged at step 0,
which MLflow draws as a bar. What is not a finite number is left out: a run that diverged says so by its tag `status`.
`python -m nnexp.tracking metrics` prints the dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass

from nnexp.optima.endpoints.verdict import VERDICTS

LOSS, SHARE, COUNT, NONE = "that of the loss", "share, 0 to 1", "count", "that of J"
TARGET = "that of the target"


@dataclass(frozen=True)
class Metric:
    """What the dictionary says of a metric: its level, name, meaning and unit."""

    level: str
    name: str
    meaning: str
    unit: str


BANDS = {
    "training loss": ("train_loss", "mean loss over the training examples, at rest, penalty left out", LOSS),
    "test loss": ("test_loss", "mean loss over the test examples", LOSS),
    "training error": ("train_error", "share of training labels that are wrong", SHARE),
    "test error": ("test_error", "share of test labels that are wrong", SHARE),
}
OVER_SEEDS = {
    "median": "the middle of the seeds",
    "q10": "exceeded by nine seeds in ten",
    "q90": "exceeded by one seed in ten",
    "best": "the seed with the lowest final J",
}
RMSE = {
    "training RMSE": ("train_rmse", "root mean squared error of a regression on the training examples", TARGET),
    "test RMSE": ("test_rmse", "root mean squared error of a regression on the test examples", TARGET),
}
ENDS = {
    "J": ("J", "mean training loss plus penalty", LOSS),
    **BANDS,
    **RMSE,
}
OVER_ENDS = {
    "median": "the middle of the seeds",
    "best": "the least of the seeds",
    "worst": "the greatest of the seeds",
}
CURVES = {
    "loss/train": ("train_loss", "mean loss over the training examples, at rest, penalty left out", LOSS),
    "loss/test": ("test_loss", "mean loss over the test examples", LOSS),
    "loss/validation": ("validation_loss", "mean loss over the training examples set aside for validation", LOSS),
}
FINAL = {
    "final/J": ("J", "mean training loss plus penalty", LOSS),
    "final/penalty": (
        "penalty",
        "l2 / 2 times the sum of squares plus l1 times the sum of sizes of what is penalized",
        LOSS,
    ),
    "final/training loss": ("train_loss", "mean loss over the training examples, of the weights that are kept", LOSS),
    "final/test loss": ("test_loss", "mean loss over the test examples, of the weights that are kept", LOSS),
    "final/training error": ("train_error", "share of training labels that are wrong", SHARE),
    "final/test error": ("test_error", "share of test labels that are wrong", SHARE),
    **{f"final/{name}": described for name, described in RMSE.items()},
    "final/training cost": (
        "train_cost",
        "asymmetric cost over the training examples: a missed 1 costs more than a false alarm",
        "cost of a false alarm",
    ),
    "final/test cost": ("test_cost", "asymmetric cost over the test examples", "cost of a false alarm"),
    "effort/updates": ("steps_taken", "updates taken until the run was over", COUNT),
    "effort/gradient evaluations": ("gradient_evaluations", "examples that a gradient was taken on", COUNT),
    "endpoint/J": ("polished_J", "J at the point that the judge's polish reached from where training ended", LOSS),
    "endpoint/gradient norm": ("gradient_norm", "norm of dJ/dtheta at that point", NONE),
    "endpoint/least eigenvalue": ("least_eigenvalue", "least eigenvalue of the Hessian of J at that point", NONE),
    "endpoint/downward directions": ("index", "eigenvalues of the Hessian of J there that are below 0", COUNT),
    "endpoint/moved": ("moved", "distance from where training ended to that point", "that of theta"),
}
UNJUDGED = "not judged"
SHARES = {
    **VERDICTS,
    UNJUDGED: "nothing is known of the endpoint: the net is too large to be judged unasked, or judge=false",
}
LOWEST = "share of seeds/lowest minimum found"
SWEEP = {
    "sweep/runs": "runs on record",
    "sweep/configurations": "configurations with runs on record",
    "sweep/diverged": "runs that diverged",
    "sweep/at a minimum": "runs whose endpoint is a minimum, strict, flat or at a kink",
}


def dictionary() -> list[Metric]:
    """Every metric that may be logged, level by level."""
    of_configuration = [
        *(_band(name, over) for name in BANDS for over in OVER_SEEDS),
        *(_end(name, over) for name in ENDS for over in OVER_ENDS),
        *(
            Metric(
                "configuration", f"share of seeds/{verdict}", f"share of the seeds whose endpoint is one: {what}", SHARE
            )
            for verdict, what in SHARES.items()
        ),
        Metric(
            "configuration", LOWEST, "share of the seeds that end at the lowest minimum that any of them found", SHARE
        ),
        Metric(
            "configuration", "effort/gradient evaluations", "examples that a gradient was taken on by each step", COUNT
        ),
    ]
    of_run = [Metric("run", name, what, unit) for name, (_, what, unit) in (CURVES | FINAL).items()]
    return [
        *(Metric("sweep", name, what, COUNT) for name, what in SWEEP.items()),
        *of_configuration,
        *of_run,
    ]


def described() -> str:
    """The dictionary as a table in Markdown."""
    rows = [f"| {each.level} | `{each.name}` | {each.meaning} | {each.unit} |" for each in dictionary()]
    return "\n".join(["| level | metric | what it is | unit |", "|---|---|---|---|", *rows])


def _band(name: str, over: str) -> Metric:
    _, what, unit = BANDS[name]
    return Metric("configuration", f"{name}/{over}", f"{what}; {OVER_SEEDS[over]}, step by step", unit)


def _end(name: str, over: str) -> Metric:
    _, what, unit = ENDS[name]
    return Metric("configuration", f"final {name}/{over}", f"{what}, where training ended; {OVER_ENDS[over]}", unit)
