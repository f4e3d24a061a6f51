"""How far is a two-layer ReLU net from its teacher over all Gaussian inputs: an objective without data.

The student sum_i relu(w_i . x), i = 1 .. n, is to equal the teacher sum_j relu(v_j . x), j = 1 .. k, whose v_j are the unit
vectors of the axes, on x ~ N(0, I_k). Half of the mean squared difference has a closed form (Safran & Shamir 2018, "Spurious
Local Minima are Common in Two-Layer ReLU Neural Networks"; kappa is the arc-cosine kernel of Cho & Saul 2009, its gradient
in Brutzkus & Globerson 2017):

    F = 1/2 sum_ij kappa(w_i, w_j) - sum_ij kappa(w_i, v_j) + k/4 + k (k - 1) / (4 pi)
    kappa(w, u) = |w| |u| (sin t + (pi - t) cos t) / (2 pi), t the angle between w and u
    dkappa/dw = (|u| sin t w' + (pi - t) u) / (2 pi), w' = w / |w|
    d2kappa/dw dw = |u| / |w| (sin t (I - w' w'^T) + r r^T / sin t) / (2 pi), r = u' - cos t w'
    d2kappa/dw du = ((pi - t) I + p p^T tan(t/2) / 2 - q q^T cot(t/2) / 2) / (2 pi), p = w' + u', q = w' - u'

A unit of length 0 has gradient and Hessian 0, which is relu'(0) = 0 as everywhere else. The layer above the units, all ones,
is not trained. Every run is summed up by itself, so its numbers do not depend on its neighbors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexp.net.cache import runs_per_block
from nnexp.net.objective import MEASURES, Penalized

Array = NDArray[np.float64]

SHORTEST = 1e-150
"""A unit up to this length counts as one of length 0: its square would soon leave the normal numbers."""


@dataclass(frozen=True)
class Population(Penalized):
    """F and its derivatives for a stack of theta (runs, n * k): the rows w_1, ..., w_n, one after the other.

    The network is one layer of n ReLU units without offsets on k inputs, sizes (k, n); `train` and `test` are empty.
    """

    def mean_loss(self, theta: Array) -> Array:
        """F, (runs,); what rounding, some 1e-15, would take below 0 is 0."""
        (W,) = self.network.layers(theta)
        return np.concatenate([np.empty(0), *(_loss(W[rows]) for rows in self._blocks(len(theta)))])

    def loss_gradient(self, theta: Array, out: Array) -> Array:
        (W,), (into,) = self.network.layers(theta), self.network.layers(out)
        for rows in self._blocks(len(theta)):
            _gradient(W[rows], into[rows])
        return out

    def loss_hessian(self, theta: Array) -> Array:
        """The Hessian of F, (runs, parameters, parameters), exactly symmetric."""
        (W,) = self.network.layers(theta)
        parameters = self.network.n_parameters
        return _hessian(W).reshape(len(theta), parameters, parameters)

    def loss_hessian_product(self, theta: Array, v: Array) -> Array:
        """The Hessian of F times v, both (runs, parameters)."""
        return np.matmul(self.loss_hessian(theta), v[:, :, None])[:, :, 0]

    def measure(self, theta: Array, l2: Array, l1: Array, sums: Array | None = None) -> dict[str, Array]:
        """F is the training loss; there are no examples on which to measure anything else, so that is NaN."""
        columns = {name: np.full(len(theta), np.nan) for name in MEASURES}
        columns["train_loss"], columns["penalty"] = self.mean_loss(theta), self.penalty(theta, l2, l1)
        columns["J"] = columns["train_loss"] + columns["penalty"]
        return columns

    def guess(self, theta: Array, X: Array) -> Array:
        """What the students say, (runs, 1, examples), for inputs X (k, examples)."""
        (W,) = self.network.layers(theta)
        return np.add.reduce(np.maximum(np.matmul(W, X), 0.0), axis=1, keepdims=True)

    @property
    def floats_per_run(self) -> int:
        """How many float64 one run works on, gradient included."""
        k, n = self.network.sizes
        return 5 * n * k + 3 * n * (n + k)

    def _blocks(self, runs: int) -> Iterator[slice]:
        """The runs in blocks that fit the cache."""
        size = runs_per_block(self.floats_per_run, max(runs, 1))
        yield from (slice(start, start + size) for start in range(0, runs, size))


def _loss(W: Array) -> Array:
    """F of the students W (runs, n, k), (runs,)."""
    k = W.shape[2]
    length, cosine = _cosines(W)
    bracket = (np.pi - np.arccos(cosine)) * cosine
    bracket += _sines(cosine)
    to_students, to_teachers = _pairs(bracket, W.shape)
    pull = 0.5 * np.einsum("rij,rj->ri", to_students, length) - np.einsum("rij->ri", to_teachers)
    F = np.einsum("ri,ri->r", length, pull) / (2.0 * np.pi) + (k / 4.0 + k * (k - 1) / (4.0 * np.pi))
    return np.maximum(F, 0.0)


def _gradient(W: Array, out: Array) -> None:
    """Write dF/dW of the students W into `out`, both (runs, n, k).

    An error e of cos t moves t by e / sin t, yet dkappa/dw by no more than e, since sin t and t are taken from the same
    cosine: the plain arc cosine is exact enough at any angle, and twice as fast as an arc tangent.
    """
    length, cosine = _cosines(W)
    rest = np.arccos(cosine)
    np.subtract(np.pi, rest, out=rest)
    to_students, to_teachers = _pairs(_sines(cosine), W.shape)
    along = np.einsum("rij,rj->ri", to_students, length)
    along -= np.einsum("rij->ri", to_teachers)
    along /= length
    to_students, to_teachers = _pairs(rest, W.shape)
    np.matmul(to_students, W, out=out)
    out -= to_teachers
    out += np.einsum("ri,rij->rij", along, W)
    out *= 1.0 / (2.0 * np.pi)
    out[length <= SHORTEST] = 0.0


def _cosines(W: Array) -> tuple[Array, Array]:
    """|w_i|, (runs, n), at least SHORTEST; and cos t of every student with every student and teacher, as `_pairs` has it."""
    runs, n, k = W.shape
    length = np.maximum(np.sqrt(np.einsum("rik,rik->ri", W, W)), SHORTEST)
    cosine = np.empty(runs * n * (n + k))
    to_students, to_teachers = _pairs(cosine, W.shape)
    np.divide(W, length[:, :, None], out=to_teachers)
    transposed = np.ascontiguousarray(
        np.swapaxes(to_teachers, 1, 2)
    )  # BLAS takes 4 times as long over a view of itself
    np.matmul(to_teachers, transposed, out=to_students)
    return length, np.clip(cosine, -1.0, 1.0, out=cosine)


def _pairs(flat: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """What `flat` holds of each student with each student (runs, n, n), and with each teacher (runs, n, k), as views."""
    runs, n, k = shape
    return flat[: runs * n * n].reshape(runs, n, n), flat[runs * n * n :].reshape(runs, n, k)


def _sines(cosine: Array) -> Array:
    """The sines of angles between 0 and pi, written over their cosines."""
    np.multiply(cosine, cosine, out=cosine)
    np.subtract(1.0, cosine, out=cosine)
    return np.sqrt(cosine, out=cosine)


def _hessian(W: Array) -> Array:
    """d2F/dW dW, (runs, n, k, n, k).

    The half-angle t/2 is taken from |q| and |p|, which loses nothing near parallel and opposite vectors (Kahan 2006).
    """
    runs, n, k = W.shape
    length = np.maximum(np.linalg.norm(W, axis=2), SHORTEST)
    unit = W / length[:, :, None]
    others = np.concatenate([unit, np.broadcast_to(np.eye(k), (runs, k, k))], axis=1)
    p, q = unit[:, :, None] + others[:, None], unit[:, :, None] - others[:, None]
    across, apart = np.linalg.norm(p, axis=3), np.linalg.norm(q, axis=3)
    hessian = np.zeros((runs, n, k, n, k))
    blocks = hessian.transpose(0, 1, 3, 2, 4)
    blocks[...] = _crossed(p[:, :, :n], q[:, :, :n], across[:, :, :n], apart[:, :, :n])
    students, sine = np.arange(n), 0.5 * across * apart
    weights = np.concatenate([length, np.full((runs, k), -1.0)], axis=1)[:, None]
    residual = others[:, None] - (0.25 * (across**2 - apart**2))[..., None] * unit[:, :, None]
    blocks[:, students, students] += _own(unit, residual, sine, weights) / length[:, :, None, None]
    hessian += hessian.transpose(0, 3, 4, 1, 2).copy()
    hessian *= 0.25 / np.pi
    gone = length <= SHORTEST
    hessian[gone] = 0.0
    hessian.transpose(0, 3, 4, 1, 2)[gone] = 0.0
    return hessian


def _crossed(p: Array, q: Array, across: Array, apart: Array) -> Array:
    """2 pi d2kappa/dw_i dw_j, (runs, n, n, k, k), from w_i' + w_j' and w_i' - w_j' (runs, n, n, k) and their lengths."""
    angle = 2.0 * np.arctan2(apart, across)
    blocks = (np.pi - angle)[..., None, None] * np.eye(p.shape[3])
    blocks += (0.5 * _ratio(apart, across))[..., None, None] * p[..., :, None] * p[..., None, :]
    blocks -= (0.5 * _ratio(across, apart))[..., None, None] * q[..., :, None] * q[..., None, :]
    return blocks


def _own(unit: Array, residual: Array, sine: Array, weights: Array) -> Array:
    """2 pi |w_i| sum_u weight d2kappa(w_i, u)/dw_i dw_i, (runs, n, k, k), over students and teachers u.

    unit: w_i', (runs, n, k).
    residual: u' - cos t w_i', (runs, n, n + k, k).
    sine: sin t, (runs, n, n + k).
    weights: |u|, negative for a teacher, (runs, 1, n + k).
    """
    flat = np.eye(unit.shape[2]) - unit[..., :, None] * unit[..., None, :]
    total = np.add.reduce(weights * sine, axis=2)
    outer = np.matmul(np.swapaxes(residual, 2, 3), residual * (weights * _ratio(1.0, sine))[..., None])
    return total[..., None, None] * flat + outer


def _ratio(a: Array | float, b: Array) -> Array:
    """The ratio a / b, and 0 where b is 0."""
    return np.divide(a, b, out=np.zeros_like(b), where=b > 0.0)
