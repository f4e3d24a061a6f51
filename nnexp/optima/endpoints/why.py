"""Why did a run end where it did, in plain words?

Takes one run with its judgement and says, a line each: what training reached; what the polish made of it; the verdict with its
numbers; what is odd about the units of the polished net; and what to do. The trained and the polished net may differ in which
points are wrong, so each line says which of the two it is about. Points, units and layers are counted from 1.

A plateau is a level of the loss at which some points share one guess, the best for them all, and every other point is
right: for k of n points, a share p of them labelled 1, it is k/n p (1 - p) for squared loss, and
k/n (-p ln p - (1 - p) ln(1 - p)) for nll.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.net.objective import Penalized
from nnexp.optima.endpoints.certificate import SURE
from nnexp.optima.endpoints.fold import within_creases
from nnexp.optima.endpoints.inquiry import Descent, way_down
from nnexp.optima.endpoints.local import Local, Terrain
from nnexp.optima.endpoints.oddities import listed, odd_units
from nnexp.optima.endpoints.site import Site
from nnexp.optima.endpoints.verdict import VERDICTS, Judged, judge, remedy

Array = NDArray[np.float64]

ALIKE, LEVEL = 0.05, 0.05
"""Guesses that differ by less are one; a loss that differs from a plateau's by less than this share of it is on it."""

MOST_POINTS, MOST_PLACES, MOST_PARAMETERS, MOST_LEVELS = 8, 4, 3, 3
"""How many points are named by number, and with their inputs; how many parameters; how many levels of a plateau."""

MOST_INPUTS = 3
"""With more inputs, points are named by their numbers alone."""

DISTANCES = np.geomspace(1e-3, 10.0, 41)

REASONS = {
    "dead unit": "dead units",
    "scale": "the scale of ReLU units, which another layer can undo",
    "linear": "linear units, whose basis can be changed",
    "softmax": "softmax, which ignores what is added to all its inputs",
    "dependent inputs": "inputs that depend on one another",
    "duplicate units": "duplicate units",
    "unused unit": "unused units",
    "constant unit": "constant units",
    "perfect fit": "a perfect fit",
}
"""Why J is flat in a direction, by the names that `flat` has for it."""


@np.errstate(under="ignore")
def why(
    objective: Penalized,
    theta: Array,
    l2: float = 0.0,
    l1: float = 0.0,
    judged: Judged | None = None,
    status: str = "finished",
    optimum: str = "",
) -> str:
    """A few lines of text on one run: the trained net, the polished net, the verdict, its units, what to do.

    Args:
        objective: what was minimized.
        theta: (parameters,), where training stopped.
        l2: of the run.
        l1: of the run.
        judged: its judgement, of this run alone; made here unless given.
        status: of its record.
        optimum: the name of the optimum it belongs to, where a catalogue has one.
    """
    start = np.asarray(theta, dtype=np.float64)[None]
    penalties = np.array([l2]), np.array([l1])
    judged = judge(objective, start, *penalties, [status]) if judged is None else judged
    name = judged.endpoint[0]
    advice = remedy(name, l2 > 0.0 or l1 > 0.0, objective.network.loss.name)
    lines = [f"Verdict: {name}, that is, {VERDICTS[name]}."]
    if name not in ("diverged", "no gradient"):
        trained, polished = (_points(objective, at) for at in (start[0], judged.theta[0]))
        way_out = _way_out(Terrain(objective, *penalties), judged) if name == "saddle" else ""
        found = [lines[0], *_numbers(judged), way_out, f"It is {optimum}." if optimum else ""]
        lines = [_trained(judged, trained), _polished(judged, polished if polished != trained else "")]
        lines += [" ".join(filter(None, found)), _oddities(objective, judged)]
    return "\n".join(filter(None, [*lines, f"What to do: {advice}." if advice else ""]))


def _trained(judged: Judged, points: str) -> str:
    said = f"Trained net: training stopped at J = {judged.stopped_J[0]:.6g}, where the gradient's length is "
    said += f"{judged.stopped_gradient_norm[0]:.1e}."
    return f"{said} {points} Points are numbered from 1, in the order of the training data." if points else said


def _polished(judged: Judged, points: str) -> str:
    """How far the polish went, and which points are wrong there; `points` is empty where they are the same."""
    if judged.moved[0] <= 1e-6 * max(float(judged.weight_norm[0]), 1.0):
        return f"Polished net: the same, to rounding, with J = {judged.J[0]:.6g}."
    steps = _count(int(judged.polish_steps[0]), "Newton step", "Newton steps")
    said = f"Polished net: {steps} led from there to J = {judged.J[0]:.6g}, at a distance of {judged.moved[0]:.3g}"
    if np.isfinite(judged.weight_growth[0]):
        said += f"; the parameters are {judged.weight_growth[0]:.3g} times as long"
    if judged.another_basin[0]:
        said += (
            "; J rises on the straight line between the two, so it may not be the optimum nearest to the trained net"
        )
    return f"{said}. {points}".rstrip()


def _numbers(judged: Judged) -> Iterator[str]:
    """The numbers behind the verdict, all of the polished net."""
    tiny = SURE * 32.0 * np.finfo(np.float64).eps * np.sqrt(judged.theta.shape[1]) * judged.greatest_eigenvalue[0]
    least = f"{judged.least_eigenvalue[0]:.4g}" if abs(judged.least_eigenvalue[0]) > tiny else "0 (to rounding)"
    said = (
        f"J = {judged.J[0]:.6g}, the gradient's length is {judged.gradient_norm[0]:.1e}, the Hessian's eigenvalues go "
    )
    said += f"from {least} to {judged.greatest_eigenvalue[0]:.4g}"
    if judged.index[0] > 0:
        said += f"; {_count(int(judged.index[0]), 'of them is', 'of them are')} negative"
    yield f"{said}."
    if judged.explained[0]:
        reasons = [f"{count} because of {REASONS[reason]}" for reason, count in judged.explained[0].items()]
        zeros = _count(int(judged.zero_directions[0]), "direction", "directions")
        yield f"J has no curvature in {zeros}: {listed(reasons)}."
    if judged.creases[0] > 0:
        creases = _count(int(judged.creases[0]), "crease", "creases")
        yield f"It lies on {creases} of J, where a unit's input is exactly 0, or l1 holds a weight at 0."
    limit = f"{judged.J_limit[0]:.6g}"
    if np.isfinite(judged.J_limit[0]) and limit != f"{judged.J[0]:.6g}":
        yield f"Further out J falls to {limit}."


def _oddities(objective: Penalized, judged: Judged) -> str:
    if not objective.n_examples:
        return ""
    site = Site(objective, judged.theta[0], np.zeros(judged.theta.shape[1], dtype=np.bool_), False)
    found = " ".join(filter(None, [*odd_units(site), _plateau(site)]))
    return f"In the polished net: {found}" if found else ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _points(objective: Penalized, theta: Array) -> str:
    """Which training points are wrong; of a regression, its error and the points that are furthest off."""
    train, n = objective.train, objective.n_examples
    if not n:
        return ""
    guess = objective.guess(theta[None], train.X)[0]
    if getattr(objective, "task", "regression") == "regression":
        off = np.abs(guess - train.Y).max(axis=0)
        worst = _named(train.X, np.argsort(-off, kind="stable")[:MOST_PARAMETERS])
        rmse = f"The root mean squared error of {n} training points is {np.sqrt(np.mean((guess - train.Y) ** 2)):.4g}"
        return f"{rmse}, the largest error {off.max():.3g}; furthest off: {worst}."
    wrong = np.flatnonzero(_wrong(objective, theta, guess))
    if not len(wrong):
        return f"All {n} training points are right."
    most = MOST_PLACES if len(train.X) <= MOST_INPUTS else MOST_POINTS
    more = f" and {len(wrong) - most} more" if len(wrong) > most else ""
    share = f"{len(wrong)} of {n} training points {'is' if len(wrong) == 1 else 'are'} wrong ({len(wrong) / n:.1%})"
    return f"{share}: {_named(train.X, wrong[:most])}{more}."


def _wrong(objective: Penalized, theta: Array, guess: Array) -> NDArray[np.bool_]:
    """Whether any label of each point is wrong, (points,)."""
    network, train = objective.network, objective.train
    if getattr(objective, "task", "") == "multiclass":
        return np.asarray(guess.argmax(axis=0) != train.Y.argmax(axis=0))
    z = network.preactivation(theta[None], train.X)
    return np.asarray((network.loss.labels(z, network.unit).reshape(guess.shape) != (train.Y > 0.5)).any(axis=0))


def _named(X: Array, points: NDArray[np.int64]) -> str:
    """Points by number, with their inputs where these are few."""
    if len(X) > MOST_INPUTS:
        return f"point{'s' * (len(points) != 1)} {', '.join(str(point + 1) for point in points)}"
    return ", ".join(f"point {point + 1} at ({', '.join(f'{x:.3g}' for x in X[:, point])})" for point in points)


def _plateau(site: Site) -> str:
    """The plateau that the loss is on, if any."""
    objective = site.objective
    name, Y = objective.network.loss.name, objective.train.Y
    if name not in ("nll", "squared") or len(Y) != 1 or not np.isin(Y, (0.0, 1.0)).all():
        return ""
    guess, actual, n = objective.guess(site.theta[None], objective.train.X)[0, 0], Y[0], objective.n_examples
    level, stuck, groups = 0.0, [], []
    for group in _alike(guess):
        p = float(actual[group].mean())
        if 0.0 < p < 1.0:
            level += (
                len(group) / n * (p * (1.0 - p) if name == "squared" else -p * np.log(p) - (1.0 - p) * np.log(1.0 - p))
            )
            groups.append(group)
            stuck.append(f"{100 * p:.0f} % for {_count(len(group), 'point', 'points')} ({_some(group)})")
    loss = float(objective.mean_loss(site.theta[None])[0])
    if not 0 < len(stuck) <= MOST_LEVELS or abs(loss - level) > LEVEL * level:
        return ""
    rest = "" if len(np.concatenate(groups)) == n else " and is right elsewhere"
    return f"It lies on the plateau of loss {level:.4g}, where the net predicts {' and '.join(stuck)}{rest}."


def _some(points: NDArray[np.int64]) -> str:
    return ", ".join(str(point + 1) for point in points[:MOST_POINTS]) + (", ..." if len(points) > MOST_POINTS else "")


def _alike(guess: Array) -> Iterator[NDArray[np.int64]]:
    """The points in groups whose guesses lie next to one another."""
    order = np.argsort(guess, kind="stable")
    breaks = np.flatnonzero(np.diff(guess[order]) > ALIKE) + 1
    yield from (np.sort(group) for group in np.split(order, breaks))


def _way_out(terrain: Terrain, judged: Judged) -> str:
    """Along which direction J falls from a saddle, and how far."""
    here = within_creases(terrain, judged.theta[0]) if judged.creases[0] > 0 else terrain.look(judged.theta)
    down = (_straight(terrain, here) if judged.creases[0] > 0 else None) or way_down(
        terrain, terrain.look(judged.theta)
    )
    if down is None:
        return "No single direction was found along which J falls."
    along = _in_words(float(here.values[0] @ (here.vectors[0].T @ down.direction) ** 2), SURE * here.value_rounding[0])
    strongest = np.argsort(-np.abs(down.direction), kind="stable")[:MOST_PARAMETERS]
    mostly = [parameter(terrain.objective.network, int(place)) for place in strongest if down.direction[place]]
    fall = f"J falls by {down.fall:.3g} within a distance of {down.distance:.3g}"
    return f"The way out: {fall}, along a direction {along}, mostly {listed(mostly)}."


def _in_words(curvature: float, rounding: float) -> str:
    if abs(curvature) <= rounding:
        return "of no curvature"
    return f"of curvature {curvature:.3g}" if curvature < 0.0 else "off a crease of J, which falls on one side of it"


def _straight(terrain: Terrain, here: Local) -> Descent | None:
    """How far J falls along the most negative curvature; None if it does not."""
    direction = here.vectors[:, :, 0]
    size = max(float(np.linalg.norm(here.theta)), 1.0)
    J = np.stack([terrain.values_along(here.theta, side * direction, size * DISTANCES)[0] for side in (-1.0, 1.0)])
    side, best = np.unravel_index(int(np.nanargmin(J)), J.shape)
    fall = float(here.J[0] - J[side, best])
    sure = fall > SURE * here.J_rounding[0]
    return Descent((-1.0, 1.0)[side] * direction[0], fall, float(size * DISTANCES[best])) if sure else None


def parameter(network: Network, place: int) -> str:
    """A parameter in words, by its place in theta, with units and layers counted from 1."""
    for number, (n, m) in enumerate(network.shapes, start=1):
        if place < n * m:
            unit, column = divmod(place, m)
            to = f"output {unit + 1}" if number == network.n_layers else f"unit {unit + 1} of layer {number}"
            given = f"{'input' if number == 1 else 'unit'} {column + 1}"
            return f"the weight from {given} to {to}" if column < network.sizes[number - 1] else f"the offset of {to}"
        place -= n * m
    raise IndexError(place)
