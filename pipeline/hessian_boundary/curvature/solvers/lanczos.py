"""Top and bottom eigenpairs of a large symmetric matrix: block Lanczos with thick restarts.

The basis grows until every wanted pair has converged, as far as there is room for it, and is
restarted after that. It is kept orthonormal in full, so no ghost copies of converged eigenvalues
appear. Both ends of the spectrum come from one Krylov space (see `krylov`).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.basis_room import Room
from hessian_boundary.curvature.solvers.copies import largest_cluster, with_all_copies
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.solvers.krylov import KrylovSpace, KrylovState, Ritz
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.runtime.progress import Progress

# Estimated residuals have to be this much below the tolerance, for the measured ones to meet it.
MARGIN = 0.9
# Vectors that are multiplied at a time. Of the same networks, products and CPU seconds for 10 pairs
# with blocks of 1, 2, 4 and 8: LeNet-5 94, 128, 158 and 242 in 9.7, 10.1, 11.0 and 15.6; the MLP of
# 1.8 million in float32 31, 46 and 72 in 6.7, 9.4 and 16.7 (no 8). A block of 1 sees no copies.
BLOCK = 2


class NotConvergedError(RuntimeError):
    """Some wanted pair misses the residual tolerance. None is returned, lest it be tabulated."""


def lanczos_eigenpairs(
    operator: SymmetricOperator,
    *,
    k_top: int,
    k_bottom: int = 0,
    seed: int,
    residual_tolerance: float = 1e-8,
    block: int = BLOCK,
    memory_limit: float = 4e9,
    rows_in_file: int = 0,
    maximum_products: int = 20_000,
    on_block: Callable[[KrylovState], None] | None = None,
    resume: KrylovState | None = None,
) -> Eigenpairs:
    """Return the `k_top` largest and `k_bottom` smallest (most negative) eigenpairs.

    Every pair has ‖H v − λ v‖ ≤ residual_tolerance · max|λ|, checked by one more product each.
    Multiple eigenvalues are found as often as they occur (`with_all_copies`). Narrow blocks need
    fewer products, of which each may take longer; a block of 1 finds no copies.
    `memory_limit` (bytes) bounds the vectors held here, not what the operator uses; more means
    fewer products. Where it holds few vectors, a temporary file takes up to `rows_in_file`.

    `on_block` gets the state after each block of products; the run goes on from any of them when
    it is passed as `resume` with the same operator and arguments, to the same result. Its blocks
    are then as wide as the state's.

    Raises ValueError for impossible arguments and for products that are not finite,
    MemoryLimitError before any product, and NotConvergedError after `maximum_products`.
    """
    check_arguments(operator, k_top, k_bottom, residual_tolerance)
    room = Room(memory_limit, rows_in_file, saved=on_block is not None)

    def run(block: int, resume: KrylovState | None = None) -> Eigenpairs:
        space = room.space(operator, (k_top, k_bottom), block=block, seed=seed, resume=resume)
        return converged_pairs(
            space, (k_top, k_bottom), residual_tolerance, maximum_products, on_block
        )

    # a wider frontier than blocks would lose what does not fit into them
    block = resume.frontier or block if resume else block
    pairs = run(block, resume)
    return with_all_copies(pairs, run, block, k_top + k_bottom)


def grow_until_converged(
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
            if converged == wanted:
                progress.update(space.products, status)
                return ritz
        if space.products + space.block > maximum_products:
            raise NotConvergedError(
                f"expected {wanted} eigenpairs with residual {tolerance:.1e} max|λ| from "
                f"{maximum_products:,} products, found {status}; raise maximum_products (going on "
                f"from the last state), the memory limit (now {space.capacity} basis vectors) or "
                "the residual tolerance"
            )
        state = space.grow(k_top, k_bottom)
        progress.update(space.products, status)
        if on_block is not None:
            on_block(state)


def check_arguments(
    operator: SymmetricOperator, k_top: int, k_bottom: int, tolerance: float
) -> None:
    """Raise ValueError for numbers of pairs, or a tolerance, that no run can reach."""
    if min(k_top, k_bottom) < 0 or not 0 < k_top + k_bottom <= operator.dimension:
        raise ValueError(
            f"expected between 1 and {operator.dimension} eigenpairs, found {k_top} at the top "
            f"and {k_bottom} at the bottom; ask for that many"
        )
    floor = 100 * torch.finfo(operator.dtype).eps
    if tolerance < floor:
        raise ValueError(
            f"expected a residual tolerance of at least {floor:.1e} for {operator.dtype}, found "
            f"{tolerance:.1e}; smaller residuals are round-off: raise it"
        )


def converged_pairs(
    space: KrylovSpace,
    ends: tuple[int, int],
    tolerance: float,
    maximum_products: int,
    on_block: Callable[[KrylovState], None] | None,
) -> Eigenpairs:
    """Grow the space; then form the Ritz vectors, and measure residuals by a product for each."""
    ritz = grow_until_converged(space, *ends, tolerance, maximum_products, on_block)
    vectors = space.vectors(ritz)
    values = ritz.values.to(vectors)
    parts: list[Tensor] = []
    progress = Progress("Lanczos: residual", len(values))
    for part, rows in zip(values.split(space.block), vectors.split(space.block), strict=True):
        error = space.operator(rows) - part[:, None] * rows
        parts.append(torch.linalg.vector_norm(error, dim=1))
        progress.update(sum(map(len, parts)))
    residuals = torch.cat(parts)
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
        cluster=largest_cluster(ritz, tolerance, ends[0]),
    )
