"""What is odd about the units of a net on its examples, in words: those that are dead, unused, saturated, or doubled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnexp.optima.endpoints import idle
from nnexp.optima.endpoints.site import Site

Array = NDArray[np.float64]

SATURATED, MOSTLY = 0.05, 0.9
"""A unit is saturated where its slope is less than this share of its slope at 0; it is mentioned if it is on most points."""


def odd_units(site: Site) -> Iterator[str]:
    """A sentence for each kind of odd unit in each hidden layer; units and layers are counted from 1."""
    for place in range(len(site.kinds)):
        where = f"hidden layer {place + 1}" if len(site.kinds) > 1 else "the hidden layer"
        dead = idle.dead_units(site, place).tolist() if site.kinds[place].silent else []
        useless = [unit for unit in idle.unused_units(site, place).tolist() if unit not in dead]
        saturated = np.flatnonzero(_saturation(site, place) >= MOSTLY).tolist()
        share = f"at {100 * MOSTLY:.0f} % of the training points or more"
        yield from _sentence(dead, where, "dead: the output is 0 at every training point")
        yield from _sentence(useless, where, "unused: the outgoing weights are 0")
        yield from _sentence(saturated, where, f"saturated: the slope is nearly 0 {share}")
        yield from _twins(site, place, where, {*dead, *useless})


def _sentence(units: list[int], where: str, what: str) -> Iterator[str]:
    if units:
        yield f"{named(units, 'unit').capitalize()} of {where} {'is' if len(units) == 1 else 'are'} {what}."


def _twins(site: Site, place: int, where: str, idle_units: set[int]) -> Iterator[str]:
    """Which units have incoming weights that are a multiple of another unit's, each named once."""
    found: dict[int, list[tuple[int, float]]] = {}
    known = set(idle_units)
    for first, second, factor in idle.twins(site, place):
        if not {first, second} & known:
            found.setdefault(first, []).append((second, factor))
            known.add(second)
    for first, others in found.items():
        units, factors = zip(*others, strict=True)
        times = listed([f"{factor:.3g}" for factor in factors])
        does, its = ("duplicates", "its") if len(units) == 1 else ("duplicate", "their")
        what = f"{does} unit {first + 1}: {its} incoming weights are {times} times those of unit {first + 1}"
        yield f"{named(list(units), 'unit').capitalize()} of {where} {what}."


def named(numbers: list[int], what: str) -> str:
    """Things by their numbers, which are given from 0 and named from 1: `unit 1`, or `units 1, 2 and 5`."""
    return f"{what}{'s' * (len(numbers) != 1)} {listed([str(number + 1) for number in numbers])}"


def listed(words: list[str]) -> str:
    """Words in a row, as in `1, 2 and 5`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _saturation(site: Site, place: int) -> Array:
    """On what share of the points each unit of a hidden layer has hardly any slope, (n,); 0 where units do not saturate."""
    f, z = site.network.hidden[place], site.z[place][None]
    if site.kinds[place].scale:
        return np.zeros(z.shape[1])
    here, middle = (
        np.abs(f.slope(at, f.value(at, out=np.empty_like(at)), out=np.empty_like(at))) for at in (z, np.zeros_like(z))
    )
    return np.asarray(np.mean(here < SATURATED * middle, axis=-1)[0])
