"""The exchangeable parts of an experiment, one module per kind, siblings side by side."""
