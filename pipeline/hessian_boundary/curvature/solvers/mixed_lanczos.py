"""Top and bottom eigenpairs of a matrix by products in single precision, finished in double.

Most of a Lanczos run's products only shape its space, and any space will do as long as residuals
are measured well. So the space is grown with products in float32 until its pairs have converged by
estimate. Of their vectors V (k, p), orthonormalised in float64, one block of products in float64
gives T = V H Vᵀ and the exact residuals,

    V H = T V + C F,    F (k, p) orthonormal, at right angles to V,

which is the relation of a Krylov space after a restart (see `krylov`): where residuals miss the
tolerance, the run goes on from there in float64. Nothing of the result is of single precision.
Source of the restart: Stewart (2001), SIAM J. Matrix Anal. Appl. 23, 601; of the idea, iterative
refinement: Higham (2002), Accuracy and Stability of Numerical Algorithms, Chapter 12.
"""

import sys
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from hessian_boundary.curvature.solvers.basis_room import Room
from hessian_boundary.curvature.solvers.copies import largest_cluster, with_all_copies
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.solvers.krylov import KrylovSpace, KrylovState, Ritz
from hessian_boundary.curvature.solvers.lanczos import (
    BLOCK,
    NotConvergedError,
    check_arguments,
    converged_pairs,
    grow_until_converged,
)
from hessian_boundary.curvature.solvers.linear_algebra import column_slices
from hessian_boundary.curvature.solvers.symmetric_operator import NOT_FINITE, SymmetricOperator
from hessian_boundary.runtime.progress import Progress

# Estimates of residuals, relative to max |λ|, below which more products in float32 gain nothing.
SINGLE_TOLERANCE = 5e-7
# Of the tolerance, since a few more products in float32 cost less than a block in float64.
AHEAD = 0.5
# Bytes of the vectors in float64 that are multiplied at a time: products hold some more of these.
AT_A_TIME = 1e8
OF_SINGLE = 0.8  # of the memory limit; float32 products keep something, too


def mixed_lanczos_eigenpairs(
    single: SymmetricOperator,
    double: SymmetricOperator,
    *,
    k_top: int,
    k_bottom: int = 0,
    seed: int,
    residual_tolerance: float,
    memory_limit: float,
    rows_in_file: int = 0,
    maximum_products: int = 20_000,
    on_block: Callable[[KrylovState], None] | None = None,
    resume: KrylovState | None = None,
) -> Eigenpairs:
    """Return what `lanczos_eigenpairs` does of `double`, most products being taken by `single`.

    Both are the same matrix, in float32 and float64. Arguments and errors are the same, too;
    `resume` may be a state of either part of the run.
    """
    check_arguments(double, k_top, k_bottom, residual_tolerance)
    wanted, saved = k_top + k_bottom, on_block is not None
    held = 2 * wanted * double.dimension * double.dtype.itemsize  # what float64 starts from
    if residual_tolerance < SINGLE_TOLERANCE:  # then it follows
        Room(memory_limit - held, rows_in_file, saved).check(double, wanted, block=wanted)
    ends, rest = (k_top, k_bottom), (residual_tolerance, maximum_products, on_block)

    def exact(block: int, resume: KrylovState | None, memory: float) -> Eigenpairs:
        room = Room(memory, rows_in_file, saved)
        space = room.space(double, ends, block=block, seed=seed, resume=resume)
        return converged_pairs(space, ends, *rest)

    def run(block: int, resume: KrylovState | None = None) -> Eigenpairs:
        block = resume.frontier or block if resume else block
        if resume is not None and resume.basis.dtype == double.dtype:
            return exact(block, resume, memory_limit)
        room = Room(OF_SINGLE * memory_limit, rows_in_file, saved)
        space = room.space(single, ends, block=block, seed=seed, resume=resume)
        if (ritz := _grown(space, ends, *rest)) is None:
            del space
            return exact(block, None, memory_limit)
        vectors, products = space.vectors(ritz).to(double.dtype), space.products
        del space
        found = _finished(double, vectors, residual_tolerance, products)
        del vectors
        if isinstance(found, Eigenpairs):
            return replace(found, cluster=largest_cluster(ritz, residual_tolerance, k_top))
        if on_block is not None:
            on_block(found)
        return exact(found.frontier, found, memory_limit - held)

    # a frontier of all wanted pairs is that of `_space_beyond`, whatever blocks there were before
    block = resume.frontier if resume is not None and 0 < resume.frontier < wanted else BLOCK
    return with_all_copies(run(block, resume), run, block, wanted)


def _grown(
    space: KrylovSpace,
    ends: tuple[int, int],
    tolerance: float,
    maximum_products: int,
    on_block: Callable[[KrylovState], None] | None,
) -> Ritz | None:
    """Return Ritz pairs by single-precision products, or None where these will not do."""
    tolerance = max(AHEAD * tolerance, SINGLE_TOLERANCE)
    try:
        return grow_until_converged(space, *ends, tolerance, maximum_products, on_block)
    except (NotConvergedError, ValueError) as error:  # not finite, or too much round-off
        print(f"float32 is not enough: {error}\ngoing on in float64 alone", file=sys.stderr)
        return None


def _finished(
    double: SymmetricOperator, vectors: Tensor, tolerance: float, products: int
) -> Eigenpairs | KrylovState:
    """Return the pairs in the span of vectors (k, p), or where to go on if they miss something."""
    pairs, errors = _measured(double, vectors)
    if float(pairs.residuals.max() / pairs.eigenvalues.abs().max()) <= tolerance:
        return pairs
    return _space_beyond(pairs, errors, products + len(vectors))


def _measured(operator: SymmetricOperator, vectors: Tensor) -> tuple[Eigenpairs, Tensor]:
    """Return the Ritz pairs in the span of vectors (k, p), and their errors H v − λ v (k, p).

    Memory: the pairs, which take the place of the vectors, the errors, and what the operator takes
    for one or two vectors.

    Raises ValueError when a product is not finite.
    """
    basis = vectors
    for _ in range(2):  # nearly orthonormal already
        factor = torch.linalg.cholesky(basis @ basis.T)
        _turn(torch.linalg.inv(factor), basis)
    image = torch.empty_like(basis)
    progress = Progress("products in float64, for the residuals", len(basis))
    block = max(1, min(BLOCK, int(AT_A_TIME / basis[0].nbytes)))
    for start in range(0, len(basis), block):
        rows = slice(start, start + block)
        image[rows] = operator(basis[rows])
        if not torch.isfinite(image[rows]).all():
            raise ValueError(NOT_FINITE)
        progress.update(min(rows.stop, len(basis)))
    projected = basis @ image.T
    values, columns = torch.linalg.eigh((projected + projected.T) / 2)
    values, rotation = values.flip(0), columns.T.flip(0)
    _turn(rotation, basis, image)
    for value, row, error in zip(values, basis, image, strict=True):
        error.sub_(value * row)
    residuals = torch.linalg.vector_norm(image, dim=1)
    pairs = Eigenpairs(
        eigenvalues=values,
        eigenvectors=basis,
        residuals=residuals,
        certificate=float(torch.linalg.vector_norm(residuals)),
        null_space=0,
        complete=len(basis) == basis.shape[1],
    )
    return pairs, image


def _turn(rotation: Tensor, *arrays: Tensor) -> None:
    """Overwrite arrays (k, p) by rotation · array."""
    for array in arrays:
        for columns in column_slices(array.shape[1], 65_536):
            array[:, columns] = rotation @ array[:, columns]


def _space_beyond(pairs: Eigenpairs, errors: Tensor, products: int) -> KrylovState:
    """Return the space of the pairs and the directions of their errors, to go on from."""
    basis = pairs.eigenvectors
    errors = errors - (errors @ basis.T) @ basis
    frontier = torch.linalg.qr(errors.T).Q.T
    frontier = torch.linalg.qr((frontier - (frontier @ basis.T) @ basis).T).Q.T
    return KrylovState(
        basis=torch.cat([basis, frontier]),
        projected=torch.diag(pairs.eigenvalues).to("cpu", torch.float64),
        coupling=(errors @ frontier.T).to("cpu", torch.float64),
        products=products,
        changed=0,
    )
