"""The Rayleigh–Ritz step: eigenpairs of a symmetric matrix H from a basis of its range.

Vectors are rows throughout: Q is (r, p) and Q Qᵀ = 1. Q comes in blocks of rows and without the
columns of parameters that H does not touch, and is never copied whole.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.solvers.linear_algebra import column_slices, embed_columns
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.runtime.progress import Progress


def rayleigh_ritz(
    operator: SymmetricOperator, active: Tensor, basis: list[Tensor], rank_tolerance: float
) -> Eigenpairs:
    """Return the eigenpairs of H in the span of Q with |λ| > rank_tolerance · max|λ|.

    `active` (p,) marks the rows of H that are not zero; `basis` holds the rows of Q in blocks
    (r_j, active.sum()), together orthonormal. The symmetric part of T = Q H Qᵀ is Uᵀ Λ U, and the
    eigenvectors are the rows of U Q.

    The residual of a pair has two parts at right angles: the asymmetry of T, which is round-off
    inside the span of Q, and the defect outside of it (see `_project`).
    """
    if not basis:
        return _no_eigenpairs(operator)
    projected, defects, certificate = _project(operator, active, basis)
    eigenvalues, rotation = torch.linalg.eigh((projected + projected.T) / 2)
    keep = torch.nonzero(eigenvalues.abs() > rank_tolerance * eigenvalues.abs().max())
    keep = keep.flatten().flip(0)
    values, rotation = eigenvalues[keep], rotation[:, keep].T.contiguous()
    asymmetry = torch.linalg.vector_norm(rotation @ (projected - projected.T) / 2, dim=1)
    squares = asymmetry.square()
    for _, defect in _columns(defects):
        squares += (rotation.to(defect.dtype) @ defect).square().sum(1)
    del defects
    vectors = values.new_zeros(len(keep), operator.dimension)
    positions = torch.nonzero(active).flatten()
    for columns, part in _columns(basis):
        vectors[:, positions[columns]] = rotation @ part
    return Eigenpairs(
        eigenvalues=values,
        eigenvectors=vectors,
        residuals=squares.sqrt(),
        certificate=certificate,
        null_space=operator.dimension - len(values),
        complete=True,
    )


def _project(
    operator: SymmetricOperator, active: Tensor, basis: list[Tensor]
) -> tuple[Tensor, list[Tensor], float]:
    """Return T = Q H Qᵀ (r, r), the defects E = Q H − T Q block by block, and ‖E‖_F.

    With the rotation U that diagonalises T, the residuals of the pairs are the rows of U E. The
    defects are round-off of which only the size matters, so single precision holds them.
    """
    rows, defects, square = [], [], 0.0
    progress = Progress("Rayleigh-Ritz: direction", sum(map(len, basis)))
    for block in basis:
        image = operator(embed_columns(block, active))[:, active]
        rows.append(torch.cat([image @ other.T for other in basis], dim=1))
        start = 0
        for other in basis:
            image.addmm_(rows[-1][:, start : start + len(other)], other, alpha=-1)
            start += len(other)
        square += float(image.square().sum())
        defects.append(image.float())
        progress.update(sum(map(len, rows)))
    return torch.cat(rows), defects, square**0.5


def _no_eigenpairs(operator: SymmetricOperator) -> Eigenpairs:
    """The eigenpairs of a zero matrix: there are none outside the null space."""
    none = torch.empty(0, dtype=operator.dtype, device=operator.device)
    vectors = none.new_empty(0, operator.dimension)
    return Eigenpairs(none, vectors, none, 0.0, operator.dimension, complete=True)


def _columns(blocks: list[Tensor]) -> Iterator[tuple[slice, Tensor]]:
    """Yield the stacked blocks (r, p) a few columns at a time, without stacking them whole."""
    for columns in column_slices(blocks[0].shape[1]):
        yield columns, torch.cat([block[:, columns] for block in blocks])
