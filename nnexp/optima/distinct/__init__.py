"""Which endpoints are one and the same optimum: symmetry, matching, the catalogue, and what the seeds have not shown."""
