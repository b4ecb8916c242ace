"""What the eigensolvers share: orthogonalisation of blocks of rows, and products of large matrices.

Vectors are rows throughout. On the CPU large matrices are multiplied and decomposed by NumPy's and
SciPy's OpenBLAS: PyTorch's MKL makes no use of AVX-512 on AMD's processors, and takes up to twice
as long there (EPYC 9005: 54 and 101 GFLOP/s in float64).
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from scipy import linalg
from torch import Tensor

from hessian_boundary.curvature.solvers.symmetric_operator import NOT_FINITE

# Products that are added up in single precision, at most.
SUMMED = 4096


def orthogonalise(block: Tensor, blocks: Sequence[Tensor]) -> Tensor:
    """Subtract from each row its component in the span of the blocks, of orthonormal rows."""
    for basis in blocks:
        block = torch.addmm(block, inner_products(block, basis).to(block), basis, alpha=-1)
    return block


def inner_products(rows: Tensor, others: Tensor) -> Tensor:
    """Return rows · othersᵀ (k, m), float64, for rows (k, p) and (m, p) of any precision.

    Sums of 100,000 products are off by 1e-5 where they are added up in float32.
    """
    if rows.dtype == torch.float64:
        return rows @ others.T
    total = torch.zeros(len(rows), len(others), dtype=torch.float64, device=rows.device)
    for columns in column_slices(rows.shape[1], SUMMED):
        total += rows[:, columns] @ others[:, columns].T
    return total


def orthonormal(rows: Tensor) -> Tensor:
    """Orthonormalise rows that are nearly orthonormal already (Cholesky QR)."""
    factor = torch.linalg.cholesky(rows @ rows.T)
    return torch.linalg.solve_triangular(factor, rows, upper=False)


def principal_directions(block: Tensor) -> tuple[Tensor, Tensor]:
    """Orthonormal rows spanning `block` (k, p), with its singular values (k,), descending."""
    columns, triangle = qr(block.T)
    rotation, sizes, _ = torch.linalg.svd(triangle)
    return rotation.T @ columns.T, sizes


def product(left: Tensor, right: Tensor) -> Tensor:
    """Return the product of two matrices."""
    if left.device.type != "cpu":
        return left @ right
    return torch.from_numpy(left.numpy() @ right.numpy())


def add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add the product of two matrices to a third one in place."""
    if total.device.type != "cpu" or not total.is_contiguous():  # a copy would be added to
        total.addmm_(left, right)
        return
    (gemm,) = linalg.get_blas_funcs(["gemm"], [total.numpy()])
    # BLAS stores columns: what it is given are the transposes
    a, b, c = (matrix.numpy().T for matrix in (right, left, total))
    gemm(1.0, a, b, beta=1.0, c=c, overwrite_c=True)


def qr(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return Q (n, k) of orthonormal columns and R (k, m) of a matrix (n, m), k = min(n, m).

    Columns that depend on others leave directions that are orthonormal all the same.
    """
    if matrix.device.type != "cpu":
        return torch.linalg.qr(matrix)
    columns, triangle = linalg.qr(matrix.numpy(), mode="economic", check_finite=False)
    return torch.from_numpy(columns), torch.from_numpy(triangle)


def symmetric_eigenpairs(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return eigenvalues (m,) ascending and eigenvectors, as columns, of a symmetric matrix (m, m).

    On an AMD EPYC NumPy takes 12 s for m = 4,834, and PyTorch 25 s.

    Raises ValueError where the matrix is not finite: NumPy would find NaN and say nothing.
    """
    if not matrix.isfinite().all():
        raise ValueError(NOT_FINITE)
    if matrix.device.type != "cpu":
        found = torch.linalg.eigh(matrix)
        return found.eigenvalues, found.eigenvectors
    eigenvalues, columns = np.linalg.eigh(matrix.numpy())
    return torch.from_numpy(eigenvalues), torch.from_numpy(columns)


def column_slices(total: int, width: int = 1024) -> Iterator[slice]:
    """Yield slices that cover `total` columns, to rotate a basis without a second copy of it."""
    for start in range(0, total, width):
        yield slice(start, start + width)


def embed_columns(rows: Tensor, active: Tensor) -> Tensor:
    """Return `rows` (k, active.sum()) with a column of zeros where the mask `active` is false."""
    full = rows.new_zeros(len(rows), len(active))
    full[:, active] = rows
    return full
