"""Kendall's τ within blocks of models, and what is left of it when a third quantity is given."""

import numpy as np

from hessian_boundary.statistics.correlations import kendall_tau


def tau_within(x: np.ndarray, y: np.ndarray, block: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the mean of the blocks' τ_b (line,), weighted by their pairs.

    x and y are (model,), `block` (model,) numbers that of each, and `times` (line, model) says how
    often each is there. Models of different blocks are not compared. NaN without a pair.
    """
    total, pairs = np.zeros(len(times)), np.zeros(len(times))
    for code in np.unique(block):
        mine = block == code
        tau = kendall_tau(x[mine], y[mine], times[:, mine])
        drawn = times[:, mine].sum(axis=1)
        size = np.where(np.isfinite(tau), drawn * (drawn - 1) / 2, 0)
        total += np.where(size > 0, tau, 0) * size
        pairs += size
    return np.divide(total, pairs, out=np.full(len(times), np.nan), where=pairs > 0)


def partial_tau(xy: np.ndarray, xz: np.ndarray, yz: np.ndarray) -> np.ndarray:
    """Return τ_xy·z = (τ_xy − τ_xz τ_yz) / √((1 − τ_xz²)(1 − τ_yz²)); NaN where a root is 0.

    Source: Kendall (1942), Partial rank correlation, Biometrika 32, 277.
    """
    scale = np.sqrt(np.clip((1 - xz**2) * (1 - yz**2), 0, None))
    found = np.asarray(xy - xz * yz, dtype=float)
    return np.divide(found, scale, out=np.full_like(found, np.nan), where=scale > 1e-12)
