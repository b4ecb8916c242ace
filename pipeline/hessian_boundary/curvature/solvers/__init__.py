"""Eigensolvers for any symmetric matrix that is known by its products."""
