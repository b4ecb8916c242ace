"""What every eigensolver returns, so that they can be compared and stored alike."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


class MemoryLimitError(MemoryError):
    """What an eigensolver needs does not fit into the memory limit."""


@dataclass(frozen=True)
class Eigenpairs:
    """Resolved eigenpairs of a symmetric p × p matrix.

    Pairs with |λ| ≤ rank_tolerance · max|λ| are round-off: counted in `null_space`, not stored.
    """

    eigenvalues: Tensor  # (k,) descending
    eigenvectors: Tensor  # (k, p), orthonormal rows
    residuals: Tensor  # (k,) ‖H v_i − λ_i v_i‖₂
    certificate: float  # ‖H Q − Q (Qᵀ H Q)‖_F for the orthonormal basis Q the pairs come from
    null_space: int  # number of eigenvalues known to be zero; p − k for a complete spectrum
    complete: bool  # every eigenvalue above the rank tolerance is among the pairs
    copies_may_be_missing: bool = False  # of eigenvalues that occur as often as the block is wide
    cluster: int = 1  # how many neighbours among the eigenvalues cannot be told apart, at most

    @classmethod
    def of_factor(cls, factor: Tensor, eigenvalues: Tensor, eigenvectors: Tensor) -> "Eigenpairs":
        """Return all pairs of AᵀA for a factor A (m, p), with their residuals."""
        error = eigenvectors @ factor.T @ factor - eigenvalues[:, None] * eigenvectors
        return cls(
            eigenvalues=eigenvalues,
            eigenvectors=eigenvectors,
            residuals=torch.linalg.vector_norm(error, dim=1),
            certificate=float(torch.linalg.vector_norm(error)),
            null_space=factor.shape[1] - len(eigenvalues),
            complete=True,
        )

    @property
    def not_computed(self) -> int:
        """Number of eigenvalues of which nothing is known; 0 for a complete spectrum."""
        found, parameters = self.eigenvectors.shape
        return parameters - found - self.null_space

    def times(self, scale: float) -> "Eigenpairs":
        """Return the pairs of a multiple of the matrix."""
        return replace(
            self,
            eigenvalues=scale * self.eigenvalues,
            residuals=scale * self.residuals,
            certificate=scale * self.certificate,
        )

    def above(self, tolerance: float) -> "Eigenpairs":
        """Move pairs with |λ| ≤ tolerance · max|λ| to the null space."""
        sizes = self.eigenvalues.abs()
        keep = sizes > tolerance * sizes.max()
        return replace(
            self,
            eigenvalues=self.eigenvalues[keep],
            eigenvectors=self.eigenvectors[keep],
            residuals=self.residuals[keep],
            null_space=self.null_space + int((~keep).sum()),
        )
