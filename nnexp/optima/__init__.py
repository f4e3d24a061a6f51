"""Where training ends: what the seeds of a configuration have in common, and what tells them apart."""
