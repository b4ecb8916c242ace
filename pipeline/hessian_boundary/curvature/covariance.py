"""The covariance Σ of per-sample gradients (Eq. 7), diagonalised like a Hessian."""

from math import inf

import torch
import xarray as xr

from hessian_boundary.certificates.certificate import as_attribute
from hessian_boundary.certificates.curvature import certify_covariance
from hessian_boundary.certificates.network import certify_network
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs, MemoryLimitError
from hessian_boundary.curvature.spectrum_dataset import UNCHECKED, spectrum_dataset
from hessian_boundary.gradients.whole import per_sample_gradients
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.progress import at_work

# Arrays of the size of all gradients that are there at once: G, its singular vectors and those that
# are kept, and three for residuals.
COPIES = 6
SHORTEST = 1e-150  # of gradients whose squares are numbers


def compute_covariance_spectrum(
    problem: Problem, options: CurvatureOptions | None = None
) -> xr.Dataset:
    """Diagonalise the gradient covariance Σ (Eq. 7) in place of the Hessian, in the same schema.

    Raises what `compute_spectrum` raises, and ValueError for gradients that are too short.
    """
    options = options or CurvatureOptions()
    tolerance = options.rank_tolerance
    certificates = certify_network(problem)
    pairs = covariance_eigenpairs(
        problem, rank_tolerance=tolerance, memory_limit=options.memory_limit
    )
    certificates.append(
        certify_covariance(problem, pairs.eigenvalues, pairs.eigenvectors, tolerance)
    )
    attributes = {
        "method": "covariance",
        "reason": "singular value decomposition of the per-sample gradients",
        "rank_tolerance": tolerance,
        "hessian_vector_products": 0,
        "trace_by_samples": float("nan"),
        **UNCHECKED,
        "checks": as_attribute(certificates),
    }
    return spectrum_dataset(pairs, attributes)


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
