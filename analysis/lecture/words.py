"""How is a unit of a net said as a formula?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from analysis.experiment import Endpoints

MINUS = "\N{MINUS SIGN}"


def weighted(weights: Iterable[float], offset: float, names: Sequence[str]) -> str:
    """A weighted sum with its offset, such as 2 f1 + f2 - 2.5."""
    terms = [(w, name) for w, name in zip(weights, names, strict=True) if w]
    said = " ".join(_term(w, name, first=i == 0) for i, (w, name) in enumerate(terms))
    return f"{said} {_sign(offset)} {abs(offset):g}" if offset else said


def _term(weight: float, name: str, first: bool) -> str:
    size = "" if abs(weight) == 1.0 else f"{abs(weight):g} "
    sign = ("" if weight > 0.0 else MINUS) if first else f"{_sign(weight)} "
    return f"{sign}{size}{name}"


def _sign(number: float) -> str:
    return "+" if number > 0.0 else MINUS


def features(ends: Endpoints, names: Sequence[str]) -> list[str]:
    """The units of the first layer of a hand-set net, such as f1 = step(x1 + x2 - 6)."""
    W, W0 = ends.recalled.weights()[0]
    f = ends.recalled.configuration.activations[0].name
    return [f"{f_(i)} = {f}({weighted(W[:, i], W0[i], names)})" for i in range(W.shape[1])]


def output(ends: Endpoints) -> str:
    """The last weighted sum of a hand-set net, such as z = f1 + f2 - 0.5."""
    W, W0 = ends.recalled.weights()[-1]
    return f"z = {weighted(W[:, 0], float(np.round(W0[0], 12)), [f_(i) for i in range(len(W))])}"


def f_(i: int) -> str:
    """The name of a feature."""
    return f"$f_{i + 1}$"
