"""Eigenpairs of a sum of dyads whose lengths differ by any number of orders of magnitude.

When the vectors, scaled to unit length, are well conditioned, a sum Σ_k a_k a_kᵀ determines every
non-zero eigenvalue, however small, to high relative precision, and one-sided Jacobi rotations find
them (Demmel & Veselić 1992, SIAM J. Matrix Anal. Appl. 13, 1204; Drmač & Veselić 2008, ibid. 29,
1322: LAPACK's xGEJSV).

The same cannot be had for the Hessian H = F + K in float64: K couples a direction with a large
eigenvalue λ to one of weight w ≪ λ, which gives eigenvalues of about −w²/λ that the digits of w do
not determine.
"""

import numpy as np
from scipy.linalg import qr

from hessian_boundary.curvature.gauss_newton.rotations import graded_singular_pairs
from hessian_boundary.runtime.progress import Progress

# What remains of a vector after orthogonalisation, relative to its length, that is round-off.
ROUND_OFF = 1e-13
# Vectors whose squared length is below this are left out: it is the smallest safe number.
SMALLEST = 1e-290
PANEL = 128  # vectors that are orthogonalised at once
# Of a panel's longest vector: shorter directions wait for the next one. A vector that the panel
# exhausts leaves 1e-16 of its length in them, which may be no more than round-off beside them.
GRADING = 0.3


def graded_eigenpairs(units: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues (r,) and orthonormal vectors (r, d) of Σ_k (l_k u_k) (l_k u_k)ᵀ.

    All pairs outside the null space, the largest eigenvalue first, for unit vectors u (m, d) and
    their lengths l (m,). A vector that is, to round-off, a combination of longer ones adds no
    direction.

    Raises ValueError when all vectors are too short for float64, ArithmeticError when the rotations
    do not converge.
    """
    used = np.square(lengths) > SMALLEST
    if not used.any():
        raise ValueError(
            f"expected vectors of at least {SMALLEST**0.5:.0e}, found at most "
            f"{lengths.max(initial=0):.0e}; the loss of this network is flat in float64"
        )
    basis, coefficients = graded_basis(units[used], lengths[used])
    coefficients *= lengths[used, None]
    singular, rotation = graded_singular_pairs(coefficients)
    return singular**2, rotation.T @ basis


def graded_basis(units: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return orthonormal q (r, d) and coefficients c (m, r) with u = c q.

    Gram-Schmidt with about the longest remainder next, a panel of vectors at a time: in that order
    l c is triangular and graded. A library's pivoted QR of all vectors would take the round-off
    that remains of a dependent one for a direction, and turn shorter vectors away from it: here
    what is dropped as dependent has zero coefficients from then on.
    """
    most = min(units.shape)
    basis, coefficients = np.empty((most, units.shape[1])), np.zeros((len(units), most))
    left, remainder, rank = np.arange(len(units)), units.copy(), 0
    progress = Progress("vectors of the graded basis", len(units))
    while True:
        sizes = np.sqrt(np.einsum("kd,kd->k", remainder, remainder))
        independent = sizes > ROUND_OFF
        if not independent.all():
            left, remainder, sizes = left[independent], remainder[independent], sizes[independent]
        if not len(left) or rank == most:
            return basis[:rank], coefficients[:, :rank]
        directions, taken = _panel(remainder, sizes, lengths[left], min(PANEL, most - rank))
        directions = _orthonormal(directions, basis[:rank])
        new = slice(rank, rank + len(directions))
        part = remainder @ directions.T
        part[taken] = np.tril(part[taken])  # the rest is round-off, of a long vector perhaps
        coefficients[left, new], basis[new], rank = part, directions, new.stop
        others = np.ones(len(left), dtype=bool)
        others[taken] = False
        left, remainder = left[others], remainder[others]
        remainder -= part[others] @ directions
        progress.update(len(units) - len(left))


def _panel(
    remainder: np.ndarray, sizes: np.ndarray, lengths: np.ndarray, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the next directions (b, d), b ≤ most, and the vectors (b,) they are taken from."""
    remaining = sizes * lengths
    chosen = np.argsort(-remaining, kind="stable")[:most]
    panel = (lengths[chosen, None] * remainder[chosen]).T
    columns, triangle, pivots = qr(panel, mode="economic", pivoting=True, check_finite=False)
    pivot_sizes = abs(triangle.diagonal())
    taken = chosen[pivots[: len(pivot_sizes)]]
    good = (pivot_sizes > ROUND_OFF * lengths[taken]) & (pivot_sizes >= GRADING * remaining.max())
    count = len(good) if good.all() else int(good.argmin())
    return columns.T[:count], taken[:count]


def _orthonormal(directions: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Orthogonalise directions (b, d) against orthonormal rows once more, and among themselves."""
    directions = directions - (directions @ basis.T) @ basis
    return np.linalg.qr(directions.T)[0].T
