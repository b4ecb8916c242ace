"""How much two sets of eigenvectors have in common, one by one and as subspaces."""

import numpy as np


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return ⟨u_i, v_i⟩ for unit vectors u, v (eigen, parameter), for as many as both have."""
    pairs = min(len(first), len(second))
    return np.einsum("ip,ip->i", first[:pairs], second[:pairs])


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Return ‖U Vᵀ‖_F² / k for orthonormal U, V (k, parameter): the mean squared cosine.

    It is 1 for equal subspaces, 0 for orthogonal ones, and does not depend on the bases: single
    eigenvectors are arbitrary where eigenvalues nearly coincide. Source: Appendix M, and Gur-Ari
    et al. (2018) for the measure.
    """
    return float(np.square(first @ second.T).sum() / max(len(first), len(second)))
