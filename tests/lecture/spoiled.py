"""Endpoints that are not what they should be, so that claims about them have something to find."""

import dataclasses

import numpy as np

from nnexp.frames import Recalled
from nnexp.net.network import Network

LISTS = ("theta", "snapshots", "polished_theta", "curve_J")
NUMBERS = ("J", "train_loss", "test_loss", "train_error", "test_error", "train_cost", "polished_J")


def spoiled(ends, change, number=np.nan, **columns):
    """Endpoints whose lists are changed, whose numbers are others, and with other columns."""
    runs = ends.runs.copy()
    for name in LISTS:
        if runs[name].notna().all():
            runs[name] = [change(np.asarray(values, float)) for values in runs[name]]
    runs = runs.assign(**dict.fromkeys(NUMBERS, number), **columns)
    theta = change(ends.recalled.theta)
    return dataclasses.replace(ends, runs=runs, recalled=dataclasses.replace(ends.recalled, theta=theta))


def noisy(ends):
    rng = np.random.default_rng(0)
    odd = {"status": "odd", "steps_taken": ends.runs["steps_taken"] + 1, "diverged_at": None}
    cost = ends.runs["gradient_evaluations"] * 3 + 1
    return spoiled(
        ends, lambda v: v + 0.3 * rng.normal(size=v.shape), 1.0 - 0.9 * ends.runs["J"], gradient_evaluations=cost, **odd
    )


def at_the_origin(ends):
    return spoiled(ends, np.zeros_like, 0.0)


def far_off(ends):
    return spoiled(ends, lambda v: -30.0 * v)


class WrongSums(Network):
    """A net whose sums wave, and whose guesses are too large."""

    def preactivation(self, theta, X):
        return super().preactivation(theta, X) + 0.3 * np.sin(9.0 * X[0])

    def guess(self, theta, X):
        return 1.3 * super().guess(theta, X) + 0.3 * np.sin(9.0 * X[0])


class WrongSlopes(Recalled):
    """A run whose derivatives are not those of its J."""

    def gradient(self, theta=None):
        return 1.1 * super().gradient(theta) + 0.1

    def hessian(self, theta=None):
        n = self.theta.size
        return super().hessian(theta) - 30.0 * np.eye(n) + np.triu(np.ones((n, n)), 1)


def wrong_sums(ends):
    network = ends.recalled.objective.network
    wrong = WrongSums(**{field.name: getattr(network, field.name) for field in dataclasses.fields(network)})
    objective = dataclasses.replace(ends.recalled.objective, network=wrong)
    return dataclasses.replace(ends, recalled=dataclasses.replace(ends.recalled, objective=objective))


def wrong_slopes(ends):
    fields = {field.name: getattr(ends.recalled, field.name) for field in dataclasses.fields(ends.recalled)}
    return dataclasses.replace(ends, recalled=WrongSlopes(**fields))


def penalized(ends):
    """As if another objective had been minimized."""
    settings = ends.runs["settings"].str.replace('"l2": 0.', '"l2": 7.')
    return dataclasses.replace(ends, runs=ends.runs.assign(settings=settings))


WAYS = (noisy, at_the_origin, far_off, wrong_sums, wrong_slopes)


def spoilings(ends, others):
    """The endpoints of a row's sweeps, spoiled in every way: in themselves, in another order, and those of another net."""
    for way in WAYS:
        yield tuple([way(each) for each in sweep] for sweep in ends)
    yield tuple(sweep[::-1] for sweep in ends)
    yield tuple(sweep[:-1] for sweep in ends)
    yield tuple([noisy(sweep[0]), *sweep[1:]] for sweep in ends)
    for every in (2, len(ends[0])):
        yield tuple([each if place % every else penalized(each) for place, each in enumerate(sweep)] for sweep in ends)
        yield tuple([penalized(each) if place < every else each for place, each in enumerate(sweep)] for sweep in ends)
    for other in others:
        yield tuple([other] * len(sweep) for sweep in ends)
