"""Cosines of per-sample gradients with eigenvectors, on samples and on grids (Equation 2)."""
