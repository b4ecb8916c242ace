"""Measurements against baselines and other libraries: `make bench`, `make bench-peers`."""
