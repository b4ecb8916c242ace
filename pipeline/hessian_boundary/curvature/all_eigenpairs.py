"""All non-zero eigenpairs of the Hessian, from a range that is known in advance or searched for."""

import torch

from hessian_boundary.curvature.low_rank.known_range import known_range
from hessian_boundary.curvature.low_rank.range_basis import RangeBasis
from hessian_boundary.curvature.low_rank.range_finder import (
    PROBE,
    RANGE_MARGIN,
    check_tolerance,
    range_eigenpairs,
    range_sampler,
)
from hessian_boundary.curvature.low_rank.rayleigh_ritz import rayleigh_ritz
from hessian_boundary.curvature.products import Products
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.device import is_out_of_memory


def all_eigenpairs(
    problem: Problem,
    products: Products,
    *,
    rank_tolerance: float,
    seed: int,
    memory_limit: float,
) -> tuple[Eigenpairs, str]:
    """Return all pairs with |λ| > rank_tolerance · max|λ|, and where their range is from.

    A basis that the layers give is taken where there is one and H maps random vectors into its
    span; else the range is searched for. So what the structure promises is not taken on trust, and
    a network that it cannot be asked of does without. Of numbers that have no squares
    (`products.scale`) it is always searched for.

    Raises what `range_eigenpairs` raises.
    """
    operator, basis = products.balanced, None
    check_tolerance(rank_tolerance, operator.dtype)
    if products.scale == 1:
        basis = _given_range(problem, operator, RANGE_MARGIN * rank_tolerance, memory_limit)
    if basis is not None and _left_out(operator, basis, seed) <= rank_tolerance:
        return rayleigh_ritz(operator, basis, rank_tolerance), "; the range as the layers give it"
    del basis  # which may be as large as the one that is found
    pairs = range_eigenpairs(
        operator, rank_tolerance=rank_tolerance, seed=seed, memory_limit=memory_limit
    )
    return pairs, ""


def _given_range(
    problem: Problem, operator: SymmetricOperator, tolerance: float, memory_limit: float
) -> RangeBasis | None:
    """Return the basis that the layers give, or None where they give none."""
    try:
        return known_range(problem, operator, tolerance, memory_limit)
    except Exception as error:  # whatever an activation of the user's does in forward mode
        if is_out_of_memory(error):
            raise
        return None


def _left_out(operator: SymmetricOperator, basis: RangeBasis, seed: int) -> float:
    """Return the largest of H's eigenvalues outside of the span, about, relative to all."""
    images = range_sampler(operator, seed)(PROBE)
    outside = images - basis.combined(basis.coordinates(images))
    scale = float(torch.linalg.matrix_norm(images, 2))
    return float(torch.linalg.matrix_norm(outside, 2)) / scale if scale else 0.0
