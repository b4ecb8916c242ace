"""Top and bottom eigenpairs of a large symmetric matrix: block Lanczos with thick restarts.

The basis grows until every wanted pair has converged, as far as the memory limit allows, and is
restarted after that. It is kept orthonormal in full, so no ghost copies of converged eigenvalues
appear. Both ends of the spectrum come from one Krylov space (see `krylov`).
"""

from collections.abc import Callable

import torch

from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs, MemoryLimitError
from hessian_boundary.curvature.solvers.krylov import KrylovSpace, KrylovState, Ritz
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.runtime.progress import Progress

# Vectors of memory besides the basis, per row of a block: the frontier, its products, and what
# orthogonalising them takes.
WORKSPACE = 7
# Estimated residuals have to be this much below the tolerance, for the measured ones to meet it.
MARGIN = 0.9


class NotConvergedError(RuntimeError):
    """Some wanted pair misses the residual tolerance. None is returned, lest it be tabulated."""


def lanczos_eigenpairs(
    operator: SymmetricOperator,
    *,
    k_top: int,
    k_bottom: int = 0,
    seed: int,
    residual_tolerance: float = 1e-8,
    block: int = 4,
    memory_limit: float = 4e9,
    maximum_products: int = 20_000,
    on_block: Callable[[KrylovState], None] | None = None,
    resume: KrylovState | None = None,
) -> Eigenpairs:
    """Return the `k_top` largest and `k_bottom` smallest (most negative) eigenpairs.

    Every pair has ‖H v − λ v‖ ≤ residual_tolerance · max|λ|, checked by one more product each.
    Multiple eigenvalues are found as often as they occur, up to `block` times. Blocks of 1 need
    the fewest products; blocks of 4 to 8 the least time, since each product then costs less.
    `memory_limit` (bytes) bounds the vectors held here, not what the operator uses; more means
    fewer products.

    `on_block` gets the state after each block of products; the run goes on from any of them when
    it is passed as `resume` with the same operator and arguments, to the same result.

    Raises ValueError for impossible arguments and for products that are not finite,
    MemoryLimitError before any product, and NotConvergedError after `maximum_products`.
    """
    wanted = k_top + k_bottom
    _check_arguments(operator, k_top, k_bottom, residual_tolerance)
    capacity = basis_capacity(operator, wanted, block, memory_limit)
    space = KrylovSpace(operator, block=block, capacity=capacity, seed=seed, resume=resume)
    ritz = _search(space, k_top, k_bottom, residual_tolerance, maximum_products, on_block)
    return _certified_pairs(space, ritz, residual_tolerance)


def _search(
    space: KrylovSpace,
    k_top: int,
    k_bottom: int,
    tolerance: float,
    maximum_products: int,
    on_block: Callable[[KrylovState], None] | None,
) -> Ritz:
    """Grow the space until the estimated residuals of all wanted pairs are small enough."""
    wanted = k_top + k_bottom
    progress = Progress("Lanczos: product", None)
    status = f"0 of {wanted} pairs converged"
    while True:
        if space.size >= wanted and space.due():
            ritz = space.ritz(k_top, k_bottom)
            converged = int((ritz.residuals <= MARGIN * tolerance * ritz.scale).sum())
            worst = float(ritz.residuals.max() / ritz.scale)
            status = f"{converged} of {wanted} pairs converged, worst residual {worst:.1e} max|λ|"
            progress.update(space.products, status)
            if converged == wanted:
                return ritz
        if space.products + space.block > maximum_products:
            raise NotConvergedError(
                f"expected {wanted} eigenpairs with residual {tolerance:.1e} max|λ| from "
                f"{maximum_products:,} products, found {status}; raise maximum_products (going on "
                f"from the last state), the memory limit (now {space.capacity} basis vectors) or "
                "the residual tolerance"
            )
        state = space.grow(k_top, k_bottom)
        if on_block is not None:
            on_block(state)


def basis_capacity(
    operator: SymmetricOperator, wanted: int, block: int, memory_limit: float
) -> int:
    """Return how many basis vectors fit into `memory_limit` bytes, the workspace set aside.

    Raises MemoryLimitError when there is no room for the wanted pairs and three blocks.
    """
    vector = operator.dimension * operator.dtype.itemsize
    others = WORKSPACE * block + wanted  # the pairs are copied out of the basis
    needed = min(wanted + 3 * block, operator.dimension)
    capacity = int(min(memory_limit / vector - others, operator.dimension))
    if capacity < needed:
        raise MemoryLimitError(
            f"expected a memory limit of at least {(needed + others) * vector / 1e9:.3g} GB for "
            f"{wanted} eigenpairs of {operator.dimension:,} parameters in blocks of {block}, found "
            f"{memory_limit / 1e9:.3g} GB; raise it, or ask for fewer pairs or smaller blocks"
        )
    return capacity


def _check_arguments(
    operator: SymmetricOperator, k_top: int, k_bottom: int, tolerance: float
) -> None:
    if min(k_top, k_bottom) < 0 or not 0 < k_top + k_bottom <= operator.dimension:
        raise ValueError(
            f"expected between 1 and {operator.dimension} eigenpairs, found {k_top} at the top "
            f"and {k_bottom} at the bottom"
        )
    floor = 100 * torch.finfo(operator.dtype).eps
    if tolerance < floor:
        raise ValueError(
            f"expected a residual tolerance of at least {floor:.1e} for {operator.dtype}, found "
            f"{tolerance:.1e}; smaller residuals are round-off"
        )


def _certified_pairs(space: KrylovSpace, ritz: Ritz, tolerance: float) -> Eigenpairs:
    """Form the Ritz vectors and measure their residuals with one more product each."""
    vectors = space.rotate(ritz.rotation).clone()
    values = ritz.values.to(vectors)
    residuals = torch.cat(
        [
            torch.linalg.vector_norm(space.operator(rows) - part[:, None] * rows, dim=1)
            for part, rows in zip(
                values.split(space.block), vectors.split(space.block), strict=True
            )
        ]
    )
    worst = float(residuals.max() / ritz.scale)
    if worst > tolerance:
        raise NotConvergedError(
            f"expected residuals of {tolerance:.1e} max|λ|, found {worst:.1e} when checked; the "
            "products are not repeatable, or not symmetric, to that precision, or the state "
            "resumed from belongs to another operator"
        )
    return Eigenpairs(
        eigenvalues=values,
        eigenvectors=vectors,
        residuals=residuals,
        certificate=float(torch.linalg.vector_norm(residuals)),
        null_space=0,  # of the eigenvalues that were not asked for nothing is known
        complete=len(vectors) == vectors.shape[1],
    )
