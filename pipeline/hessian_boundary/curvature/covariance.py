"""The covariance Σ of per-sample gradients (Eq. 7), diagonalised like a Hessian."""

import torch

from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.gradients.whole import per_sample_gradients
from hessian_boundary.networks.problem import Problem


def covariance_eigenpairs(problem: Problem, *, rank_tolerance: float) -> Eigenpairs:
    """Return the eigenpairs of Σ = (1/n) Σ_s g_s g_sᵀ, with the true labels in g_s.

    Σ = GᵀG/n for the matrix G (n, p) of gradients, so its eigenvectors are the right singular
    vectors of G/√n and its eigenvalues the squared singular values: no p × p matrix is formed.
    Source: Appendix M.
    """
    gradients = per_sample_gradients(problem.network, problem.x, problem.y, problem.loss)
    gradients /= problem.samples**0.5
    _, sizes, vectors = torch.linalg.svd(gradients, full_matrices=False)
    values = sizes.square()
    keep = values > rank_tolerance * values[0]
    return Eigenpairs.of_factor(gradients, values[keep], vectors[keep])
