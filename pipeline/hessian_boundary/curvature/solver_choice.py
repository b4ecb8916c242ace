"""Which eigensolver, and what multiplies by the Hessian: decided by sizes and memory."""

from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.layered_hessian import layered_hessian
from hessian_boundary.curvature.operators.layered_products import LayeredProducts
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.solvers.dense import DenseMatrix
from hessian_boundary.curvature.solvers.range_finder import range_bytes
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import is_convolutional, why_not_layered

# Below this number of parameters LAPACK is done before the range finder has started.
SMALL = 300
# Non-zero eigenvalues to expect, per sample and class but one. The Gauss-Newton part of H has one,
# the rest comes from the curvature of f_θ (measured on gaussian/normal: 4.0).
RANK_PER_OUTPUT = 6
# Share of the memory limit that products may take beside the eigensolver.
FOR_PRODUCTS = 0.25
# Bytes beyond which assembling a matrix gets no faster.
ASSEMBLY = 2e9


def choose_method(
    options: CurvatureOptions, parameters: int, samples: int, classes: int
) -> tuple[str, str]:
    """Resolve `auto` to dense, range or lanczos, and say why."""
    if options.method != "auto":
        return options.method, "as configured"
    if parameters <= SMALL:
        return "dense", f"{parameters:,} parameters: the whole matrix is cheap"
    rank = min(parameters, RANK_PER_OUTPUT * samples * (classes - 1))
    needed, limit = range_bytes(parameters, rank) / 1e9, solver_memory(options) / 1e9
    reason = (
        f"{parameters:,} parameters, {samples:,} samples of {classes} classes: expecting about "
        f"{rank:,} non-zero eigenvalues, which take {needed:.2g} GB of {limit:.2g} GB"
    )
    return "range" if needed <= limit else "lanczos", reason


def solver_memory(options: CurvatureOptions) -> float:
    """Return the part of the limit, in bytes, that is the eigensolver's own."""
    return (1 - FOR_PRODUCTS) * options.memory_limit


def hessian_operator(
    problem: Problem, method: str, limit: float
) -> Hessian | LayeredProducts | DenseMatrix:
    """Return what multiplies by H fastest with `method`, within `limit` bytes.

    Networks of layers have products of their own, other modules automatic differentiation. The
    assembled matrix pays off for convolutions, whose products are expensive, where thousands of
    them are taken and it leaves the eigensolver its share of the memory. Measured on the MNIST
    network with 450 samples: assembled in 5.5 s, the time of 27 products.
    """
    if why_not_layered(problem.network):
        return Hessian(problem)
    size = problem.x.dtype.itemsize * problem.parameters**2
    small = size <= FOR_PRODUCTS * limit
    if method == "lanczos" or not is_convolutional(problem.network) or not small:
        return LayeredProducts(problem, memory=FOR_PRODUCTS * limit)
    return DenseMatrix(layered_hessian(problem, memory_limit=min(limit - size, ASSEMBLY)))
