"""Which changes of its weights does a net not feel?

Its hidden units may stand in any order. Further, asked of the activation itself at some points:

    sign        f(-z) = -f(z)           (w, w0, v) -> (-w, -w0, -v)
    complement  f(-z) = 1 - f(z)        the same, and v is added to the offset above
    scale       f(c z) = c f(z), c > 0  (w, w0, v) -> (c w, c w0, v / c)

w and w0 are what a unit takes in, v what is taken from it. Where every f(z) = z the net is linear: any GL(p) of a layer goes
unfelt, and nets are the same if they compute the same map.

Two groups are to be told apart: what the *function* does not feel (`of_network`) and what *J* does not feel
(`of_objective`). A penalty feels scale, and complement too where offsets are penalized; two theta with the same function
and different J are different points. Symmetries of the data are not symmetries of the net. Left out are the period of a
sine, what can be added to all outputs under a softmax, and coincidences, such as units whose sum happens to be linear.

In a `Chart` the group acts by order and sign alone: offsets above a sigmoid are counted from the middle of its range
(f - 1/2 is odd), and scales are those with the least sum of squares, |(w, w0)| = |v| (Stock et al. 2019,
"Equi-normalization of Neural Networks"); a unit that takes in or gives nothing is 0 there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.net.objective import Penalized
from nnexp.net.population import Population
from nnexp.optima.distinct import linear

Array = NDArray[np.float64]
Order = NDArray[np.int64]

PROBES = np.array([[0.3, 0.7, 1.1, 1.9, 2.3]])
SAME = 1e-12
SWEEPS = 200
"""How often the scales of several hidden layers are evened out in turn; of one, once is exact."""


@dataclass(frozen=True)
class Freedom:
    """What may be done to a unit of one hidden layer, beside giving it another place."""

    sign: bool = False
    complement: bool = False
    scale: bool = False

    @property
    def flips(self) -> bool:
        """Whether a unit of a chart may be multiplied by -1."""
        return self.sign or self.complement

    def names(self) -> list[str]:
        """In words."""
        return ["order", *(name for name in ("sign", "complement", "scale") if getattr(self, name))]


@dataclass(frozen=True)
class Group:
    """The symmetries of a net: one `Freedom` a hidden layer, and whether the net is linear throughout."""

    network: Network
    freedoms: tuple[Freedom, ...]
    linear: bool


def of_network(network: Network) -> Group:
    """What the function of a net does not feel."""
    freedoms = tuple(_freedom(f, network.offsets) for f in network.hidden)
    return Group(network, freedoms, bool(freedoms) and all(_is_identity(f) for f in network.hidden))


def of_objective(objective: Penalized, l2: float = 0.0, l1: float = 0.0) -> Group:
    """What J does not feel, under these penalties.

    The units of a `Population` stand below a sum that is no parameter: they may only change places.
    """
    network = objective.network
    if isinstance(objective, Population):
        summed = replace(network, sizes=(*network.sizes, 0), hidden=(network.unit,), unit=None)
        return Group(summed, (Freedom(),), linear=False)
    group, penalized = of_network(network), l2 > 0.0 or l1 > 0.0
    felt = objective.penalize_offsets and penalized
    freedoms = (Freedom(f.sign, f.complement and not felt, f.scale and not penalized) for f in group.freedoms)
    return replace(group, freedoms=tuple(freedoms))


def _freedom(f: Any, offsets: bool) -> Freedom:
    """Found out at some points on either side of 0; a complement needs an offset above to be taken up."""
    there, back, far, far_back = (f.value(z, out=np.empty_like(z)) for z in (PROBES, -PROBES, 3 * PROBES, -3 * PROBES))
    scale = _same(far, 3.0 * there) and _same(far_back, 3.0 * back)
    return Freedom(_same(back, -there), offsets and f.has_slope and _same(back, 1.0 - there), scale)


def _is_identity(f: Any) -> bool:
    return all(_same(f.value(z, out=np.empty_like(z)), z) for z in (PROBES, -PROBES))


def _same(a: Array, b: Array) -> bool:
    return bool(np.abs(a - b).max() <= SAME * np.abs(b).max())


@dataclass(frozen=True)
class Chart:
    """Theta in coordinates in which the group acts by order and sign alone.

    layers: (runs, n, m + 1) of each layer.
    scales: (runs, n) of each hidden layer, by which its rows are multiplied to come back to theta.
    """

    layers: list[Array]
    scales: list[Array]

    @property
    def flat(self) -> Array:
        """(runs, parameters), the layers one after the other."""
        return flat(self.layers)


def flat(layers: Sequence[Array]) -> Array:
    """(runs, parameters), the layers (runs, n, m + 1) one after the other."""
    return np.concatenate([layer.reshape(len(layer), -1) for layer in layers], axis=1)


def chart(group: Group, theta: Array) -> Chart:
    """The chart of theta (runs, parameters)."""
    layers = [layer.copy() for layer in group.network.layers(theta)]
    _shift_offsets(group, layers, 0.5)
    scales = [np.ones((len(theta), n)) for n in group.network.sizes[1 : len(layers)]]
    for _ in range(SWEEPS if len(scales) > 1 else 1):
        for i, freedom in enumerate(group.freedoms):
            if freedom.scale:
                _even_out(layers[i], layers[i + 1][:, :, : layers[i].shape[1]], scales[i])
    return Chart(layers, scales)


def theta_of(group: Group, layers: Sequence[Array], scales: Sequence[Array]) -> Array:
    """Theta (runs, parameters) of a chart's layers at these scales: `chart` undone."""
    layers = [layer.copy() for layer in layers]
    for below, above, scale in zip(layers, layers[1:], scales, strict=False):
        below *= scale[:, :, None]
        above[:, :, : scale.shape[1]] /= scale[:, None, :]
    _shift_offsets(group, layers, -0.5)
    return flat(layers)


def _shift_offsets(group: Group, layers: list[Array], share: float) -> None:
    """Add to the offsets above each sigmoid layer this share of what its units give."""
    for above, freedom in zip(layers[1:], group.freedoms, strict=True):
        if freedom.complement:
            above[:, :, -1] += share * above[:, :, :-1].sum(axis=2)


@np.errstate(under="ignore")  # a length whose square is 0 is that of a dead unit
def _even_out(incoming: Array, outgoing: Array, scale: Array) -> None:
    """Make what units take in (runs, n, m + 1) and give (runs, outputs, n) equally long, in place; the dead become 0."""
    taken, given = np.sqrt((incoming**2).sum(axis=2)), np.sqrt((outgoing**2).sum(axis=1))
    alive = (taken > 0.0) & (given > 0.0)
    ratio = np.sqrt(np.divide(given, taken, out=np.ones_like(taken), where=alive))
    incoming *= (ratio * alive)[:, :, None]
    outgoing *= np.divide(alive, ratio)[:, None, :]
    scale /= ratio


def act(layers: Sequence[Array], place: int, order: Order, sign: Array) -> list[Array]:
    """The layers of a chart with the units of hidden layer `place` in this order and multiplied by these signs, (runs, n)."""
    made, n = list(layers), order.shape[1]
    made[place] = np.take_along_axis(layers[place], order[:, :, None], axis=1) * sign[:, :, None]
    made[place + 1] = layers[place + 1].copy()
    given = np.take_along_axis(layers[place + 1][:, :, :n], order[:, None, :], axis=2)
    made[place + 1][:, :, :n] = given * sign[:, None, :]
    return made


def canonical(group: Group, theta: Array) -> Array:
    """Theta's equal (runs, parameters) that is the same for all its equals, up to rounding.

    The units of each layer, from the first on, are sorted by one number, a fixed weighted sum of what they take in, which is
    made positive where a sign is free. Scales are those of the chart. A linear net is told by its map alone, split evenly
    over its layers by singular values (which must differ).
    """
    if group.linear:
        return linear.canonical(group.network, theta)
    there = canonical_chart(group, theta)
    return theta_of(group, there.layers, [np.ones_like(scale) for scale in there.scales])


def canonical_chart(group: Group, theta: Array) -> Chart:
    """The chart of the canonical form of theta (runs, parameters), at the scales of theta's units in their new places.

    Two of them lie at least as far apart as the nearest equals do.
    """
    there = chart(group, theta)
    layers, scales = there.layers, []
    for i, freedom in enumerate(group.freedoms):
        key = np.vecdot(layers[i], np.cos(np.arange(1.0, layers[i].shape[2] + 1.0)))
        sign = np.where(freedom.flips & (key < 0.0), -1.0, 1.0)
        order = np.argsort(-key * sign, axis=1, kind="stable")
        layers = act(layers, i, order, np.take_along_axis(sign, order, axis=1))
        scales.append(np.take_along_axis(there.scales[i], order, axis=1))
    return Chart(layers, scales)


def scrambled(group: Group, theta: Array, rng: np.random.Generator) -> Array:
    """A random equal of each theta, (runs, parameters): units reordered, flipped and scaled wherever the group allows it."""
    if group.linear:
        return linear.scrambled(group.network, theta, rng)
    there, runs = chart(group, theta), len(theta)
    layers, scales = there.layers, []
    for i, freedom in enumerate(group.freedoms):
        n = layers[i].shape[1]
        order = rng.permuted(np.tile(np.arange(n), (runs, 1)), axis=1)
        layers = act(layers, i, order, rng.choice([-1.0, 1.0] if freedom.flips else [1.0], size=(runs, n)))
        scales.append(np.exp(rng.normal(size=(runs, n))) if freedom.scale else np.ones((runs, n)))
    return theta_of(group, layers, scales)
