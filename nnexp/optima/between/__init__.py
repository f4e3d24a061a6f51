"""What lies between optima: barriers, passes, the graph of both, slices and basins."""
