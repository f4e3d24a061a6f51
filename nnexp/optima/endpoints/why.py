"""Why did a run end where it did, in plain words?

Takes one run with its judgement and says, in a paragraph: the verdict and its numbers, what the polish did, which units are
saturated, dead, doubled or unused, which points are wrong, what plateau it sits on, and the steepest way out.

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
from nnexp.optima.endpoints.local import Terrain
from nnexp.optima.endpoints.oddities import odd_units
from nnexp.optima.endpoints.site import Site
from nnexp.optima.endpoints.verdict import VERDICTS, Judged, judge

Array = NDArray[np.float64]

ALIKE, LEVEL = 0.05, 0.05
"""Guesses that differ by less are one; a loss that differs from a plateau's by less than this share of it is on it."""

MOST_POINTS, MOST_PARAMETERS, MOST_LEVELS = 8, 3, 3
DISTANCES = np.geomspace(1e-3, 10.0, 41)


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
    """A paragraph on one run.

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
    said = [_verdict(judged)]
    if judged.endpoint[0] not in ("diverged", "no gradient"):
        said += [_polish(judged), f"It is {optimum}." if optimum else ""]
        if objective.n_examples:
            site = Site(objective, judged.theta[0], np.zeros(start.shape[1], dtype=np.bool_), False)
            said += [*odd_units(site), *_points(site), _plateau(site)]
        said.append(_way_out(Terrain(objective, *penalties), judged))
    return " ".join(sentence for sentence in said if sentence)


def _verdict(judged: Judged) -> str:
    name = judged.endpoint[0]
    said = f"Verdict: {name}, that is, {VERDICTS[name]}."
    if name in ("diverged", "no gradient"):
        return said
    numbers = f"J = {judged.J[0]:.6g}, the gradient's length is {judged.gradient_norm[0]:.1e}, eigenvalues go from "
    numbers += f"{judged.least_eigenvalue[0]:.4g} to {judged.greatest_eigenvalue[0]:.4g}"
    if judged.index[0] > 0:
        numbers += f", {_count(int(judged.index[0]), 'of them is', 'of them are')} negative"
    said = f"{said} {numbers}."
    if judged.explained[0]:
        reasons = ", ".join(f"{count} by {reason}" for reason, count in judged.explained[0].items())
        said += f" Of {_count(int(judged.zero_directions[0]), 'direction', 'directions')} without curvature, {reasons}."
    if judged.creases[0] > 0:
        said += f" {_count(int(judged.creases[0]), 'crease of J holds', 'creases of J hold')} it there."
    limit = f"{judged.J_limit[0]:.6g}" if np.isfinite(judged.J_limit[0]) else f"{judged.J[0]:.6g}"
    return said + (f" Further out J falls to {limit}." if limit != f"{judged.J[0]:.6g}" else "")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _polish(judged: Judged) -> str:
    if judged.moved[0] <= 1e-6 * max(float(judged.weight_norm[0]), 1.0):
        return "" if judged.endpoint[0] == "at infinity" else "Training stopped right there, but for rounding."
    said = f"Training stopped at J = {judged.stopped_J[0]:.6g} with a gradient of length {judged.stopped_gradient_norm[0]:.1e}"
    steps = _count(int(judged.polish_steps[0]), "Newton step", "Newton steps")
    said += f"; {steps} went {judged.moved[0]:.3g} further"
    if np.isfinite(judged.weight_growth[0]):
        said += f", and theta became {judged.weight_growth[0]:.3g} times as long"
    return said + (", over higher ground: that may be another basin." if judged.another_basin[0] else ".")


def _points(site: Site) -> Iterator[str]:
    """Which points are wrong; of guesses that are no labels, which are furthest off."""
    objective, train = site.objective, site.objective.train
    guess, n = objective.guess(site.theta[None], train.X)[0], objective.n_examples
    task = getattr(objective, "task", "regression")
    if task == "regression":
        off = np.abs(guess - train.Y).max(axis=0)
        worst = np.argsort(-off, kind="stable")[:3]
        yield f"Of {n} points the guess is furthest off at {_named(train.X, worst)}, by {off[worst[0]]:.3g}."
        return
    wrong = np.flatnonzero(
        _wrong(site, guess) if task != "multiclass" else guess.argmax(axis=0) != train.Y.argmax(axis=0)
    )
    if not len(wrong):
        yield f"All {n} points are right."
        return
    more = f" and {len(wrong) - MOST_POINTS} more" if len(wrong) > MOST_POINTS else ""
    points = _named(train.X, wrong[:MOST_POINTS])
    yield f"{len(wrong)} of {n} points {'is' if len(wrong) == 1 else 'are'} wrong: {points}{more}."


def _wrong(site: Site, guess: Array) -> Array:
    """Whether any label of each point is wrong, (points,)."""
    network, train = site.network, site.objective.train
    z = network.preactivation(site.theta[None], train.X)
    return np.asarray((network.loss.labels(z, network.unit).reshape(guess.shape) != (train.Y > 0.5)).any(axis=0))


def _named(X: Array, points: NDArray[np.int64]) -> str:
    """Points by number, with their inputs where these are few."""
    if len(X) > 3:
        return ", ".join(str(point) for point in points)
    return ", ".join(f"{point} at ({', '.join(f'{x:.3g}' for x in X[:, point])})" for point in points)


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
    rest = "" if len(np.concatenate(groups)) == n else " and right elsewhere"
    return f"It sits on the plateau of loss {level:.4g}, where the guess is {' and '.join(stuck)}{rest}."


def _some(points: NDArray[np.int64]) -> str:
    return ", ".join(map(str, points[:MOST_POINTS])) + (", ..." if len(points) > MOST_POINTS else "")


def _alike(guess: Array) -> Iterator[NDArray[np.int64]]:
    """The points in groups whose guesses lie next to one another."""
    order = np.argsort(guess, kind="stable")
    breaks = np.flatnonzero(np.diff(guess[order]) > ALIKE) + 1
    yield from (np.sort(group) for group in np.split(order, breaks))


def _way_out(terrain: Terrain, judged: Judged) -> str:
    """How far J falls along the most negative curvature."""
    if judged.index[0] <= 0:
        return ""
    here = terrain.look(judged.theta)
    direction = here.vectors[:, :, 0]
    size = max(float(judged.weight_norm[0]), 1.0)
    J = np.concatenate([terrain.values_along(here.theta, side * direction, size * DISTANCES) for side in (-1.0, 1.0)])
    side, best = np.unravel_index(int(np.argmin(J)), J.shape)
    strongest = np.argsort(-np.abs(direction[0]), kind="stable")[:MOST_PARAMETERS]
    mostly = ", ".join(parameter(terrain.objective.network, int(place)) for place in strongest)
    fall = float(here.J[0] - J[side, best])
    far = f"J falls by {fall:.3g} within {size * DISTANCES[best]:.3g}"
    return f"The steepest way out curves by {here.values[0, 0]:.3g}, mostly along {mostly}: {far}."


def parameter(network: Network, place: int) -> str:
    """A parameter in words, by its place in theta."""
    for number, (n, m) in enumerate(network.shapes, start=1):
        if place < n * m:
            unit, column = divmod(place, m)
            layer = "the output" if number == network.n_layers else f"layer {number}"
            what = f"the weight of {column}" if column < network.sizes[number - 1] else "the offset"
            return f"{what} into unit {unit} of {layer}"
        place -= n * m
    raise IndexError(place)
