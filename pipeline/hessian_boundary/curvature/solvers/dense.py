"""The whole Hessian and LAPACK: the reference that every other method is compared with."""

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.solvers.linear_algebra import product, symmetric_eigenpairs
from hessian_boundary.curvature.solvers.symmetric_operator import NOT_FINITE, SymmetricOperator
from hessian_boundary.runtime.progress import Progress, at_work


class DenseMatrix:
    """A symmetric matrix (p, p) held in memory, as the map V (k, p) ↦ V H (k, p).

    `products` counts the vectors multiplied so far.
    """

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        self.dimension, self.dtype, self.device = len(matrix), matrix.dtype, matrix.device
        self.products = 0

    def __call__(self, block: Tensor) -> Tensor:
        """Return the products (k, p) of the rows of `block` (k, p) with H."""
        self.products += len(block)
        return product(block, self.matrix)


def dense_matrix(operator: SymmetricOperator, block: int = 256) -> Tensor:
    """Return the symmetrised p × p matrix, one block of unit vectors at a time.

    Raises ValueError when a product is not finite.
    """
    size = operator.dimension
    matrix = torch.empty(size, size, dtype=operator.dtype, device=operator.device)
    progress = Progress("dense Hessian: row", size)
    for start in range(0, size, block):
        rows = min(block, size - start)
        unit = torch.zeros(rows, size, dtype=operator.dtype, device=operator.device)
        unit[:, start : start + rows] = torch.eye(rows, dtype=operator.dtype)
        matrix[start : start + rows] = operator(unit)
        progress.update(start + rows)
    if not torch.isfinite(matrix).all():
        raise ValueError(NOT_FINITE)
    return matrix.add_(matrix.T.clone()).mul_(0.5)


def dense_eigenpairs(operator: SymmetricOperator, *, rank_tolerance: float) -> Eigenpairs:
    """Diagonalise the dense matrix: all eigenvalues; pairs above the rank tolerance are kept.

    Memory: about 4 p² numbers. Residuals are taken with the matrix before diagonalisation.
    """
    matrix = operator.matrix if isinstance(operator, DenseMatrix) else dense_matrix(operator)
    with at_work("eigenvectors of the dense Hessian"):
        eigenvalues, columns = symmetric_eigenpairs(matrix)
    keep = torch.nonzero(eigenvalues.abs() > rank_tolerance * eigenvalues.abs().max()).flatten()
    keep = keep.flip(0)
    values, vectors = eigenvalues[keep], columns[:, keep].T.contiguous()
    del columns
    error = product(vectors, matrix) - values[:, None] * vectors
    residuals = torch.linalg.vector_norm(error, dim=1)
    return Eigenpairs(
        eigenvalues=values,
        eigenvectors=vectors,
        residuals=residuals,
        certificate=float(torch.linalg.vector_norm(error)),
        null_space=operator.dimension - len(values),
        complete=True,
    )
