"""Data sets: generated, read and split."""
