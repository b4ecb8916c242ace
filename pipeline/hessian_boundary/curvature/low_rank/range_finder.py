"""All non-zero eigenpairs of a numerically low-rank symmetric matrix, to machine precision.

At a minimum of an over-parametrised network H has rank r ≪ p. Products with random vectors span
its range (Halko, Martinsson & Tropp 2011, Algorithm 4.2, in blocks); a Rayleigh–Ritz step in
that basis (`rayleigh_ritz`) gives every non-zero eigenpair, and the null space is counted without
being computed.
Vectors are rows throughout: Q is (r, p) and Q Qᵀ = 1.
"""

from collections.abc import Callable
from math import inf, log

import torch
from torch import Tensor

from hessian_boundary.curvature.low_rank.basis_parts import Rows
from hessian_boundary.curvature.low_rank.range_basis import RangeBasis, range_bytes
from hessian_boundary.curvature.low_rank.rayleigh_ritz import rayleigh_ritz
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs, MemoryLimitError
from hessian_boundary.curvature.solvers.linear_algebra import (
    embed_columns,
    orthogonalise,
    orthonormal,
    principal_directions,
)
from hessian_boundary.curvature.solvers.symmetric_operator import NOT_FINITE, SymmetricOperator
from hessian_boundary.runtime.progress import Progress

# The basis is grown below the rank tolerance by this factor, so that the cut is made on accurate
# eigenvalues and not by the order in which directions happened to be found.
RANGE_MARGIN = 0.1
BLOCK = 128
PROBE = 32  # vectors of the fresh block that has to add nothing
# A search is given up early where the range seems to take so many times the memory that there is:
# the last orders of magnitude often take fewer directions than the first.
IN_VAIN = 3


def range_eigenpairs(
    operator: SymmetricOperator, *, rank_tolerance: float, seed: int, memory_limit: float = inf
) -> Eigenpairs:
    """Return all eigenpairs with |λ| > rank_tolerance · max|λ| of H, with their certificate.

    Cost: about 2 r products and 12 p r² operations against p products and 9 p³ for `dense`.
    `memory_limit` (bytes) bounds what is held here, not what the operator uses.

    Raises ValueError when `rank_tolerance` is below what the dtype can resolve, and
    MemoryLimitError as soon as the range turns out to be larger than the limit allows.
    """
    check_tolerance(rank_tolerance, operator.dtype)
    active, blocks = find_range(operator, rank_tolerance * RANGE_MARGIN, seed, memory_limit)
    positions = torch.nonzero(active).flatten()
    parts = [Rows(positions, blocks)] if blocks else []
    return rayleigh_ritz(operator, RangeBasis(parts, operator.dimension, positions), rank_tolerance)


def check_tolerance(rank_tolerance: float, dtype: torch.dtype) -> None:
    """Raise ValueError when `rank_tolerance` is below what the dtype can resolve."""
    floor = 20 * torch.finfo(dtype).eps
    if rank_tolerance * RANGE_MARGIN < floor:
        raise ValueError(
            f"expected a rank tolerance of at least {floor / RANGE_MARGIN:.1e} for {dtype}, found "
            f"{rank_tolerance:.1e}; directions below it are round-off"
        )


def find_range(
    operator: SymmetricOperator, tolerance: float, seed: int, memory_limit: float = inf
) -> tuple[Tensor, list[Tensor]]:
    """Return (active, blocks): a mask (p,) of H's non-zero rows, and a basis of its range.

    The blocks (r_j, active.sum()) together are orthonormal. Each comes from H times fresh random
    vectors, orthogonalised against the ones before; what is above `tolerance` · λ_max is kept.
    The search ends with a fresh block of which nothing is.

    Raises ValueError when a product is not finite, and MemoryLimitError when the basis grows
    beyond what `memory_limit` bytes hold.
    """
    sample = range_sampler(operator, seed)
    block = sample(BLOCK)
    # dead units and the like: a row of H that gives exactly 0 with a random block is 0
    active = (block != 0).any(0)
    if not active.any():
        return active, []
    block = block[:, active]
    blocks: list[Tensor] = []
    scale = 0.0
    progress = Progress("range finder: direction", None)
    while True:
        # One pass here and one on the unit vectors below: the first leaves round-off of the size
        # of the block, which is large next to the smallest directions it has to offer.
        directions, sizes = principal_directions(orthogonalise(block, blocks))
        sizes = sizes / len(block) ** 0.5  # in units of one eigenvalue
        if not blocks and len(sizes):
            leading = operator(embed_columns(directions[:1], active))
            scale = float(torch.linalg.vector_norm(leading))
        directions = directions[sizes > tolerance * scale]
        if not len(directions):
            return active, blocks
        ended = len(directions) < len(block)
        blocks.append(orthonormal(orthogonalise(directions, blocks)))
        found, depth = sum(map(len, blocks)), float(sizes.min()) / scale
        reached = f"last block reached {depth:.0e} λ_max"
        progress.update(found, reached)
        # as if each order of magnitude took as many directions as those gone through
        left = 0.0 if ended else log(tolerance) / min(log(depth), -1.0) - 1
        expected = min(found + round(max(left, 0) * found), int(active.sum()))
        _check_memory(operator.dimension, found, expected, memory_limit, reached)
        block = sample(PROBE if ended else BLOCK)[:, active]


def range_sampler(operator: SymmetricOperator, seed: int) -> Callable[[int], Tensor]:
    """Return a function that gives H times so many fresh Gaussian vectors, as rows (rows, p).

    It raises ValueError when a product is not finite.
    """
    generator = torch.Generator(operator.device).manual_seed(seed)

    def sample(rows: int) -> Tensor:
        draw = torch.empty(min(rows, operator.dimension), operator.dimension, dtype=operator.dtype)
        block = operator(draw.to(operator.device).normal_(generator=generator))
        if not torch.isfinite(block).all():
            raise ValueError(NOT_FINITE)
        return block

    return sample


def _check_memory(
    parameters: int, found: int, expected: int, memory_limit: float, reached: str
) -> None:
    """Raise where what was found does not fit, or what is expected is far from fitting."""
    needed, in_all = range_bytes(parameters, found), range_bytes(parameters, expected)
    if needed > memory_limit or in_all > IN_VAIN * memory_limit:
        raise MemoryLimitError(
            f"expected a range that fits into {memory_limit / 1e9:.2g} GB, found {found:,} "
            f"directions that take {needed / 1e9:.2g} GB and no end ({reached}; by that, about "
            f"{expected:,} in all would take {in_all / 1e9:.2g} GB); raise the limit, or take "
            "method lanczos"
        )
