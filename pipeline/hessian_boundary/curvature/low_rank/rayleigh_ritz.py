"""The Rayleigh–Ritz step: eigenpairs of a symmetric matrix H from a basis of its range.

Vectors are rows throughout: Q is (r, p) and Q Qᵀ = 1. Q is never copied whole.
"""

import math

import torch
from torch import Tensor

from hessian_boundary.curvature.low_rank.range_basis import RangeBasis
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.solvers.linear_algebra import (
    column_slices,
    product,
    symmetric_eigenpairs,
)
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.runtime.progress import Progress, at_work


def rayleigh_ritz(
    operator: SymmetricOperator, basis: RangeBasis, rank_tolerance: float
) -> Eigenpairs:
    """Return the eigenpairs of H in the span of Q with |λ| > rank_tolerance · max|λ|.

    The symmetric part of T = Q H Qᵀ is Uᵀ Λ U, and the eigenvectors are the rows of U Q.

    The residual of a pair has two parts at right angles: the asymmetry of T, which is round-off
    inside the span of Q, and the defect outside of it (see `_project`).
    """
    if not basis.size:
        return _no_eigenpairs(operator)
    projected, defects, unit = _project(operator, basis)
    certificate = unit * math.hypot(*(float(_lengths(block).norm()) for block in defects))
    with at_work("Rayleigh-Ritz: eigenvectors"):
        eigenvalues, rotation = symmetric_eigenpairs((projected + projected.T) / 2)
    keep = torch.nonzero(eigenvalues.abs() > rank_tolerance * eigenvalues.abs().max())
    keep = keep.flatten().flip(0)
    values, rotation = eigenvalues[keep], rotation[:, keep].T.contiguous()
    single = rotation.to(defects[0].dtype)
    asymmetry = product(single, ((projected - projected.T) / (2 * unit)).to(single.dtype))
    squares = _lengths(asymmetry).square()
    for columns in column_slices(defects[0].shape[1]):
        defect = torch.cat([block[:, columns] for block in defects])
        defect = defect[:, defect.any(0)]  # of parameters that the loss does not depend on, none
        squares += _lengths(product(single, defect)).square()
    del defects, single
    return Eigenpairs(
        eigenvalues=values,
        eigenvectors=basis.combined(rotation),
        residuals=unit * squares.sqrt().to(values.dtype),
        certificate=certificate,
        null_space=operator.dimension - len(values),
        complete=True,
    )


def _project(operator: SymmetricOperator, basis: RangeBasis) -> tuple[Tensor, list[Tensor], float]:
    """Return T = Q H Qᵀ (r, r), the defects E = Q H − T Q block by block, and their unit.

    With the rotation U that diagonalises T, the residuals of the pairs are the rows of U E. The
    defects are round-off of which only the size matters, so single precision holds them; their
    unit is about the largest number of H, which may be smaller than any that it holds.
    """
    rows, defects, unit = [], [], 0.0
    progress = Progress("Rayleigh-Ritz: direction", basis.size)
    for products, coordinates in basis.products(operator):
        rows.append(coordinates)
        defect = products - basis.combined(coordinates)
        unit = unit or 2.0 ** math.frexp(float(products.abs().max()))[1]
        part = defect if basis.support is None else defect[:, basis.support]
        defects.append((part / unit).float())
        progress.update(sum(map(len, rows)))
    return torch.cat(rows), defects, unit


def _lengths(rows: Tensor) -> Tensor:
    """Return the lengths of rows (k, q) of single precision, whose squares it may not hold."""
    return torch.linalg.vector_norm(rows, dim=1, dtype=torch.float64)


def _no_eigenpairs(operator: SymmetricOperator) -> Eigenpairs:
    """The eigenpairs of a zero matrix: there are none outside the null space."""
    none = torch.empty(0, dtype=operator.dtype, device=operator.device)
    vectors = none.new_empty(0, operator.dimension)
    return Eigenpairs(none, vectors, none, 0.0, operator.dimension, complete=True)
