"""All non-zero eigenpairs of a numerically low-rank symmetric matrix, to machine precision.

At a minimum of an over-parametrised network H has rank r ≪ p. Products with random vectors span
its range (Halko, Martinsson & Tropp 2011, Algorithm 4.2, in blocks); a Rayleigh–Ritz step in
that basis gives every non-zero eigenpair, and the null space is counted without being computed.
Vectors are rows throughout: Q is (r, p) and Q Qᵀ = 1.
"""

from collections.abc import Iterator
from math import inf

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs, MemoryLimitError
from hessian_boundary.curvature.solvers.linear_algebra import (
    column_slices,
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


def range_eigenpairs(
    operator: SymmetricOperator, *, rank_tolerance: float, seed: int, memory_limit: float = inf
) -> Eigenpairs:
    """Return all eigenpairs with |λ| > rank_tolerance · max|λ| of H, with their certificate.

    Cost: about 2 r products and 12 p r² operations against p products and 9 p³ for `dense`.
    `memory_limit` (bytes) bounds what is held here, not what the operator uses.

    Raises ValueError when `rank_tolerance` is below what the dtype can resolve, and
    MemoryLimitError as soon as the range turns out to be larger than the limit allows.
    """
    floor = 20 * torch.finfo(operator.dtype).eps
    if rank_tolerance * RANGE_MARGIN < floor:
        raise ValueError(
            f"expected a rank tolerance of at least {floor / RANGE_MARGIN:.1e} for "
            f"{operator.dtype}, found {rank_tolerance:.1e}; directions below it are round-off"
        )
    active, basis = find_range(operator, rank_tolerance * RANGE_MARGIN, seed, memory_limit)
    if not basis:
        return _no_eigenpairs(operator)
    projected, defects, certificate = _project(operator, active, basis)
    eigenvalues, rotation = torch.linalg.eigh((projected + projected.T) / 2)
    keep = torch.nonzero(eigenvalues.abs() > rank_tolerance * eigenvalues.abs().max())
    keep = keep.flatten().flip(0)
    values, rotation = eigenvalues[keep], rotation[:, keep].T.contiguous()
    asymmetry = torch.linalg.vector_norm(rotation @ (projected - projected.T) / 2, dim=1)
    squares = asymmetry.square()
    for _, defect in _columns(defects):
        squares += (rotation.to(defect.dtype) @ defect).square().sum(1)
    del defects
    vectors = values.new_zeros(len(keep), operator.dimension)
    positions = torch.nonzero(active).flatten()
    for columns, part in _columns(basis):
        vectors[:, positions[columns]] = rotation @ part
    return Eigenpairs(
        eigenvalues=values,
        eigenvectors=vectors,
        residuals=squares.sqrt(),
        certificate=certificate,
        null_space=operator.dimension - len(values),
        complete=True,
    )


def _no_eigenpairs(operator: SymmetricOperator) -> Eigenpairs:
    """The eigenpairs of a zero matrix: there are none outside the null space."""
    none = torch.empty(0, dtype=operator.dtype, device=operator.device)
    vectors = none.new_empty(0, operator.dimension)
    return Eigenpairs(none, vectors, none, 0.0, operator.dimension, complete=True)


def _project(
    operator: SymmetricOperator, active: Tensor, basis: list[Tensor]
) -> tuple[Tensor, list[Tensor], float]:
    """Return T = Q H Qᵀ (r, r), the defects E = Q H − T Q block by block, and ‖E‖_F.

    With the rotation U that diagonalises T, the residuals of the pairs are the rows of U E. The
    defects are round-off of which only the size matters, so single precision holds them.
    """
    rows, defects, square = [], [], 0.0
    progress = Progress("Rayleigh-Ritz: direction", sum(map(len, basis)))
    for block in basis:
        image = operator(_embed(block, active))[:, active]
        rows.append(torch.cat([image @ other.T for other in basis], dim=1))
        start = 0
        for other in basis:
            image.addmm_(rows[-1][:, start : start + len(other)], other, alpha=-1)
            start += len(other)
        square += float(image.square().sum())
        defects.append(image.float())
        progress.update(sum(map(len, rows)))
    return torch.cat(rows), defects, square**0.5


def range_bytes(parameters: int, rank: int) -> int:
    """Return the memory of the range finder: basis, defects, vectors and a few r × r matrices.

    Measured on gaussian/normal (p = 10,703, r = 1,211): 312 MB, by this formula 346 MB.
    """
    return 8 * 3 * rank * (parameters + rank)


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
    generator = torch.Generator(operator.device).manual_seed(seed)

    def sample(rows: int) -> Tensor:
        draw = torch.empty(min(rows, operator.dimension), operator.dimension, dtype=operator.dtype)
        return operator(draw.to(operator.device).normal_(generator=generator))

    block = sample(BLOCK)
    if not torch.isfinite(block).all():
        raise ValueError(NOT_FINITE)
    # dead units and the like: a row of H that gives exactly 0 with a random block is 0
    active = (block != 0).any(0)
    if not active.any():
        return active, []
    block = block[:, active]
    blocks: list[Tensor] = []
    scale = 0.0
    found = 0
    progress = Progress("range finder: direction", None)
    while True:
        # One pass here and one on the unit vectors below: the first leaves round-off of the size
        # of the block, which is large next to the smallest directions it has to offer.
        directions, sizes = principal_directions(orthogonalise(block, blocks))
        sizes = sizes / len(block) ** 0.5  # in units of one eigenvalue
        if not blocks and len(sizes):
            leading = operator(_embed(directions[:1], active))
            scale = float(torch.linalg.vector_norm(leading))
        directions = directions[sizes > tolerance * scale]
        if not len(directions):
            return active, blocks
        ended = len(directions) < len(block)
        blocks.append(orthonormal(orthogonalise(directions, blocks)))
        found += len(directions)
        reached = f"last block reached {float(sizes.min()) / scale:.0e} λ_max"
        progress.update(found, reached)
        if (needed := range_bytes(operator.dimension, found)) > memory_limit:
            raise MemoryLimitError(
                f"expected a range that fits into {memory_limit / 1e9:.2g} GB, found {found:,} "
                f"directions that take {needed / 1e9:.2g} GB and no end ({reached}); raise the "
                "limit, or take method lanczos"
            )
        block = sample(PROBE if ended else BLOCK)[:, active]


def _columns(blocks: list[Tensor]) -> Iterator[tuple[slice, Tensor]]:
    """Yield the stacked blocks (r, p) a few columns at a time, without stacking them whole."""
    for columns in column_slices(blocks[0].shape[1]):
        yield columns, torch.cat([block[:, columns] for block in blocks])


def _embed(rows: Tensor, active: Tensor) -> Tensor:
    full = rows.new_zeros(len(rows), len(active))
    full[:, active] = rows
    return full
