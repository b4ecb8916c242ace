"""Rank correlations, effect sizes and permutation tests."""
