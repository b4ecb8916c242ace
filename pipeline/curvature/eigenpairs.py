"""What every eigensolver returns, so that they can be compared and stored alike."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Eigenpairs:
    """Resolved eigenpairs of a symmetric p × p matrix.

    Pairs with |λ| ≤ rank_tolerance · max|λ| are round-off: counted in `null_space`, not stored.
    """

    eigenvalues: Tensor  # (k,) descending
    eigenvectors: Tensor  # (k, p), orthonormal rows
    residuals: Tensor  # (k,) ‖H v_i − λ_i v_i‖₂
    certificate: float  # ‖H Q − Q (Qᵀ H Q)‖_F for the orthonormal basis Q the pairs come from
    null_space: int  # p − k, or the number of eigenvalues not computed for a partial spectrum
    complete: bool  # every eigenvalue above the rank tolerance is among the pairs
