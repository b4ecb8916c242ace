"""Checks against plain automatic differentiation: what an array passed before it is saved."""
