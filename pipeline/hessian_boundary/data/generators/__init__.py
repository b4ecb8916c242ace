"""Generators that a configuration can name."""
