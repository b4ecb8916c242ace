"""Figures of whole studies, not of single experiments."""
