"""What is a point that is no strict minimum for certain?

Takes one run, polished, and looks for what keeps it from being one: a known flat direction (`flat`), a way down, or J falling
for ever. A way down where the curvature is 0 need not be straight: from J = y^2 + x^2 y at 0 it is y = -x^2 / 2. So each step
along a direction of no curvature is followed by Newton steps in the directions that are curved, which leaves what
J is when those have adapted; it must not rise before it falls.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints import flat
from nnexp.optima.endpoints.certificate import SURE, ZERO, stays_curved
from nnexp.optima.endpoints.finding import SEED, Finding
from nnexp.optima.endpoints.fold import touches
from nnexp.optima.endpoints.local import Local, Terrain, norm

Array = NDArray[np.float64]

STILL = 100.0
"""How many times its rounding a gradient may be along a direction in which it stays 0."""

DISTANCES = np.geomspace(1e-4, 1.0, 17)
SUDDEN = (DISTANCES[1] / DISTANCES[0]) ** 12
"""What a fall like the 12th power of the distance grows by from one distance to the next."""

NEAR = np.array([1e-3, 1e-2, 1e-1])
ADAPTATIONS, MIXTURES = 2, 48
PERFECT = 1e-24
"""A loss no greater than this is 0: every guess is right to some twelve digits."""

CURVED = 1e-6


@dataclass(frozen=True)
class Descent:
    """A way down: its direction (parameters,) of length 1, by how much J falls at most, and at what distance."""

    direction: Array
    fall: float
    distance: float


def inquire(terrain: Terrain, here: Local, bounded: bool = True) -> Finding:
    """The finding on one run at rest, all arrays over a single run.

    bounded: whether no way to infinity leads on from here; if that is not known, only what the first two orders tell is said.
    """
    site = Site(terrain, here)
    if here.J[0] <= 0.0 and terrain.objective.n_examples:
        return nothing_lower(site, bounded)
    if touches(terrain.objective, here.theta[0]):
        return Finding("saddle" if site.falls(np.eye(here.theta.shape[1])) else "undecided")
    negative = site.values < -SURE * here.value_rounding[0]
    zeros = (site.values <= ZERO * here.value_rounding[0]) & ~negative
    finding = Finding("undecided", int(negative.sum()), int(site.n_flat + zeros.sum()), site.explained)
    if negative.any():
        finding.endpoint = "saddle" if site.curves_on(site.vectors[:, 0], site.values[0]) else "undecided"
    elif not len(site.values) or (not zeros.any() and site.curves_on(site.vectors[:, 0], site.values[0])):
        finding.endpoint = "flat minimum" if site.n_flat else "minimum"
    elif bounded:
        _doubt(site, site.vectors[:, : max(1, int(zeros.sum()))], finding)
    return finding


def nothing_lower(site: Site, bounded: bool) -> Finding:
    """The finding where J is 0, below which no loss gets: it is reached there, or is the rounding of what falls for ever."""
    parameters = site.here.theta.shape[1]
    if bounded and site.fits_perfectly():
        return Finding("flat minimum", 0, parameters, {"perfect fit": parameters})
    return Finding("undecided", 0, parameters)


def _doubt(site: Site, soft: Array, finding: Finding) -> None:
    """Settle what the second order does not: `soft` are the directions (parameters, directions) of no sure curvature."""
    if site.fits_perfectly():
        finding.endpoint = "flat minimum"
        finding.explained = finding.explained | {"perfect fit": soft.shape[1]}
    elif site.falls(soft):
        finding.endpoint = "saddle"


def way_down(terrain: Terrain, here: Local) -> Descent | None:
    """How J falls from a saddle, a single run's; None if no direction is found."""
    site = Site(terrain, here)
    if touches(terrain.objective, here.theta[0]):
        return site.descent(np.eye(here.theta.shape[1]))
    soft = site.vectors[:, : max(1, int((site.values <= ZERO * here.value_rounding[0]).sum()))]
    return site.descent(soft) if soft.shape[1] else None


class Site:
    """One run, with the directions in which J cannot change set apart.

    explained: how many directions each reason gives.
    values: the Hessian's eigenvalues in the other directions, ascending.
    vectors: (parameters, directions), its eigenvectors there.

    Args:
        terrain: what is minimized, by a single run.
        here: where it is.
    """

    def __init__(self, terrain: Terrain, here: Local) -> None:
        self.terrain, self.here = terrain, here
        held = terrain.held_at(here.theta)[0]
        known = flat.directions(terrain.objective, here.theta[0], float(terrain.l2[0]), float(terrain.l1[0]))
        kept = self._trusted({name: columns[:, self._is_flat(columns)] for name, columns in known.items()})
        self.explained = {name: columns.shape[1] for name, columns in kept.items() if columns.shape[1]}
        self.n_flat = sum(self.explained.values())
        self.flat = np.column_stack([np.empty((len(held), 0)), *kept.values()])
        apart = np.column_stack([np.eye(len(held))[:, held], self.flat])
        rest = np.linalg.qr(apart, mode="complete")[0][:, apart.shape[1] :]
        in_rest = rest.T @ self._times_hessian(rest)
        self.values, within = np.linalg.eigh(0.5 * (in_rest + in_rest.T))
        self.vectors = rest @ within

    def _times_hessian(self, columns: Array) -> Array:
        vectors, values = self.here.vectors[0], self.here.values[0]
        return vectors @ (values[:, None] * (vectors.T @ columns))

    def _is_flat(self, columns: Array) -> NDArray[np.bool_]:
        """Which of these directions (parameters, directions) the Hessian, too, says are flat."""
        return norm(self._times_hessian(columns).T) <= self._slack + STILL * self.here.value_rounding[0]

    @functools.cached_property
    def _slack(self) -> float:
        """The gradient beside a stationary point: what rounding leaves of it, and what it may still lack to the point."""
        values, here = np.abs(self.here.values[0]), self.here
        curved = values[values > SURE * here.value_rounding[0]].min(initial=np.inf)
        lacking = (here.gradient_norm[0] + here.gradient_rounding[0]) / curved
        return float(STILL * here.gradient_rounding[0] + values.max() * lacking)

    def _trusted(self, known: dict[str, Array]) -> dict[str, Array]:
        """Those that can be trusted: of units that do nothing, only if the gradient stays 0 on whatever mixture of them."""
        idle = [known[name] for name in flat.IDLE if name in known]
        if any(name in known for name in flat.UNSURE) and not self._stays_still(np.column_stack(idle)):
            return {name: columns for name, columns in known.items() if name not in flat.UNSURE}
        return known

    def _stays_still(self, columns: Array) -> bool:
        """Whether the gradient stays 0 on mixtures of these directions (parameters, directions)."""
        mixed = columns @ np.random.default_rng(SEED).normal(size=(columns.shape[1], MIXTURES))
        tried = np.column_stack([columns, mixed / np.maximum(norm(mixed.T), 1e-300)]).T
        theta = self.here.theta + self.size * NEAR[:, None, None] * tried
        theta = theta.reshape(-1, len(columns))
        return bool(norm(self._many(len(theta)).gradient(theta)).max(initial=0.0) <= self._slack)

    def _many(self, runs: int) -> Terrain:
        return self.terrain.take(np.zeros(runs, dtype=np.int64))

    @property
    def size(self) -> float:
        """The length of theta, or 1."""
        return max(float(norm(self.here.theta)[0]), 1.0)

    def curves_on(self, direction: Array, curvature: float) -> bool:
        """Whether J keeps its curvature along `direction` as far as the zero of the gradient may lie."""
        return bool(stays_curved(self.terrain, self.here, direction[None], np.array([curvature]))[0])

    def falls(self, soft: Array) -> bool:
        """Whether J falls along one of these directions; see `descent`."""
        return self.descent(soft) is not None

    def descent(self, soft: Array) -> Descent | None:
        """How J falls, without rising first, along one of these directions, or a mixture of them and the known flat ones.

        It must begin to fall here: a fall that is deep as soon as it is seen, where a little nearer there was none, belongs to
        another place, from which the adapting directions came back to this one. Of several directions it is the one along
        which J falls most, a mixture only where no other is left; None if J falls along none.

        soft: (parameters, directions).
        """
        level = np.column_stack([soft, self.flat])
        mixed = level @ np.random.default_rng(SEED).normal(size=(level.shape[1], MIXTURES if level.shape[1] > 1 else 0))
        tried = np.column_stack([soft, mixed / np.maximum(norm(mixed.T), 1e-300)]).T
        tried = np.concatenate([tried, -tried])
        start = self.here.theta + self.size * DISTANCES[:, None, None] * tried
        J = self._adapted(start.reshape(-1, tried.shape[1])).reshape(len(DISTANCES), -1)
        change, rounding = J - self.here.J[0], self.here.J_rounding[0]
        reach = self.size * DISTANCES[:, None]
        down = change < -SURE * (rounding + reach * (self.here.gradient_norm + self.here.gradient_rounding)[0])
        first = np.argmax(down, axis=0), np.arange(down.shape[1])
        rises_before = np.maximum.accumulate(change, axis=0)[first] > rounding
        begins_here = (first[0] == 0) | (change[first] >= -SUDDEN * SURE * rounding)
        found = down.any(axis=0) & ~rises_before & begins_here
        pure = found & (np.arange(len(tried)) % (len(tried) // 2) < soft.shape[1])
        places = np.flatnonzero(pure if pure.any() else found)
        if not len(places):
            return None
        falls = np.nan_to_num(change[:, places], nan=np.inf)
        distance, place = np.unravel_index(int(np.argmin(falls)), falls.shape)
        return Descent(tried[places[place]], float(-falls[distance, place]), float(self.size * DISTANCES[distance]))

    def _adapted(self, theta: Array) -> Array:
        """J at theta (points, parameters), or after Newton steps in the curved directions where that is less."""
        terrain = self._many(len(theta))
        curved = self.values > CURVED * self.values.max(initial=0.0)
        vectors, values = self.vectors[:, curved], self.values[curved]
        J = terrain.value(theta)
        for _ in range(ADAPTATIONS):
            theta = theta - ((terrain.gradient(theta) @ vectors) / values) @ vectors.T
            J = np.fmin(J, terrain.value(theta))
        return J

    def fits_perfectly(self) -> bool:
        """Whether J is 0, and would rise if any guess changed: no loss gets lower, and none nears 0 at infinity only."""
        objective = self.terrain.objective
        if not objective.n_examples or not self.here.J[0] <= PERFECT:
            return False
        z = objective.network.preactivation(self.here.theta, objective.train.X)
        bent = objective.network.loss.curvature(z, objective.train.Y, objective.network.unit)
        return bool(np.einsum("...iie->...ie", bent).min() > CURVED)
