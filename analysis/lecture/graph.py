"""L10: a net as a function graph, with the words of the lecture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from analysis.experiment import Endpoints, Finding
from analysis.lecture.claims import every, same, within
from analysis.lecture.row import Drawing, Row
from nnexp.figures.graph import function_graph


def small(ends: Sequence[Endpoints]) -> Figure:
    """A net of 2-3-1 with both directions."""
    return function_graph(ends[0].recalled.configuration, ends[0].recalled.theta, backward=True)


def large(ends: Sequence[Endpoints]) -> Figure:
    """A net of 4-8-8-3 forward."""
    return function_graph(ends[1].recalled.configuration, ends[1].recalled.theta)


def arrows(ends: Sequence[Endpoints]) -> Iterator[Finding]:
    """That it is feed-forward and fully connected, and that walking along the arrows gives what the net says."""
    for each, sizes in zip(ends, ([2, 3, 1], [4, 8, 8, 3]), strict=True):
        recalled, called = each.recalled, "-".join(map(str, sizes))
        yield same(f"{called}: values in each layer, inputs first", sizes, list(recalled.objective.network.sizes))
        weights = recalled.weights()
        n = sum((m + 1) * n for m, n in pairwise(sizes))
        yield same(f"{called}: arrows that carry a weight or an offset", n, recalled.theta.size)
        yield every(
            f"{called}: every value meets every neuron of the next layer", [(W != 0.0).all() for W, _ in weights]
        )
        X = recalled.configuration.data.X_train
        off = float(np.abs(_along(each, X) - each.guess(X)).max())
        yield within(f"{called}: sums and f along the arrows, forward only, give the guess, off by", off, 1e-12)


def _along(ends: Endpoints, X: np.ndarray) -> np.ndarray:
    """The guess, neuron by neuron: z = sum of weights times values plus offset, a = tanh(z), the output's own unit last."""
    a, layers = X, ends.recalled.weights()
    for place, (W, W0) in enumerate(layers):
        z = np.array([sum(W[i, j] * a[i] for i in range(len(a))) + W0[j] for j in range(len(W0))])
        a = np.tanh(z) if place < len(layers) - 1 else z
    if len(a) == 1:
        return np.asarray(1.0 / (1.0 + np.exp(-a)))
    return np.asarray(np.exp(a) / np.exp(a).sum(axis=0))


ROWS = (
    Row(
        "L10",
        "Function graph",
        "Circles are functions (sums and f), values have none. Inputs, neurons, layers, hidden layers, the output "
        "layer; forward and backward; no arrow back (feed-forward); every value goes to every neuron (fully "
        "connected).",
        "How many neurons has a net of two inputs, three hidden units and one output, and how many numbers are "
        "learned?",
        "The graph of a trained net from left to right: two inputs, three neurons, each a circle with a sum and a "
        "circle with f, an output neuron, the loss; lines as wide as their weights, blue below 0 and orange above; "
        "derivatives from right to left.",
        ("l10_graph",),
        small,
        arrows,
        (
            Drawing(
                "The graph of a net with four inputs, two hidden layers of eight neurons and three outputs, its "
                "trained weights as the width and color of its lines.",
                large,
            ),
        ),
    ),
)
