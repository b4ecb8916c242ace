"""How much memory the Gauss-Newton part of a problem takes, asked before anything is computed."""

from math import isfinite, sqrt

from hessian_boundary.curvature.gauss_newton.factor_rows import AT_ONCE
from hessian_boundary.curvature.gauss_newton.logit_factor import dyads_of_a_sample
from hessian_boundary.curvature.gauss_newton.row_slices import FOR_SLICES
from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.networks.problem import Problem

# Matrices of the size of the factor's R that are there at once, in the rotations, with what LAPACK
# works in; measured: 8 to 14.2 of 1,000 rows.
TRIANGLES = 15
# Before the rotations, while rows are made: R, a slice's own and both stacked.
OF_SLICES = 3
# After them, while eigenvectors are made: R, coordinates of all, and what least squares take.
OF_VECTORS = 6
# Vectors of p numbers that go along while rows are made: the random directions, twice.
DIRECTIONS = 10
# Such vectors for each eigenvector whose residual is being measured, besides all eigenvectors.
OF_A_RESIDUAL = 3


def check_rows(problem: Problem, memory_limit: float, top: int = 0) -> None:
    """Raise MemoryLimitError when rows and `top` eigenvectors need more than a limit in bytes.

    And ValueError for a loss whose factor is not known.
    """
    number, parameters = problem.dtype.itemsize, problem.parameters
    dyads = dyads_of_a_sample(problem.loss, problem.classes)
    rows = problem.samples * dyads
    vector, triangle = number * parameters, number * rows * min(rows, parameters)
    slices = FOR_SLICES * memory_limit if isfinite(memory_limit) else 0
    needed, remedy = max(
        (TRIANGLES * triangle, _fewer_samples(memory_limit / (TRIANGLES * number), problem, dyads)),
        (OF_SLICES * triangle + slices + DIRECTIONS * vector, "take a smaller network"),
        (OF_VECTORS * triangle + _vectors(top) * vector, "ask for fewer eigenvectors (`top`)"),
    )
    if needed > memory_limit:
        raise MemoryLimitError(
            f"expected a memory limit of at least {needed / 1e9:.3g} GB for the Gauss-Newton part "
            f"of {problem.samples:,} samples with {problem.classes} classes and {top} eigenvectors "
            f"of {parameters:,} parameters, found {memory_limit / 1e9:.3g} GB; raise "
            f"`memory_limit_gb`, or {remedy}"
        )


def _vectors(top: int) -> int:
    return top + OF_A_RESIDUAL * min(top, AT_ONCE)


def _fewer_samples(numbers: float, problem: Problem, dyads: int) -> str:
    """Say how many samples give matrices R of no more than so many numbers."""
    if not isfinite(numbers):
        return ""
    rows = sqrt(numbers)
    if rows > problem.parameters:
        rows = numbers / problem.parameters
    fitting = int(rows / dyads) if dyads else 0
    return f"take {fitting:,} samples at most" if fitting else "take fewer classes"
