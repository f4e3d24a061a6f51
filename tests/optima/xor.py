"""XOR, 2-2-1, tanh, nll, a penalty on all parameters: small enough for its whole landscape, and rich enough to have one."""

import numpy as np

from nnexp.net.network import Network
from nnexp.net.objective import Objective, Sample
from nnexp.parts import registry

L2 = 0.01
RUNGS = (0.3452364, 0.3787338, 0.5335921, 0.5335921, 0.6931472)
"""J of its five minima, to seven places; two are mirror images of each other by the data, which is no symmetry of the net."""


def objective():
    X, Y = np.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 1.0, 0.0]])
    tanh, sigmoid, nll = (
        registry.make(*part) for part in (("activation", "tanh"), ("activation", "sigmoid"), ("loss", "nll"))
    )
    return Objective(
        Network((2, 2, 1), (tanh,), sigmoid, nll), Sample(X, Y), Sample(X, Y), "binary", penalize_offsets=True
    )


def starts(runs, scale=1.5):
    return scale * np.random.default_rng(0).normal(size=(runs, 9))
