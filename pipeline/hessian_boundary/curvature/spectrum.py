"""The spectrum of one model: eigensolver, companions, and what they were."""

import sys

import xarray as xr

from hessian_boundary.certificates.certificate import Certificate, as_attribute
from hessian_boundary.certificates.curvature import certify_trace
from hessian_boundary.certificates.network import certify_network
from hessian_boundary.curvature.all_eigenpairs import all_eigenpairs
from hessian_boundary.curvature.lanczos_run import LanczosRun
from hessian_boundary.curvature.low_rank.rank_bound import hessian_rank_bound
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.sample_sums import (
    Sums,
    serve_samples,
    sums_over_samples,
)
from hessian_boundary.curvature.solver_choice import choose_method, solver_memory
from hessian_boundary.curvature.solvers.dense import DenseMatrix, dense_eigenpairs
from hessian_boundary.curvature.solvers.density import (
    Quadrature,
    check_memory,
    lanczos_quadrature,
    quadrature_dataset,
)
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs, MemoryLimitError
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.curvature.spectrum_dataset import spectrum_dataset
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.device import memory_of, processes_of_this_machine
from hessian_boundary.runtime.seeds import derive_seed


def compute_spectrum(
    problem: Problem,
    options: CurvatureOptions | None = None,
    checkpoint: LanczosCheckpoint | None = None,
) -> xr.Dataset:
    """Diagonalise the Hessian of a problem's mean loss at the network's parameters.

    A Lanczos run that was killed goes on from `checkpoint`. Under torchrun this is for the first
    process, whose products and trace are spread over all; the others call `serve_spectrum`.

    Returns eigenvalues(eigen) descending, eigenvectors(eigen, parameter), residuals(eigen), with
    the attributes method, reason, rank, rank_tolerance, certificate, null_space_dimension,
    not_computed, complete, trace_by_samples (NaN where it does not apply) and
    hessian_vector_products (with the assembled matrix, where there is one), products (which path
    multiplied), slower_because (why no faster one) and checks (JSON). Rank and null space
    of a spectrum that is not `complete` are lower bounds, and it has an estimate of its density:
    density_nodes and density_weights(probe, step), where the options ask for one. The trace by
    samples costs about C products; it is NaN where one sample's Jacobian exceeds the memory limit.

    Raises CertificateError when plain automatic differentiation does not confirm the result,
    MemoryLimitError when it does not fit, NotConvergedError when Lanczos does not converge,
    RuntimeError in another process than the first.
    """
    options = _fitting(problem, options)
    method, reason = _chosen(problem, options)
    with sums_over_samples(problem, options, method) as sums:
        certificates = certify_network(problem)
        products = sums.products
        if isinstance(products.operator, DenseMatrix):
            reason += "; products with the assembled matrix"
        run = LanczosRun(sums, options, checkpoint)
        pairs, method, reason = _solved(run, sums, options, method, reason)
        pairs = pairs.times(products.scale)
        tolerance = _rank_tolerance(options, method)
        density = xr.Dataset()
        if not pairs.complete:
            density = _density(run.for_estimates, options, products.scale)
        by_samples = sums.trace()
    certificates += [*products.certificates, *_of_trace(pairs, by_samples, tolerance)]
    attributes = {
        "method": method,
        "reason": reason,
        "rank_tolerance": tolerance,
        "hessian_vector_products": products.operator.products + run.other_products,
        "trace_by_samples": float("nan") if by_samples is None else by_samples,
        **({} if pairs.complete else {"bottom_pairs": options.bottom}),
        "products": products.path,
        "slower_because": products.reason,
        "checks": as_attribute(certificates),
    }
    return spectrum_dataset(pairs, attributes).merge(density)


def serve_spectrum(problem: Problem, options: CurvatureOptions | None = None) -> None:
    """Do the part of a process that is not the first while that one has `compute_spectrum` run.

    All processes are given the same problem and options. Returns when the first one is done.

    Raises what the products of this process's own samples raise.
    """
    options = _fitting(problem, options)
    method, _ = _chosen(problem, options)
    serve_samples(problem, options, method)


def _fitting(problem: Problem, options: CurvatureOptions | None) -> CurvatureOptions:
    """Return options with no more pairs than parameters, and with a limit of memory for each."""
    device = problem.device
    shared_by = processes_of_this_machine() if device.type == "cpu" else 1
    options = (options or CurvatureOptions()).fitting(problem.parameters)
    return options.bounded(memory_of(device) / shared_by)


def _chosen(problem: Problem, options: CurvatureOptions) -> tuple[str, str]:
    sizes = (problem.parameters, problem.samples, problem.classes)
    return choose_method(options, *sizes, hessian_rank_bound(problem))


def _solved(
    run: LanczosRun, sums: Sums, options: CurvatureOptions, method: str, reason: str
) -> tuple[Eigenpairs, str, str]:
    """Return eigenpairs, the method that gave them and why: Lanczos where `auto` did not fit."""
    try:
        pairs, remark = _eigenpairs(run, sums, options, method)
    except MemoryLimitError as error:
        if options.method != "auto" or method == "lanczos":
            raise
        print(f"{error}\ntaking lanczos", file=sys.stderr)
        method, reason = "lanczos", f"{reason}; {method}: {error}"
        pairs, remark = _eigenpairs(run, sums, options, method)
    return pairs, method, reason + remark


def _of_trace(
    pairs: Eigenpairs, by_samples: float | None, rank_tolerance: float
) -> list[Certificate]:
    """Compare the two traces where both are known; the null space has what is left of it."""
    if by_samples is None or not pairs.complete:
        return []
    largest = max(pairs.eigenvalues.abs().tolist(), default=0.0)
    left = pairs.null_space * rank_tolerance * largest
    return [certify_trace(pairs.eigenvalues, by_samples, left)]


def _eigenpairs(
    run: LanczosRun, sums: Sums, options: CurvatureOptions, method: str
) -> tuple[Eigenpairs, str]:
    """Return what a method finds, and what to add to the reason for it."""
    tolerance = _rank_tolerance(options, method)
    if method == "dense":
        return dense_eigenpairs(sums.products.balanced, rank_tolerance=tolerance), ""
    if method == "range":
        return all_eigenpairs(
            sums.problem,
            sums.products,
            rank_tolerance=tolerance,
            seed=derive_seed("range finder"),
            memory_limit=solver_memory(options),
        )
    if options.density_probes and options.top + options.bottom < sums.problem.parameters:
        # a long run would be lost if what follows it did not fit
        operator = sums.products.balanced
        check_memory(operator, _steps(operator, options), solver_memory(options))
    return run.eigenpairs().above(tolerance), run.remark


def _rank_tolerance(options: CurvatureOptions, method: str) -> float:
    """With lanczos, what is smaller than its residual may be is not told from the null space."""
    tolerance = options.rank_tolerance
    return max(tolerance, options.residual_tolerance) if method == "lanczos" else tolerance


def _steps(of: SymmetricOperator, options: CurvatureOptions) -> int:
    return min(options.density_steps, of.dimension)


def _density(operator: SymmetricOperator, options: CurvatureOptions, scale: float) -> xr.Dataset:
    if not options.density_probes:
        return xr.Dataset()
    quadrature = lanczos_quadrature(
        operator,
        probes=options.density_probes,
        steps=_steps(operator, options),
        seed=derive_seed("spectral density"),
        memory_limit=solver_memory(options),
    )
    return quadrature_dataset(Quadrature(scale * quadrature.nodes, quadrature.weights))
