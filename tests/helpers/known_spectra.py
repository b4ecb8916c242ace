"""Symmetric matrices whose eigenpairs are known by construction."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class MatrixOperator:
    """A given symmetric matrix in the form that eigensolvers take."""

    matrix: Tensor

    def __post_init__(self):
        self.dimension = len(self.matrix)
        self.dtype, self.device = self.matrix.dtype, self.matrix.device

    def __call__(self, block: Tensor) -> Tensor:
        return block @ self.matrix


def synthetic(eigenvalues: Tensor, size: int, dead: int) -> tuple[MatrixOperator, Tensor]:
    """A matrix with these eigenvalues and `dead` zero rows; and its eigenvectors as rows."""
    generator = torch.Generator().manual_seed(0)
    alive = torch.randperm(size, generator=generator)[dead:]
    draw = torch.randn(size - dead, len(eigenvalues), generator=generator, dtype=torch.float64)
    vectors = torch.zeros(len(eigenvalues), size, dtype=torch.float64)
    vectors[:, alive] = torch.linalg.qr(draw)[0].T
    matrix = (vectors.T * eigenvalues) @ vectors
    return MatrixOperator((matrix + matrix.T) / 2), vectors


def graded() -> tuple[MatrixOperator, Tensor, Tensor]:
    """p = 600, rank 200, |λ| from 1 to 1e-11 with both signs, 90 dead rows."""
    sizes = torch.logspace(0, -11, 200, dtype=torch.float64)
    eigenvalues = sizes * torch.tensor([1.0, 1.0, -1.0, 1.0]).repeat(50)
    return *synthetic(eigenvalues, 600, dead=90), eigenvalues
