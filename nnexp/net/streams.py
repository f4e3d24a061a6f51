"""Which random numbers does a run use, and for what, and how long is each of its steps?

Every purpose has a stream of its own, so that the initial weights do not depend on how the data are ordered, and the order
does not depend on how many weights were drawn. A stream is named by a seed and its purpose, on any machine.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

INITIAL_WEIGHTS, ORDER_OF_DATA = 0, 1


def stream(seed: int, purpose: int) -> np.random.Generator:
    """The generator of this seed for this purpose."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose,))))


class Order:
    """Which examples each run of a stack sees at each step.

    Args:
        seeds: the order seed of each run.
        n: how many examples there are.
        batch: how many a step sees.
        shuffles: whether each pass sees every example once, in a new order, its last batch being what is left over.
    """

    CHUNK = 1024

    def __init__(self, seeds: Sequence[int], n: int, batch: int, shuffles: bool) -> None:
        self._streams = [stream(seed, ORDER_OF_DATA) for seed in seeds]
        self._n, self._batch, self._shuffles = n, batch, shuffles
        self._steps_per_pass = -(-n // batch)
        self._start, self._drawn = -1, np.empty((0, len(seeds), batch), dtype=np.intp)
        self._dealt = [np.empty((0, batch), dtype=np.intp) for _ in seeds]

    def at(self, t: int) -> NDArray[np.intp]:
        """The examples' indices at step t, (runs, batch); steps are asked for in order, or again within a chunk.

        The last batch of a shuffled pass is smaller where the batch does not divide the number of examples.
        """
        return self.between(t, t + 1)[0]

    def between(self, start: int, stop: int) -> NDArray[np.intp]:
        """The same for steps start .. stop - 1, which lie in one chunk and see as many examples each: (steps, runs, batch)."""
        first = start - start % self.CHUNK
        if first != self._start:
            self._draw(first)
        return self._drawn[start - first : stop - first, :, : self.size(start)]

    def alike(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Steps start .. stop - 1 in spans (first, last + 1) of steps that see as many examples each."""
        if not self._shuffles or self._n % self._batch == 0:
            return [(start, stop)]
        short = [t for t in range(start, stop) if (t + 1) % self._steps_per_pass == 0]
        cuts = sorted({start, stop, *short, *(t + 1 for t in short)})
        return list(pairwise(cuts))

    def size(self, t: int) -> int:
        """How many examples step t sees."""
        if not self._shuffles or (t + 1) % self._steps_per_pass:
            return self._batch
        return self._n - self._batch * (self._steps_per_pass - 1)

    def only(self, chosen: NDArray[np.intp]) -> Order:
        """The order of these runs alone, each perhaps more than once, going on from where it is."""
        other = copy.copy(self)
        other._streams, other._dealt = (
            [copy.deepcopy(self._streams[i]) for i in chosen],
            [self._dealt[i] for i in chosen],
        )
        other._drawn = self._drawn[:, chosen] if self._start >= 0 else self._drawn[:, : len(chosen)]
        return other

    def _draw(self, start: int) -> None:
        shape = (self.CHUNK, len(self._streams), self._batch)
        if self._drawn.shape != shape:
            self._drawn = np.zeros(shape, dtype=np.intp)
        if self._shuffles:
            for run, rng in enumerate(self._streams):
                self._fill_shuffled(run, rng, start)
        else:
            self._fill_drawn()
        self._start = start

    def _fill_drawn(self) -> None:
        """Draw a chunk with replacement: the whole part of n times a number from [0, 1), which is less than n also rounded."""
        shares = np.empty((len(self._streams), self.CHUNK, self._batch))
        for rng, row in zip(self._streams, shares, strict=True):
            rng.random(out=row)
        shares *= self._n
        self._drawn[...] = shares.transpose(1, 0, 2)

    def _fill_shuffled(self, run: int, rng: np.random.Generator, start: int) -> None:
        """Deal out a run's chunk, pass after pass; a pass that the chunk cuts is kept for the next one."""
        t, stop = start, start + self.CHUNK
        while t < stop:
            place = t % self._steps_per_pass
            if place == 0:
                self._dealt[run] = self._deal(rng)
            count = min(self._steps_per_pass - place, stop - t)
            self._drawn[t - start : t - start + count, run] = self._dealt[run][place : place + count]
            t += count

    def _deal(self, rng: np.random.Generator) -> NDArray[np.intp]:
        """A pass in a new order, (steps, batch), its last row filled up with zeros."""
        dealt = np.zeros((self._steps_per_pass, self._batch), dtype=np.intp)
        dealt.ravel()[: self._n] = rng.permutation(self._n)
        return dealt


class StepSizes:
    """The step size of each run at each step: its own step size times its schedule's factor, a chunk at a time."""

    CHUNK = Order.CHUNK

    def __init__(self, base: Array, schedules: Sequence[Any]) -> None:
        self._base, self._schedules = base, tuple(schedules)
        self._start, self._table = -1, np.empty((0, len(base)))

    def at(self, t: int) -> Array:
        """(runs,) at step t."""
        return self.between(t, t + 1)[0]

    def between(self, start: int, stop: int) -> Array:
        """(steps, runs) for steps start .. stop - 1, which lie in one chunk."""
        first = start - start % self.CHUNK
        if first != self._start:
            steps = np.arange(first, first + self.CHUNK)
            distinct = list(dict.fromkeys(self._schedules))
            factors = np.stack([schedule.factor(steps) for schedule in distinct], axis=1)
            self._table = factors.take([distinct.index(schedule) for schedule in self._schedules], axis=1)
            self._table *= self._base
            self._start = first
        return self._table[start - first : stop - first]

    def only(self, chosen: NDArray[np.intp]) -> StepSizes:
        """The step sizes of these runs alone."""
        return StepSizes(self._base[chosen], [self._schedules[i] for i in chosen])
