"""The spectrum of one model: eigensolver, companions, and what they were."""

import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
import xarray as xr
from torch import Tensor, nn

from hessian_boundary.curvature.covariance import covariance_eigenpairs
from hessian_boundary.curvature.solver_choice import (
    choose_method,
    hessian_operator,
    memory_limit,
    solver_memory,
)
from hessian_boundary.curvature.solvers.dense import DenseMatrix, dense_eigenpairs
from hessian_boundary.curvature.solvers.density import lanczos_quadrature, quadrature_dataset
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs, MemoryLimitError
from hessian_boundary.curvature.solvers.krylov import KrylovState
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs
from hessian_boundary.curvature.solvers.lanczos_checkpoint import LanczosCheckpoint
from hessian_boundary.curvature.solvers.range_finder import range_eigenpairs
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.curvature.spectrum_dataset import spectrum_dataset
from hessian_boundary.curvature.trace import trace_by_samples
from hessian_boundary.networks.losses import Loss
from hessian_boundary.runtime.seeds import derive_seed


def compute_spectrum(
    module: nn.Module,
    x: Tensor,
    y: Tensor,
    loss_per_sample: Loss,
    curvature: Mapping[str, Any],
    unfinished: LanczosCheckpoint | None = None,
) -> xr.Dataset:
    """Diagonalise the Hessian of the mean loss on x (n, …), y (n,) at the module's parameters.

    `curvature` has `method` (auto, dense, range or lanczos), `rank_tolerance`, `memory_limit_gb`
    (no limit without it), and for lanczos `eigenpairs` {top, bottom}, `residual_tolerance` and
    `density` {probes, steps}. A killed Lanczos run goes on from `unfinished`.

    Returns eigenvalues(eigen) descending, eigenvectors(eigen, parameter), residuals(eigen), with
    the attributes method, reason, rank, rank_tolerance, certificate, null_space_dimension,
    not_computed, complete, trace_by_samples (NaN where it does not apply) and
    hessian_vector_products (with the assembled matrix, where there is one). Rank and null space
    of a spectrum that is not `complete` are lower bounds, and it has an estimate of its density:
    density_nodes and density_weights(probe, step).
    """
    with torch.no_grad():
        classes = module(x[:1]).shape[1]
    parameters = sum(parameter.numel() for parameter in module.parameters())
    method, reason = choose_method(curvature, parameters, len(y), classes)
    problem = (module, x, y, loss_per_sample)
    operator = hessian_operator(*problem, method, memory_limit(curvature))
    if isinstance(operator, DenseMatrix):
        reason += "; products with the assembled matrix"
    resumed = unfinished.load() if unfinished else None
    solve = partial(_eigenpairs, operator, curvature, unfinished, resumed)
    try:
        pairs = solve(method)
    except MemoryLimitError as error:
        if curvature["method"] != "auto" or method == "lanczos":
            raise
        print(f"{error}\ntaking lanczos", file=sys.stderr)
        method, reason = "lanczos", f"{reason}; {method}: {error}"
        pairs = solve(method)
    density = xr.Dataset() if pairs.complete else _density(operator, curvature)
    by_samples = trace_by_samples(*problem)
    attributes = {
        "method": method,
        "reason": reason,
        "rank_tolerance": _rank_tolerance(curvature, method),
        "hessian_vector_products": operator.products + (resumed.products if resumed else 0),
        "trace_by_samples": float("nan") if by_samples is None else by_samples,
    }
    return spectrum_dataset(pairs, attributes).merge(density)


def _eigenpairs(
    operator: SymmetricOperator,
    curvature: Mapping[str, Any],
    unfinished: LanczosCheckpoint | None,
    resumed: KrylovState | None,
    method: str,
) -> Eigenpairs:
    tolerance = _rank_tolerance(curvature, method)
    if method == "dense":
        return dense_eigenpairs(operator, rank_tolerance=tolerance)
    if method == "range":
        return range_eigenpairs(
            operator,
            rank_tolerance=tolerance,
            seed=derive_seed("range finder"),
            memory_limit=solver_memory(curvature),
        )
    return _outermost_eigenpairs(operator, curvature, unfinished, resumed).above(tolerance)


def _rank_tolerance(curvature: Mapping[str, Any], method: str) -> float:
    """With lanczos, what is smaller than its residual may be is not told from the null space."""
    tolerance = curvature["rank_tolerance"]
    return max(tolerance, curvature["residual_tolerance"]) if method == "lanczos" else tolerance


def _outermost_eigenpairs(
    operator: SymmetricOperator,
    curvature: Mapping[str, Any],
    unfinished: LanczosCheckpoint | None,
    resumed: KrylovState | None,
) -> Eigenpairs:
    parameters = operator.dimension
    top = min(curvature["eigenpairs"]["top"], parameters)
    return lanczos_eigenpairs(
        operator,
        k_top=top,
        k_bottom=min(curvature["eigenpairs"]["bottom"], parameters - top),
        seed=derive_seed("lanczos"),
        residual_tolerance=curvature["residual_tolerance"],
        memory_limit=memory_limit(curvature),
        on_block=unfinished.save if unfinished else None,
        resume=resumed,
    )


def _density(operator: SymmetricOperator, curvature: Mapping[str, Any]) -> xr.Dataset:
    quadrature = lanczos_quadrature(
        operator,
        probes=curvature["density"]["probes"],
        steps=min(curvature["density"]["steps"], operator.dimension),
        seed=derive_seed("spectral density"),
        memory_limit=memory_limit(curvature),
    )
    return quadrature_dataset(quadrature)


def compute_covariance_spectrum(
    module: nn.Module, x: Tensor, y: Tensor, loss_per_sample: Loss, curvature: Mapping[str, Any]
) -> xr.Dataset:
    """Diagonalise the gradient covariance Σ (Eq. 7) in place of the Hessian, in the same schema."""
    tolerance = curvature["rank_tolerance"]
    pairs = covariance_eigenpairs(module, x, y, loss_per_sample, rank_tolerance=tolerance)
    attributes = {
        "method": "covariance",
        "reason": "singular value decomposition of the per-sample gradients",
        "rank_tolerance": tolerance,
        "hessian_vector_products": 0,
        "trace_by_samples": float("nan"),
    }
    return spectrum_dataset(pairs, attributes)
