"""A training that was stopped, and how it goes on."""
