"""Where do the data points come from? Made by a rule, shipped with scikit-learn, or the user's own table."""

from nnexp.parts.datasets import made, population, shipped, stated, table
from nnexp.parts.datasets.base import Data, Dataset

__all__ = ["Data", "Dataset", "made", "population", "shipped", "stated", "table"]
