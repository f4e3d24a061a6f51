"""Which optimum does training reach from each point of a plane of initial weights?

Takes a configuration and a `Field`, trains a run from every pixel, as a sweep would, and says which optimum each comes to.
Endpoints with a gradient longer than SETTLED are none; the others are put into groups, and the judge looks at one of each: a
group that is at no minimum counts as none too. The runs are not kept: a picture of 300 x 300 pixels takes 90,000 of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnexp import backends
from nnexp.config import Backend
from nnexp.configuration import Configuration
from nnexp.net.objective import Penalized
from nnexp.net.training import Stack, initial_theta
from nnexp.optima.between.basins import NONE, Basins, Field, basins, coordinates
from nnexp.optima.distinct.catalogue import MINIMA, Catalogue, Tolerances, catalogue
from nnexp.optima.endpoints.verdict import judge
from nnexp.optima.endpoints.why import parameter
from nnexp.plan import Run, stack

Array = NDArray[np.float64]

PIXELS_AT_ONCE = 2048
SETTLED = 1e-5
LOOSE = Tolerances(J=1e-6, parameters=1e-2, guesses=1e-2)
"""Training stops near an optimum, not at it; optima lie much further apart than this."""


@dataclass(frozen=True)
class Plane:
    """What became of a plane of initial weights.

    basins: the optimum that each pixel reached.
    J: (optima,), by number.
    found: the endpoints of the pixels as a catalogue; its optima are those that `basins` numbers, saddles among them unused.
    """

    basins: Basins
    J: Array
    found: Catalogue


def around(configuration: Configuration, seed: int, parameters: tuple[int, int], reach: float, size: int) -> Field:
    """The plane in which two parameters go from -reach to reach; the others are what the seed draws."""
    base = initial_theta(stack([Run(configuration, seed, seed)]))[0]
    x, y = (parameter(configuration.network(), place) for place in parameters)
    return replace(coordinates(base, *parameters, (-reach, reach), size), names=(x, y))


def plane(
    configuration: Configuration,
    field: Field,
    order_seed: int = 0,
    backend: Backend | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Plane:
    """Train a run from every pixel.

    Args:
        configuration: what is trained, and how; its initializer has no say.
        field: where the runs start.
        order_seed: of the order of the data, the same for every pixel.
        backend: where it is trained; this machine's cores unless given.
        told: is told (done, of all) as it gets on.
    """
    theta = np.empty((field.pixels, len(field.base)))
    blocks = list(field.blocks(PIXELS_AT_ONCE))
    jobs = [_stack(configuration, field.theta(block), order_seed) for block in blocks]
    done = 0
    for place, trained, _ in backends.train_all(jobs, backend or Backend()):
        theta[blocks[place]] = trained.theta
        done += len(trained.theta)
        told(done, field.pixels)
    return _named(configuration, field, theta)


def _stack(configuration: Configuration, start: Array, order_seed: int) -> Stack:
    made = stack([Run(configuration, 0, order_seed)] * len(start))
    return replace(made, start=start, recorded=tuple(sorted({0, made.steps})), snapshots=())


def _named(configuration: Configuration, field: Field, theta: Array) -> Plane:
    """The optimum of each pixel, from where its run ended, theta (pixels, parameters)."""
    objective, penalties = configuration.objective(), (configuration.l2, configuration.l1)
    with np.errstate(all="ignore"):
        slope = np.linalg.norm(objective.gradient(theta, *penalties), axis=1)
        J = objective.value(theta, *penalties)
    settled = slope <= SETTLED
    found = catalogue(objective, theta, J, *penalties, minimum=settled, tolerances=LOOSE)
    minima = _are_minima(objective, np.array([optimum.theta for optimum in found.optima]), penalties)
    member = found.member.copy()
    member[np.isin(member, np.flatnonzero(~minima))] = NONE
    return Plane(basins(field, member), np.array([optimum.J for optimum in found.optima]), found)


def _are_minima(objective: Penalized, theta: Array, penalties: tuple[float, float]) -> NDArray[np.bool_]:
    """Whether each of these endpoints (optima, parameters) is at a minimum by the judge's verdict."""
    if not len(theta):
        return np.zeros(0, dtype=np.bool_)
    l2, l1 = (np.full(len(theta), penalty) for penalty in penalties)
    with np.errstate(all="ignore"):
        return np.isin(judge(objective, theta, l2, l1).endpoint, MINIMA)
