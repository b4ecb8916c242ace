"""Figures, from arrays to PDF and PNG."""
