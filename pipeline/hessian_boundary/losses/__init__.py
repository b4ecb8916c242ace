"""Losses of a batch and of each sample, their derivatives, and losses of one's own."""
