"""Over what height does the lowest way between two optima go that can be found from the straight line between them?

A *band* is a chain of points, its images, from one optimum to another. Each image slides down across the band and is kept at
even distances along it by springs (nudged elastic band, Jonsson, Mills & Jacobsen 1998); g is the gradient of J, t the tangent:

    force = -(g - (g.t) t) + k (|next - here| - |here - last|) t
    force = -g + 2 (g.t) t                                          of the highest image between the ends, which climbs

The tangent points to the higher neighbor (Henkelman & Jonsson 2000, "Improved tangent estimate"), the highest image climbs once
the band lies roughly right (Henkelman, Uberuaga & Jonsson 2000); so it finds a pass too that lies so close to a minimum at the
end that all images are lower than that end. How forces are followed, `fire` says. A band starts on the straight line, bent a
little to one side, since on a line between two equals symmetry may leave no force that leads off it.

The band gives a `ceiling`, the greatest J on the chain of straight lines through its images: a way of that height does exist.
Where it has its humps, passes are sought, see `passes`; where it dips between them, it runs by further optima.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.objective import Penalized
from nnexp.optima.between.barrier import chain_tops
from nnexp.optima.between.blocks import Penalty, each, heights, in_memory
from nnexp.optima.between.fire import Fire

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

IMAGES, MOST_STEPS, ROUGH_STEPS = 17, 600, 100
BEND = 0.01
"""How far the middle of a band is bent off the straight line at the start, as a share of the line's length."""


@dataclass(frozen=True)
class Bands:
    """Bands between pairs of points, all of them arrays over bands.

    theta: (bands, images, parameters), from a to b.
    J: (bands, images).
    ceiling: (bands,), the greatest J on the chain of straight lines through the images.
    force: (bands,), the greatest force left on an image.
    steps: (bands,), how many FIRE took.
    """

    theta: Array
    J: Array
    ceiling: Array
    force: Array
    steps: NDArray[np.int64]

    def along(self) -> Array:
        """How far along its band each image lies, (bands, images), from 0 to the band's length."""
        pieces = np.linalg.norm(np.diff(self.theta, axis=1), axis=2)
        return np.concatenate([np.zeros((len(pieces), 1)), pieces.cumsum(axis=1)], axis=1)

    def humps(self) -> Mask:
        """(bands, images), True where an inner image is higher than the last and not lower than the next."""
        found = np.zeros(self.J.shape, dtype=np.bool_)
        found[:, 1:-1] = (self.J[:, 1:-1] > self.J[:, :-2]) & (self.J[:, 1:-1] >= self.J[:, 2:])
        return found

    def dips(self) -> Mask:
        """(bands, images), True where an inner image is lower than the last and not higher than the next."""
        found = np.zeros(self.J.shape, dtype=np.bool_)
        found[:, 1:-1] = (self.J[:, 1:-1] < self.J[:, :-2]) & (self.J[:, 1:-1] <= self.J[:, 2:])
        return found


@np.errstate(under="ignore")
def bands(
    objective: Penalized,
    a: Array,
    b: Array,
    l2: Penalty = 0.0,
    l1: Penalty = 0.0,
    images: int = IMAGES,
    most_steps: int = MOST_STEPS,
) -> Bands:
    """A relaxed band from each a to its b.

    Args:
        objective: gives J.
        a: (bands, parameters), where each begins: a minimum.
        b: (bands, parameters), where each ends: another one. Both stay where they are.
        l2: a number, or (bands,).
        l1: likewise.
        images: points of a band, the ends included.
        most_steps: of FIRE, for each band.
    """
    l2, l1 = each(l2, len(a)), each(l1, len(a))
    parts = []
    for part in in_memory(len(a), 8 * images * a.shape[1]):
        fire = Fire(objective, _bent(a[part], b[part], images), l2[part], l1[part])
        step = 0
        while step < most_steps and fire.step(climbs=step >= min(ROUGH_STEPS, most_steps - 1)):
            step += 1
        parts.append(_found(objective, fire))
    return Bands(*(np.concatenate([getattr(p, name) for p in parts]) for name in Bands.__dataclass_fields__))


def _found(objective: Penalized, fire: Fire) -> Bands:
    count, images, parameters = fire.theta.shape
    J = heights(objective, fire.theta.reshape(-1, parameters), np.repeat(fire.l2, images), np.repeat(fire.l1, images))
    ceiling = chain_tops(objective, fire.theta, fire.l2, fire.l1)
    return Bands(fire.theta, J.reshape(count, images), ceiling, fire.force, fire.steps)


def _bent(a: Array, b: Array, images: int) -> Array:
    """The straight lines, bent to the same side by a fixed direction at random, (bands, images, parameters)."""
    t = np.linspace(0.0, 1.0, images)[:, None]
    drawn = np.random.default_rng(a.shape[1]).normal(size=a.shape[1])
    aside = drawn * (BEND / np.linalg.norm(drawn))
    bulge = np.sin(np.pi * t[1:-1]) * np.linalg.norm(b - a, axis=1)[:, None, None] * aside
    theta = (1.0 - t) * a[:, None, :] + t * b[:, None, :]
    theta[:, 1:-1] += bulge
    return theta
