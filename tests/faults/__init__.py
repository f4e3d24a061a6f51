"""What goes wrong around a sweep, done to it on purpose: scenarios that `make faults` runs at length and tests run in short."""
