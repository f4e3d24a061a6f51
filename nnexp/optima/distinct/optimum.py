"""What is one local optimum: what does it say, how steep is the ground around it, how often is it reached?

Its id is a digest of what it says rather than of its weights: J, and its guesses on some fixed inputs, both cut coarsely, of
the run with its lowest seed. So it is the same in whatever order runs come, and as more seeds are spent.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.distinct import symmetry
from nnexp.optima.distinct.partition import Endpoints, Indices
from nnexp.optima.distinct.reduction import reduced
from nnexp.optima.distinct.unseen import wilson

Array = NDArray[np.float64]

PROBES, CUT_J, CUT_GUESS = 5, 1e-5, 1e-2
OFF_GRID = (5.0**0.5 - 1.0) / 2.0
"""Numbers are cut off the places where round numbers lie."""

MEASURED = ("train_loss", "test_loss", "train_error", "test_error")
MOST_MATCHED = 200
"""Of at most so many of its runs is the spread of an optimum's parameters taken."""


@dataclass(frozen=True)
class Optimum:
    """A local optimum of J, and what the seeds say about it.

    id: 8 hexadecimal digits. rung: 0 for the lowest J; optima with the same J share it.
    runs: how many seeds reached it. share: of all seeds, with Wilson's 95 % interval `share_low` to `share_high`.
    least_eigenvalue, greatest_eigenvalue: of the Hessian of J at theta.
    units: hidden units that the guesses on the training data need, layer by layer, as in "2" or "3-2".
    by: what told its runs from others: "parameters", or "guesses" where it is flat.
    spread_J, spread_parameters, spread_guesses: how far a run of it lies at most from the first, parameters after matching
        and of the first MOST_MATCHED runs. The guesses are NaN where there is no training data.
    theta: (parameters,), of the run with the lowest seed, in canonical form.
    members: (runs,), the indices of the runs that reached it, the lowest seed first.
    """

    id: str
    rung: int
    J: float
    train_loss: float
    test_loss: float
    train_error: float
    test_error: float
    runs: int
    share: float
    share_low: float
    share_high: float
    first_seed: int
    least_eigenvalue: float
    greatest_eigenvalue: float
    units: str
    by: str
    spread_J: float
    spread_parameters: float
    spread_guesses: float
    theta: Array
    members: Indices


def optimum(
    ends: Endpoints, members: Indices, seeds: Indices, order: Indices, spent: int, name: str, rung: int
) -> Optimum:
    """The optimum that some of the endpoints are at.

    Args:
        ends: endpoints, in the order of their seeds.
        members: which of them; the first stands for it.
        seeds: (endpoints,).
        order: (endpoints,), the index of the run that each of them is the end of.
        spent: how many seeds there were, with those that ended elsewhere.
        name: its id.
        rung: its place by J.
    """
    first, runs = int(members[0]), len(members)
    theta = _canonical(ends, first)
    l2, l1 = (np.array([value]) for value in ends.penalty)
    measured: dict[str, Any] = ends.objective.measure(theta[None, :], l2, l1)
    eigenvalues = np.linalg.eigvalsh(ends.objective.hessian(theta[None, :], l2)[0])
    low, high = wilson(runs, spent)
    return Optimum(
        id=name,
        rung=rung,
        J=float(ends.J[first]),
        **{key: float(measured[key][0]) for key in MEASURED},
        runs=runs,
        share=runs / spent,
        share_low=low,
        share_high=high,
        first_seed=int(seeds[first]),
        least_eigenvalue=float(eigenvalues[0]),
        greatest_eigenvalue=float(eigenvalues[-1]),
        units=_units(ends, theta),
        by="guesses" if ends.flat[first] else "parameters",
        **_spreads(ends, members),
        theta=theta,
        members=order[members],
    )


def _canonical(ends: Endpoints, run: int) -> Array:
    """Theta in canonical form, or as it is where a flat net is written otherwise at the cost of the penalty."""
    theta = ends.theta[run, None]
    made = symmetry.canonical(ends.group, theta)
    change = float(ends.objective.value(made, *ends.penalty)[0]) - float(ends.J[run])
    return (made if abs(change) <= ends.unit_of_J(run) else theta)[0]


def _units(ends: Endpoints, theta: Array) -> str:
    """How many units of each hidden layer are needed; empty where there are none, or no data to ask."""
    network, X = ends.objective.network, ends.objective.train.X
    if not network.hidden or not X.shape[1]:
        return ""
    return "-".join(str(n) for n in reduced(network, theta, X)[0].sizes[1:-1])


def _spreads(ends: Endpoints, members: Indices) -> dict[str, Any]:
    first, matched = int(members[0]), members[:MOST_MATCHED]
    spreads = {"spread_J": float(np.abs(ends.J[members] - ends.J[first]).max())}
    spreads["spread_parameters"] = float(ends.distances(first, matched)[0].max())
    guesses = ends.guesses(members) if ends.objective.n_examples else np.full((1, 1), np.nan)
    return spreads | {"spread_guesses": float(np.abs(guesses - guesses[0]).max())}


def identities(ends: Endpoints, firsts: list[int]) -> list[str]:
    """An id for each optimum, from the run that stands for it; where two would be the same the later gets a suffix."""
    names: list[str] = []
    for first in firsts:
        name = _identity(ends, first)
        times = sum(other.split("-")[0] == name for other in names)
        names.append(f"{name}-{times + 1}" if times else name)
    return names


def _identity(ends: Endpoints, run: int) -> str:
    """8 digits from J and some guesses: on any inputs, or where only those on the training data are settled, sums of these."""
    objective, X = ends.objective, ends.objective.train.X
    if ends.flat[run]:
        weights = np.cos(np.outer(np.arange(1.0, X.shape[1] + 1.0), np.arange(1.0, PROBES + 1.0)))
        told = objective.guess(ends.theta[run, None], X)[0] @ weights / np.sqrt(X.shape[1])
    else:
        told = objective.guess(ends.theta[run, None], _probes(X))[0]
    numbers = np.append(told.ravel() / CUT_GUESS, ends.J[run] / CUT_J)
    cut = np.floor(numbers + OFF_GRID).astype(np.int64)
    return hashlib.blake2b(cut.astype("<i8").tobytes(), digest_size=4).hexdigest()


def _probes(X: Array) -> Array:
    """(m, PROBES), inputs among the training inputs, but none of them."""
    drawn = np.random.default_rng(PROBES).normal(size=(X.shape[0], PROBES))
    if not X.shape[1]:
        return drawn
    return X.mean(axis=1, keepdims=True) + X.std(axis=1, keepdims=True) * drawn


def rungs(ends: Endpoints, firsts: list[int]) -> list[int]:
    """The place of each optimum by its J, from 0 for the lowest; those that differ by no more than the tolerance share it."""
    J = ends.J[firsts]
    order = np.argsort(J, kind="stable")
    steps = np.diff(J[order]) > ends.tolerances.J * np.maximum(1.0, np.abs(J[order][1:]))
    places = np.empty(len(J), dtype=np.int64)
    places[order] = np.append(0, np.cumsum(steps))
    return places.tolist()
