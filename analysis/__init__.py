"""The seeds of a recorded sweep compared: tables, figures, notebooks. Reads records, and computes nothing of its own."""

import nnexp.figures  # noqa: F401  which quiets matplotlib before anything here imports it
