"""Rows of panels, one for each experiment."""
