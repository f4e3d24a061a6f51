"""Which nets are trained, on what data, how many at a time and for how many steps?

A `Problem` is a workload with runs and steps: everything that a peer needs to train the same nets from the same weights in
the same order of the data. The order is drawn here, outside of what is timed; only ours draws its own while it is timed.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import nets
import numpy as np

from nnexp.net.network import Network
from nnexp.net.objective import Objective, Sample
from nnexp.net.streams import Order
from nnexp.net.training import initial_theta
from nnexp.parts import registry


@dataclass(frozen=True)
class Workload:
    """A net, its data and its descent.

    batch: how many examples a step sees, drawn with replacement; None is all of them.
    steps: how many steps are timed for each number of runs.
    """

    letter: str
    sizes: tuple[int, ...]
    activation: str
    loss: str
    n: int
    batch: int | None
    step_size: float
    steps: dict[int, int] = field(hash=False)

    @property
    def title(self):
        """What the workload is, in a few words."""
        order = {None: "GD", 1: "single-point SGD"}.get(self.batch, f"batches of {self.batch}")
        return f"{'-'.join(map(str, self.sizes))} {self.activation}, {self.n} points, {order}"

    @cached_property
    def sample(self):
        """Normal inputs (m, n) and 0-1 targets (outputs, n): exclusive or, or the strongest of random directions."""
        rng = np.random.default_rng(2026)
        X = rng.normal(size=(self.sizes[0], self.n))
        if self.loss == "nll":
            return Sample(X, (X[:1] * X[1:2] > 0.0).astype(float))
        strongest = (rng.normal(size=(self.sizes[-1], self.sizes[0])) @ X).argmax(axis=0)
        return Sample(X, np.eye(self.sizes[-1])[:, strongest])

    @cached_property
    def objective(self):
        """J without penalty and without a test sample."""
        loss = registry.make("loss", self.loss)
        unit = None if loss.output == "softmax" else registry.make("activation", loss.output)
        hidden = (registry.make("activation", self.activation),) * (len(self.sizes) - 2)
        nothing = Sample(self.sample.X[:, :0], self.sample.Y[:, :0])
        return Objective(Network(self.sizes, hidden, unit, loss), self.sample, nothing, loss.tasks[0])

    def problem(self, runs, steps=None):
        """So many runs, with seeds 0, 1, ..., and steps, the table's unless given."""
        return Problem(self, runs, steps or self.steps[runs])


@dataclass(frozen=True)
class Problem:
    """A workload with so many runs and steps."""

    workload: Workload
    runs: int
    steps: int

    @cached_property
    def stack(self):
        """The runs as nnexp trains them, J measured at the start and the end only."""
        batch = self.workload.batch
        stack = nets.stack(
            self.workload.objective,
            nets.sgd(batch) if batch else registry.make("optimizer", "gd"),
            runs=self.runs,
            steps=self.steps,
            every_step=False,
            step_sizes=np.full(self.runs, self.workload.step_size),
            initializers=(registry.make("initializer", "glorot"),) * self.runs,
        )
        return replace(stack, recorded=(0, self.steps), snapshots=())

    @cached_property
    def theta(self):
        """Where every run starts, (runs, parameters)."""
        return initial_theta(self.stack)

    @cached_property
    def order(self):
        """The indices of the examples that each step of each run sees, (steps, runs, batch); None for all of them."""
        if self.workload.batch is None:
            return None
        order = Order(range(self.runs), self.workload.n, self.workload.batch, shuffles=False)
        return np.stack([order.at(t).astype(np.int32) for t in range(self.steps)])

    def cut(self, runs=None, steps=None):
        """The same with fewer runs or steps."""
        return replace(self, runs=min(runs or self.runs, self.runs), steps=min(steps or self.steps, self.steps))

    def losses(self, theta):
        """The mean loss of every run where it ended, (runs,)."""
        return self.workload.objective.value(theta)


WORKLOADS = {
    workload.letter: workload
    for workload in (
        Workload("a", (2, 8, 1), "tanh", "nll", 200, None, 0.1, {1: 8192, 64: 2048, 1024: 256}),
        Workload("b", (2, 32, 32, 1), "relu", "nll", 500, None, 0.05, {1: 2048, 64: 256, 1024: 64}),
        Workload("c", (20, 128, 128, 10), "relu", "softmax_nll", 1000, None, 0.05, {1: 128, 16: 24}),
        Workload("d", (2, 8, 1), "tanh", "nll", 200, 1, 0.02, {1: 8192, 64: 8192, 1024: 16384}),
        Workload("e", (2, 32, 32, 1), "relu", "nll", 500, 32, 0.05, {1: 8192, 64: 1024, 1024: 256}),
    )
}
