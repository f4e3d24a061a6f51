"""Tasks that are stated for all inputs at once: data sets without examples, on which the objective is an expectation.

Their task is `population`, their arrays have the right number of rows and no columns; `nnexp.net.population` has the mean
loss in closed form.
"""

from __future__ import annotations

import numpy as np

from nnexp.parts.datasets.base import Data, Dataset
from nnexp.parts.registry import Count, part


@part("dataset", "relu_teacher")
class ReluTeacher(Dataset):
    """No examples: equal a sum of `units` orthonormal ReLU units on all Gaussian inputs at once (Safran & Shamir 2018).

    There are as many inputs as units. The loss is half of the mean squared difference over all inputs, in closed form.
    """

    units: Count = 6

    def load(self) -> Data:
        X, Y = np.empty((self.units, 0)), np.empty((1, 0))
        inputs = tuple(f"x{i + 1}" for i in range(self.units))
        return Data(X, Y, X.copy(), Y.copy(), "population", inputs, ("teacher",))
