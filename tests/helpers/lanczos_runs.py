"""A run of Lanczos that restarts, and the settings that its checkpoint knows."""

from helpers.diagonal_operators import DiagonalOperator, hessian_like, limit_for
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs

KEY = '{"settings": 1}'


def restarted_run(on_block, **given):
    """20 pairs with room for 40 vectors, so that the run restarts."""
    operator = DiagonalOperator(hessian_like(300))
    options = {"memory_limit": limit_for(operator, 40, wanted=20), "seed": 5, "block": 4}
    options |= given
    pairs = lanczos_eigenpairs(operator, k_top=10, k_bottom=10, on_block=on_block, **options)
    return pairs, operator.products
