"""How bad is a guess? By its distance, by the likelihood it gives to what is so, or by the label it says."""

from nnexp.parts.losses import distance, labels, likelihood
from nnexp.parts.losses.base import TASKS, Loss

__all__ = ["TASKS", "Loss", "distance", "labels", "likelihood"]
