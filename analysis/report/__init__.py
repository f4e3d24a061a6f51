"""A sweep's report: one HTML page that says in words, tables and pictures what was asked and what was found."""
