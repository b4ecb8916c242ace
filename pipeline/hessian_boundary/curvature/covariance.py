"""The covariance Σ of per-sample gradients (Eq. 7), diagonalised like a Hessian."""

from math import inf

import torch

from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs, MemoryLimitError
from hessian_boundary.gradients.whole import per_sample_gradients
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.progress import at_work

# arrays of the size of all gradients that are there at once: G, and what the decomposition takes
COPIES = 4
SHORTEST = 1e-150  # of gradients whose squares are numbers


def covariance_eigenpairs(
    problem: Problem, *, rank_tolerance: float, memory_limit: float = inf
) -> Eigenpairs:
    """Return the eigenpairs of Σ = (1/n) Σ_s g_s g_sᵀ, with the true labels in g_s.

    Σ = GᵀG/n for the matrix G (n, p) of gradients, so its eigenvectors are the right singular
    vectors of G/√n and its eigenvalues the squared singular values: no p × p matrix is formed.
    Source: Appendix M.

    Raises MemoryLimitError where G and its decomposition exceed `memory_limit` bytes, ValueError
    for gradients whose squares are too small to be numbers.
    """
    needed = COPIES * problem.samples * problem.parameters * problem.dtype.itemsize
    if needed > memory_limit:
        raise MemoryLimitError(
            f"expected a memory limit of at least {needed / 1e9:.3g} GB for the covariance of "
            f"{problem.samples:,} gradients of {problem.parameters:,} parameters, found "
            f"{memory_limit / 1e9:.3g} GB; raise it, or take fewer samples"
        )
    gradients = per_sample_gradients(problem.network, problem.x, problem.y, problem.loss)
    gradients /= problem.samples**0.5
    with at_work("singular vectors of the gradients"):
        _, sizes, vectors = torch.linalg.svd(gradients, full_matrices=False)
    if 0 < sizes[0] < SHORTEST:
        raise ValueError(
            f"expected gradients longer than {SHORTEST:.0e}, found {float(sizes[0]):.1e}, whose "
            "square is too small a number for an eigenvalue; take the Hessian, which is scaled"
        )
    values = sizes.square()
    keep = values > rank_tolerance * values[0]
    return Eigenpairs.of_factor(gradients, values[keep], vectors[keep])
