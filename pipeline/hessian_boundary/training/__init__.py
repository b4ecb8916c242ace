"""Training a network as an experiment says, and what is kept of it."""
