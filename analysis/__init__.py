"""The seeds of a recorded sweep compared: tables, figures, notebooks. Reads records, and computes nothing of its own."""
