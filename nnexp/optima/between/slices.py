"""How does J lie on a line or plane through the space of all weights, and how far do the points drawn on it lie off it?

A slice is theta(t) = origin + directions t, with one or two numbers t. A point theta is drawn at the t that comes closest:

    t = argmin |theta - origin - directions t|,    off = |theta - theta(t)|

and unless off is 0, J at theta is not J on the slice: both are given (`seen`), so that the picture can say where it lies.
Slices go through two or three optima (Garipov et al. 2018), which lie on them exactly; along the principal directions of where
trajectories went (Li et al. 2018, "Visualizing the Loss Landscape of Neural Nets"); or along random directions in which each
unit's row is as long as that of the net itself (filter normalization, same source), offsets included.

Principal directions explain much of any path: two of a random walk in many dimensions explain 76 % of its variance (Antognini &
Sohl-Dickstein 2018, "PCA of high dimensional random walks"), so a high share alone says nothing about training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.network import Network
from nnexp.net.objective import Penalized
from nnexp.optima.between.blocks import heights, in_memory

Array = NDArray[np.float64]

MARGIN = 0.25


@dataclass(frozen=True)
class Slice:
    """A line (k = 1) or plane (k = 2) through the space of theta.

    origin: (parameters,), where t = 0.
    directions: (parameters, k), what t = 1 adds; neither of length 1 nor at right angles unless it is said.
    names: of the k numbers t, with their unit.
    explained: the share of the variance of what it was made from along each direction, (k,); None where there is no such thing.
    """

    origin: Array
    directions: Array
    names: tuple[str, ...]
    explained: tuple[float, ...] | None = None

    def theta(self, t: Array) -> Array:
        """(points, parameters), for places t (points, k)."""
        return self.origin + t @ self.directions.T

    def place(self, theta: Array) -> Array:
        """The places (points, k) of the points of the slice closest to each theta (points, parameters)."""
        found: Array = np.linalg.lstsq(self.directions, (theta - self.origin).T)[0].T.astype(np.float64)
        return found


@dataclass(frozen=True)
class Relief:
    """J on a grid over a slice.

    on: the slice.
    axes: k arrays, the values of each number t, ascending.
    J: (size,) on a line, (second, first) on a plane; infinite or not a number where J overflows.
    """

    on: Slice
    axes: tuple[Array, ...]
    J: Array


@dataclass(frozen=True)
class Seen:
    """Points as a slice shows them, all of them arrays over points.

    t: (points, k), where each is drawn.
    off: (points,), how far it lies off the slice, in the length of theta.
    J: (points,), its own.
    J_drawn: (points,), J on the slice where it is drawn.
    """

    t: Array
    off: Array
    J: Array
    J_drawn: Array


def through(theta: Array) -> Slice:
    """The line through two theta, or the plane through three, (2 or 3, parameters), at right angles.

    On a plane the first direction leads from the first point to the second, the other to the side of the third; both have
    length 1, so distances on it are distances of theta. On a line t runs from 0 to 1.

    Raises:
        ValueError: if there are not two or three points, or they lie on one line.
    """
    if len(theta) == 2:
        return Slice(theta[0], (theta[1] - theta[0])[:, None], ("share of the way from the first to the second",))
    if len(theta) != 3:
        raise ValueError(f"a slice goes through 2 or 3 points, not {len(theta)}")
    directions, spread = np.linalg.qr((theta[1:] - theta[0]).T)
    signs = np.sign(np.diag(spread))
    if np.abs(np.diag(spread)).min() <= 1e-12 * np.abs(spread).max():
        raise ValueError("three points on one line span no plane; take three different optima")
    return Slice(theta[0], directions * signs, ("from the first to the second", "to the side of the third"))


def principal(theta: Array, origin: Array | None = None, k: int = 2) -> Slice:
    """The slice along the k directions in which points vary most around an origin, at right angles and of length 1.

    Args:
        theta: (points, parameters), as from trajectories: all snapshots of all runs.
        origin: (parameters,), such as where training ended; their mean unless given.
        k: 1 or 2.
    """
    origin = theta.mean(axis=0) if origin is None else origin
    _, sizes, directions = np.linalg.svd(theta - origin, full_matrices=False)
    share = sizes**2 / max(float((sizes**2).sum()), 1e-300)
    chosen = directions[:k].T
    largest = np.abs(chosen).argmax(axis=0)
    chosen = chosen * np.where(chosen[largest, np.arange(k)] < 0.0, -1.0, 1.0)
    names = tuple(f"principal direction {i + 1}" for i in range(k))
    return Slice(origin, chosen, names, tuple(float(part) for part in share[:k]))


def parameters(theta: Array, chosen: Sequence[int], names: Sequence[str]) -> Slice:
    """The slice in which one or two parameters take all values, and the others are held as in theta (parameters,).

    t are those parameters themselves, so theta's own values of them do not matter; of a net without others it is all there is.

    Args:
        theta: (parameters,).
        chosen: which parameters vary, by their places in theta, from 0.
        names: what they are called.

    Raises:
        ValueError: if a parameter is chosen twice.
    """
    if len(set(chosen)) != len(chosen):
        raise ValueError(f"a slice needs parameters that differ, not {tuple(chosen)}")
    directions = np.zeros((len(theta), len(chosen)))
    directions[list(chosen), range(len(chosen))] = 1.0
    held = theta.copy()
    held[list(chosen)] = 0.0
    return Slice(held, directions, tuple(names))


def random(network: Network, theta: Array, rng: np.random.Generator, k: int = 2) -> Slice:
    """The slice through theta (parameters,) along k random directions, normalized to it.

    Each unit's row of weights and offset, drawn from a normal distribution, is made as long as the row of theta: t = 1 changes
    every unit by its own length.
    """
    directions = rng.normal(size=(k, len(theta)))
    for drawn, own in zip(network.layers(directions), network.layers(theta[None, :]), strict=True):
        drawn *= np.linalg.norm(own, axis=2, keepdims=True) / np.linalg.norm(drawn, axis=2, keepdims=True)
    return Slice(theta, directions.T, tuple(f"random direction {i + 1}, in lengths of each unit" for i in range(k)))


@np.errstate(under="ignore")
def relief(
    objective: Penalized, on: Slice, limits: Sequence[tuple[float, float]], size: int, l2: float = 0.0, l1: float = 0.0
) -> Relief:
    """J on a grid of `size` places along each direction of a slice, between these limits of each t, ends included."""
    axes = tuple(np.linspace(low, high, size) for low, high in limits)
    t = np.stack([axis.ravel() for axis in np.meshgrid(*axes)], axis=1)
    parts = in_memory(len(t), len(on.origin))
    J = np.concatenate([heights(objective, on.theta(t[part]), l2, l1) for part in parts])
    return Relief(on, axes, J.reshape((size,) * len(axes)))


@np.errstate(under="ignore", over="ignore")
def seen(objective: Penalized, on: Slice, theta: Array, l2: float = 0.0, l1: float = 0.0) -> Seen:
    """Where theta (points, parameters) are drawn on a slice, and how much that hides."""
    t = on.place(theta)
    drawn = on.theta(t)
    J, J_drawn = (heights(objective, points, l2, l1) for points in (theta, drawn))
    return Seen(t, np.linalg.norm(theta - drawn, axis=1), J, J_drawn)


def limits(t: Array, margin: float = MARGIN) -> tuple[tuple[float, float], ...]:
    """The least and greatest of each number of places t (points, k), with a margin as a share of the wider one."""
    low, high = t.min(axis=0), t.max(axis=0)
    room = margin * (float((high - low).max()) or 1.0)
    return tuple((float(a - room), float(b + room)) for a, b in zip(low, high, strict=True))
