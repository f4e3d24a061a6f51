"""The numeric core: networks, the objective, and training, for whole stacks of runs at once."""
