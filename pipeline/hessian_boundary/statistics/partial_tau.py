"""Kendall's τ within blocks of models, and what is left of it when a third quantity is given."""

from collections.abc import Sequence

import numpy as np

from hessian_boundary.statistics.correlations import kendall_tau


def tau_within(x: np.ndarray, y: np.ndarray, block: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the mean of the blocks' τ_b (line,), weighted by their pairs.

    x and y are (model,), `block` (model,) numbers that of each, and `times` (line, model) says how
    often each is there. Models of different blocks are not compared. NaN without a pair.
    """
    return _taus_within([(x, y)], block, times)[0]


def partial_tau_within(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, block: np.ndarray, times: np.ndarray
) -> np.ndarray:
    """Return τ_xy·z (line,) of the blocks in which all three have an order (`partial_tau`)."""
    return partial_tau(*_taus_within([(x, y), (x, z), (y, z)], block, times))


def _taus_within(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]], block: np.ndarray, times: np.ndarray
) -> np.ndarray:
    """Return `tau_within` of each pair (pair, line), of the blocks that have all of them."""
    total, sizes = np.zeros((len(pairs), len(times))), np.zeros(len(times))
    for code in np.unique(block):
        mine = block == code
        taus = np.stack([kendall_tau(x[mine], y[mine], times[:, mine]) for x, y in pairs])
        drawn = times[:, mine].sum(axis=1)
        size = np.where(np.isfinite(taus).all(axis=0), drawn * (drawn - 1) / 2, 0)
        total += np.where(size > 0, taus, 0) * size
        sizes += size
    return np.divide(total, sizes, out=np.full(total.shape, np.nan), where=sizes > 0)


def partial_tau(xy: np.ndarray, xz: np.ndarray, yz: np.ndarray) -> np.ndarray:
    """Return τ_xy·z = (τ_xy − τ_xz τ_yz) / √((1 − τ_xz²)(1 − τ_yz²)); NaN where a root is 0.

    Source: Kendall (1942), Partial rank correlation, Biometrika 32, 277.
    """
    scale = np.sqrt(np.clip((1 - xz**2) * (1 - yz**2), 0, None))
    found = np.asarray(xy - xz * yz, dtype=float)
    return np.divide(found, scale, out=np.full_like(found, np.nan), where=scale > 1e-12)
