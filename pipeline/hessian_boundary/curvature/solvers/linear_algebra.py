"""Orthogonalisation of blocks of rows, shared by the eigensolvers. Vectors are rows throughout."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


def orthogonalise(block: Tensor, blocks: Sequence[Tensor]) -> Tensor:
    """Subtract from each row its component in the span of the blocks, of orthonormal rows."""
    for basis in blocks:
        block = torch.addmm(block, block @ basis.T, basis, alpha=-1)
    return block


def orthonormal(rows: Tensor) -> Tensor:
    """Orthonormalise rows that are nearly orthonormal already (Cholesky QR)."""
    factor = torch.linalg.cholesky(rows @ rows.T)
    return torch.linalg.solve_triangular(factor, rows, upper=False)


def principal_directions(block: Tensor) -> tuple[Tensor, Tensor]:
    """Orthonormal rows spanning `block` (k, p), with its singular values (k,), descending."""
    columns, triangle = torch.linalg.qr(block.T)
    rotation, sizes, _ = torch.linalg.svd(triangle)
    return rotation.T @ columns.T, sizes


def column_slices(total: int, width: int = 1024) -> Iterator[slice]:
    """Yield slices that cover `total` columns, to rotate a basis without a second copy of it."""
    for start in range(0, total, width):
        yield slice(start, start + width)


def embed_columns(rows: Tensor, active: Tensor) -> Tensor:
    """Return `rows` (k, active.sum()) with a column of zeros where the mask `active` is false."""
    full = rows.new_zeros(len(rows), len(active))
    full[:, active] = rows
    return full
