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
    """What is odd about the units of each hidden layer, a sentence each."""
    for place in range(len(site.kinds)):
        where = f"hidden layer {place + 1}" if len(site.kinds) > 1 else "the hidden layer"
        dead = idle.dead_units(site, place).tolist() if site.kinds[place].silent else []
        useless = [unit for unit in idle.unused_units(site, place).tolist() if unit not in dead]
        saturated = np.flatnonzero(_saturation(site, place) >= MOSTLY).tolist()
        if dead:
            yield f"No point wakes {_listed(dead)} of {where}: dead."
        if useless:
            yield f"Nothing is taken from {_listed(useless)} of {where}."
        if saturated:
            yield f"On {100 * MOSTLY:.0f} % of the points or more, {_saturated(saturated, where)}."
        yield from _twins(site, place, where, {*dead, *useless})


def _twins(site: Site, place: int, where: str, idle_units: set[int]) -> Iterator[str]:
    """Which units take in a multiple of what another one does, each named once."""
    found: dict[int, list[str]] = {}
    named = set(idle_units)
    for first, second, factor in idle.twins(site, place):
        if not {first, second} & named:
            found.setdefault(first, []).append(f"{second} of {where} takes in {factor:.3g} times")
            named.add(second)
    for first, others in found.items():
        if len(others) == 1:
            yield f"Unit {others[0]} what unit {first} does."
        else:
            each = ", ".join(other.replace(f" of {where} takes in", ":") for other in others)
            yield f"Units of {where} that take in so many times what unit {first} does: {each}."


def _listed(units: list[int]) -> str:
    """Units as they are named where one or the other is meant."""
    return (
        f"unit {' or '.join(map(str, units))}" if len(units) < 3 else f"any of the units {', '.join(map(str, units))}"
    )


def _saturated(units: list[int], where: str) -> str:
    what, are = (f"unit {units[0]}", "is") if len(units) == 1 else (f"units {', '.join(map(str, units))}", "are")
    return f"{what} of {where} {are} saturated"


def _saturation(site: Site, place: int) -> Array:
    """On what share of the points each unit of a hidden layer has hardly any slope, (n,); 0 where units do not saturate."""
    f, z = site.network.hidden[place], site.z[place][None]
    if site.kinds[place].scale:
        return np.zeros(z.shape[1])
    here, middle = (
        np.abs(f.slope(at, f.value(at, out=np.empty_like(at)), out=np.empty_like(at))) for at in (z, np.zeros_like(z))
    )
    return np.asarray(np.mean(here < SATURATED * middle, axis=-1)[0])
