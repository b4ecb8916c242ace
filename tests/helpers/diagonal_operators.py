"""Diagonal matrices, whose eigenvalues are known, and block Lanczos on them."""

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.basis_room import WORKSPACE
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs

SEED = 5


class DiagonalOperator:
    """diag(λ). To a Krylov space from random vectors it is as general as any symmetric matrix."""

    def __init__(self, eigenvalues: Tensor):
        self.eigenvalues, self.dimension = eigenvalues, len(eigenvalues)
        self.dtype, self.device = eigenvalues.dtype, eigenvalues.device
        self.products = 0

    def __call__(self, block: Tensor) -> Tensor:
        self.products += len(block)
        return block * self.eigenvalues


def joined(*parts) -> Tensor:
    return torch.cat([torch.as_tensor(part, dtype=torch.float64) for part in parts])


def hessian_like(size=3000) -> Tensor:
    """Two outliers, graded eigenvalues of both signs, and a bulk near zero."""
    generator = torch.Generator().manual_seed(0)
    up, down = torch.rand(2, 40, generator=generator, dtype=torch.float64)
    bulk = torch.randn(size - 82, generator=generator, dtype=torch.float64)
    return joined([47, 34], 1.3 * up**3, -0.4 * down**2, 1e-3 * bulk)


def solve(operator, k_top, k_bottom=0, block=4, **options):
    """With blocks of 4, which tests count in."""
    return lanczos_eigenpairs(
        operator, k_top=k_top, k_bottom=k_bottom, seed=SEED, block=block, **options
    )


def limit_for(operator, capacity, wanted, block=4) -> int:
    """Bytes that leave room for `capacity` basis vectors."""
    rows = capacity + WORKSPACE * block + wanted
    return rows * operator.dimension * operator.dtype.itemsize
