"""What is the point at which training ended: a minimum, a saddle, or nothing of the kind?

Takes where training stopped, polishes it (`polish`), and gives one of VERDICTS with its numbers. With g, H and its
eigenvalues at the polished point, and rounding as `local` has it:

    minimum       |g| is down to rounding; the least eigenvalue exceeds twice its rounding; a zero of the gradient lies
                  nearby, and J's curvature keeps at least half of it within that reach (`certificate`)
    flat minimum  the same, beside the directions in which J cannot change (`flat`); or J = 0, which no loss can get below
    saddle        an eigenvalue is below -10 times its rounding; or J is found to fall by more than rounding (`inquiry`)
    kink          at rest within creases of J (`creases`, `fold`), which hold it from all sides; or weights held at 0 by l1
    at infinity   every loss falls to 0 as the last layer grows (`walk`), or the run's ridge path leads off (`path`)
    undecided     no eigenvalue is negative, and some that are 0 have no explanation

A strict minimum is never claimed where a zero eigenvalue is in doubt, and never at a kink.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.endpoints.certificate import ZERO, stays_definite
from nnexp.optima.endpoints.finding import Finding, held, off
from nnexp.optima.endpoints.fold import touches
from nnexp.optima.endpoints.inquiry import inquire
from nnexp.optima.endpoints.local import Terrain, norm
from nnexp.optima.endpoints.polish import Polished, polish
from nnexp.optima.endpoints.resume import Ends, resume

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

JUDGE = 4
"""The version of the judge: judgements of another version are made again."""

VERDICTS = {
    "minimum": "a strict local minimum: the gradient is 0 and J curves upward in every direction",
    "flat minimum": "a local minimum that is not strict: J cannot change in some directions, each for a known reason, and "
    "curves upward in all others",
    "saddle": "the gradient is 0, and J falls in some direction",
    "kink": "J is not differentiable there, and falls to no side",
    "at infinity": "J goes on falling as weights grow for ever: there is no minimum to reach",
    "not stationary": "J still falls there; the polish did not reach a stationary point in its steps",
    "undecided": "the gradient is 0 and no way down was found, but nothing known says why J is flat in some directions",
    "diverged": "J overflowed, ended far above where it started, or was still growing when training ended",
    "no gradient": "the net has no gradient to follow: it was not trained",
}
"""What each verdict means, in a sentence."""

REMEDIES = {
    "kink": "nothing; it is a local minimum at a point where J has no derivative, as ReLU units and l1 make them",
    "flat minimum": "nothing; it is a local minimum, and the points beside it where J is the same are equally good",
    "saddle": "J still falls from a saddle; try l2=0.001, more passes, or noise (optimizer=sgd)",
    "at infinity": "without l2 weights grow for ever; try l2=0.001",
    "not stationary": "J was still falling; try l2=0.001, more passes or a larger step_size",
    "undecided": "J is too flat for a verdict, often because of dead ReLU units; try activation=gelu or l2=0.001",
    "diverged": "try a smaller step_size",
    "no gradient": "use an activation with a slope (sigmoid, tanh, relu) and another loss than zero_one",
}
"""What to do about each verdict, but for `minimum`."""

PENALIZED = {
    "at infinity": "weights that no penalty reaches grow for ever; try penalize_offsets=true",
    "saddle": "J still falls from a saddle; try more passes, or noise (optimizer=sgd)",
    "not stationary": "J was still falling; try more passes or a larger step_size",
    "undecided": "J is too flat for a verdict, often because of dead ReLU units; try activation=gelu",
}
"""The same where l2 or l1 is above 0 already, if that is something else."""


HINGE = "the judge cannot follow the creases that the hinge loss gives J; use loss=nll for a verdict"


def remedy(verdict: str, penalized: bool, loss: str = "") -> str:
    """What to do about a verdict, in words, empty where there is nothing to do.

    Args:
        verdict: one of VERDICTS.
        penalized: whether l2 or l1 is above 0.
        loss: by its name.
    """
    if verdict == "not stationary" and loss == "hinge":
        return HINGE
    return (PENALIZED if penalized else {}).get(verdict) or REMEDIES.get(verdict, "")


LINE = np.linspace(0.0, 1.0, 17)[1:-1]
HILL = 1e-9


@dataclass(frozen=True)
class Judged:
    """The judgements of a stack of endpoints: arrays over runs, NaN (or -1) where there is nothing to say.

    endpoint: the verdict.
    theta: (runs, parameters), polished.
    J, gradient_norm: there; at a kink, of the shortest of the gradients around it and their means.
    stopped_J, stopped_gradient_norm: where training stopped.
    least_eigenvalue, greatest_eigenvalue: of the Hessian there; at a kink, of what is left of it within the creases.
    index: how many eigenvalues are negative beyond doubt.
    zero_directions: how many are 0 to rounding.
    explained: for each run, how many of these each reason explains.
    weight_norm: the length of theta there.
    weight_growth: how many times as long it is as where training stopped.
    moved: how far the polish went.
    another_basin: whether J rises above where training stopped on the straight line from there to theta, by more than HILL of
        it: then the polish may have left the basin that training was in.
    polish_steps: Newton steps it took.
    creases: how many creases of J hold it: examples at the kink of a unit, and weights that l1 keeps at 0.
    J_limit: the lowest J found further out, for a run at infinity.
    """

    endpoint: list[str]
    theta: Array
    J: Array
    gradient_norm: Array
    stopped_J: Array
    stopped_gradient_norm: Array
    least_eigenvalue: Array
    greatest_eigenvalue: Array
    index: Counts
    zero_directions: Counts
    explained: list[dict[str, int]]
    weight_norm: Array
    weight_growth: Array
    moved: Array
    another_basin: NDArray[np.bool_]
    polish_steps: Counts
    creases: Counts
    J_limit: Array

    @property
    def n_runs(self) -> int:
        """How many runs were judged."""
        return len(self.endpoint)


@np.errstate(under="ignore")
def judge(objective: Penalized, theta: Array, l2: Array, l1: Array, status: Sequence[str] | None = None) -> Judged:
    """The verdict on each endpoint, with its numbers.

    Args:
        objective: what was minimized.
        theta: (runs, parameters), where training stopped.
        l2: (runs,).
        l1: (runs,).
        status: of each run's record: finished, diverged or no_gradient; finished, unasked.
    """
    theta = np.asarray(theta, dtype=np.float64)
    l2, l1 = (np.broadcast_to(np.asarray(given, dtype=np.float64), (len(theta),)) for given in (l2, l1))
    terrain, outcome = (
        Terrain(objective, l2, l1),
        np.array(["finished"] * len(theta) if status is None else status, dtype=object),
    )
    outcome[(outcome == "finished") & ~(np.isfinite(theta).all(axis=1) & np.isfinite(terrain.value(theta)))] = (
        "diverged"
    )
    if not objective.network.has_slope:
        outcome[outcome == "finished"] = "no_gradient"
    rows = np.flatnonzero(outcome == "finished")
    polished = polish(objective, theta[rows], l2[rows], l1[rows])
    findings = [Finding(name.replace("_", " ")) for name in outcome]
    some = terrain.take(rows)
    ends = resume(some, polished, _is_strict(some, polished))
    for row, finding in zip(rows, _findings(some, polished, ends), strict=True):
        findings[row] = finding
    return _judged(terrain, theta, rows, polished, findings)


def _judged(terrain: Terrain, theta: Array, rows: Counts, polished: Polished, findings: list[Finding]) -> Judged:
    there, start = polished.there, theta[rows]
    landed = theta.copy()
    landed[rows] = there.theta
    some = terrain.take(rows)
    stopped = some.value(start)

    def spread(values: NDArray[Any], missing: float = np.nan) -> NDArray[Any]:
        column = np.full(len(theta), missing, dtype=values.dtype)
        column[rows] = values
        return column

    return Judged(
        endpoint=[finding.endpoint for finding in findings],
        theta=landed,
        J=spread(there.J),
        gradient_norm=spread(there.gradient_norm),
        stopped_J=spread(stopped),
        stopped_gradient_norm=spread(norm(some.gradient(start))),
        least_eigenvalue=spread(there.values[:, 0]),
        greatest_eigenvalue=spread(there.values[:, -1]),
        index=np.array([finding.index for finding in findings], dtype=np.int64),
        zero_directions=np.array([finding.zeros for finding in findings], dtype=np.int64),
        explained=[finding.explained for finding in findings],
        weight_norm=spread(norm(there.theta)),
        weight_growth=spread(_ratio(norm(there.theta), norm(start))),
        moved=spread(norm(there.theta - start)),
        another_basin=spread(hill_between(some, start, there.theta, stopped), 0).astype(np.bool_),
        polish_steps=spread(polished.steps, -1),
        creases=spread(polished.creases, -1),
        J_limit=np.array([finding.J_limit for finding in findings]),
    )


def _ratio(after: Array, before: Array) -> Array:
    return np.divide(after, before, out=np.full_like(after, np.inf), where=before > 0.0)


def hill_between(terrain: Terrain, start: Array, end: Array, J: Array) -> NDArray[np.bool_]:
    """Whether J rises above its value J (runs,) at `start` on the straight line to `end`, both (runs, parameters)."""
    between = terrain.values_along(start, end - start, LINE)
    return np.asarray((between > (J + HILL * np.abs(J))[:, None]).any(axis=1))


def _findings(terrain: Terrain, polished: Polished, ends: Ends) -> Iterator[Finding]:
    strict = _is_strict(terrain, polished) & ~ends.runs_off
    for i in range(len(strict)):
        yield Finding("minimum", 0, 0) if strict[i] else _finding(terrain.take(np.array([i])), polished, ends, i)


def _finding(terrain: Terrain, polished: Polished, ends: Ends, i: int) -> Finding:
    """That on a run which is no strict minimum for certain."""
    if i in ends.found:
        return ends.found[i]
    here = polished.there.take(np.array([i]))
    if polished.certain[i]:
        return Finding("at infinity", J_limit=0.0)
    if ends.runs_off[i]:
        beyond = off(terrain, here, polished.outward[i : i + 1]).J_limit if polished.runs_off[i] else ends.J[i]
        return Finding("at infinity", J_limit=float(min(here.J[0], ends.J[i], beyond)))
    if polished.creases[i] and polished.at_rest[i]:
        return held(terrain, here)
    if not polished.at_rest[i] and here.J[0] > 0.0:
        return Finding("not stationary")
    return inquire(terrain, here, bool(ends.bounded[i]))


def _is_strict(terrain: Terrain, polished: Polished) -> NDArray[np.bool_]:
    """Whether each run has come to rest at a certified strict minimum."""
    there = polished.there
    sure = polished.at_rest & (polished.creases == 0) & (there.values[:, 0] > ZERO * there.value_rounding)
    sure[sure] = [not touches(terrain.objective, theta) for theta in there.theta[sure]]
    rows = np.flatnonzero(sure)
    here = there.take(rows)
    sure[rows] = stays_definite(terrain.take(rows), here)
    return sure
