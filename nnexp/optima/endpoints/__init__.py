"""What kind of point is an endpoint: the polish, the verdicts, and why a run ended there."""
