"""Which eigensolver: decided by sizes and memory."""

from math import isfinite

from hessian_boundary.curvature.low_rank.range_basis import range_bytes
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.products import FOR_PRODUCTS

# Below this number of parameters LAPACK is done before the range finder has started.
SMALL = 300
# Non-zero eigenvalues to expect, per sample and class but one. The Gauss-Newton part of H has one,
# the rest comes from the curvature of f_θ (measured on gaussian/normal: 4.0).
RANK_PER_OUTPUT = 6
# Matrices of p × p float64 that are there at once when LAPACK diagonalises: H, its copy, work.
DENSE_MATRICES = 4


def choose_method(
    options: CurvatureOptions, parameters: int, samples: int, classes: int, rank_bound: int
) -> tuple[str, str]:
    """Resolve `auto` to dense, range or lanczos, and say why.

    `rank_bound` is what the structure allows, p where it says nothing.
    """
    if options.method != "auto":
        return options.method, "as configured"
    if parameters <= SMALL:
        return "dense", f"{parameters:,} parameters: the whole matrix is cheap"
    rank = min(rank_bound, RANK_PER_OUTPUT * samples * (classes - 1))
    needed, limit = range_bytes(parameters, rank) / 1e9, solver_memory(options) / 1e9
    limited = f" of {limit:.2g} GB" if isfinite(limit) else ""
    reason = (
        f"{parameters:,} parameters, {samples:,} samples of {classes} classes: expecting about "
        f"{rank:,} non-zero eigenvalues, which take {needed:.2g} GB{limited}"
    )
    # the range is then the whole space, and finding it only adds to the work
    if rank == parameters and DENSE_MATRICES * 8 * parameters**2 <= 1e9 * limit:
        return "dense", reason
    return "range" if needed <= limit else "lanczos", reason


def solver_memory(options: CurvatureOptions) -> float:
    """Return the part of the limit, in bytes, that is the eigensolver's own."""
    return (1 - FOR_PRODUCTS) * options.memory_limit
