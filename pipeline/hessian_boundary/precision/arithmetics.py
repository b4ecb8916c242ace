"""One network's eigenvectors and gradients by several methods and arithmetics, and their alignment.

float32_dense       the Hessian, all p eigenvectors and the gradients in float32, gradients shorter
                    than 1e-20 without alignment: as the last version of the authors' code has it
float32_uncut       the same eigenvectors, with every gradient that is not exactly zero in float32
float32_stable      the same eigenvectors, with gradients that keep their direction (in float64)
float64_dense       the same in float64: eigenvectors that are round-off still count
float64_dense_cut   of these, the ones above the rank tolerance
range               the certified range method, above the rank tolerance: what the tables list
gauss_newton_cut    of the Gauss-Newton part of H the eigenvectors above the rank tolerance
gauss_newton        all that are outside its null space, however small their eigenvalues: the only
                    list whose small members float64 determines (curvature/gauss_newton)

The loss is given per sample, in the form without cancellation; float32 takes the usual form.
Alignments with eigenvectors of H carry error(eigen), the pair's ‖H v − λ v‖ / |λ| with the exact H.
"""

from collections.abc import Iterator

import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.alignment.gauss_newton import align_pairs, pairs_with_random_directions
from hessian_boundary.alignment.unit_gradients import Gradients, align, unit_gradients
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM
from hessian_boundary.curvature.low_rank.range_finder import range_eigenpairs
from hessian_boundary.curvature.low_rank.rank_bound import hessian_rank_bound
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.layered_hessian import layered_hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_layered
from hessian_boundary.precision.single import (
    all_eigenpairs,
    single_alignments,
    single_eigenpairs,
    single_precision,
    without_gaps,
)
from hessian_boundary.runtime.seeds import derive_seed

# name of the method, alignment on the samples, and what only this method has to say
Outcome = tuple[str, xr.Dataset, dict[str, float]]


def outcomes(problem: Problem, tolerance: float) -> Iterator[Outcome]:
    """Yield the outcome of every method for a problem in float64.

    Raises ValueError for a loss whose Gauss-Newton factor is not known.
    """
    bound = hessian_rank_bound(problem)
    gradients = unit_gradients(problem, MINIMUM_GRADIENT_NORM)
    hessian, seed = Hessian(problem), derive_seed("range finder")
    resolved = range_eigenpairs(hessian, rank_tolerance=tolerance, seed=seed)
    outcome = align(resolved.eigenvalues, resolved.eigenvectors, *gradients)
    outcome["error"] = "eigen", (resolved.residuals / resolved.eigenvalues.abs()).numpy()
    yield "range", outcome, {"ceiling": bound / hessian.dimension}

    pairs = pairs_with_random_directions(problem)
    above = int((pairs.eigenvalues > tolerance * pairs.eigenvalues[0]).sum())
    inside = pairs.eigenvectors(above) @ resolved.eigenvectors.T
    further = {
        "ceiling": min(pairs.factor.rows, hessian.dimension) / hessian.dimension,
        "overlap_with_range": float(inside.square().sum(1).mean()),
    }
    yield "gauss_newton_cut", align_pairs(pairs, tolerance), further
    yield "gauss_newton", align_pairs(pairs), further
    del pairs, inside

    layered = not why_not_layered(problem.network)
    matrix = layered_hessian(problem) if layered else dense_matrix(hessian)
    values, vectors = all_eigenpairs(matrix)
    kept = values.abs() > tolerance * values.abs().max()
    errors = relative_errors(values, vectors, resolved)
    for method, chosen in (("float64_dense", slice(None)), ("float64_dense_cut", kept)):
        outcome = align(values[chosen], vectors[chosen], *gradients)
        outcome["error"] = "eigen", errors[chosen].numpy()
        yield method, outcome, {}
    del matrix, vectors, outcome
    yield from _float32(problem, resolved, gradients)


def _float32(problem: Problem, resolved: Eigenpairs, stable: Gradients) -> Iterator[Outcome]:
    single = single_precision(problem)
    values, vectors = single_eigenpairs(single)
    errors = relative_errors(values, vectors, resolved).numpy()
    kept = align(values, vectors, stable[0].float(), *stable[1:])
    found = dict(single_alignments(single, values, vectors))
    for method, outcome in (found | {"float32_stable": without_gaps(kept)}).items():
        outcome["error"] = "eigen", errors
        yield method, outcome, {}


def relative_errors(values: Tensor, vectors: Tensor, resolved: Eigenpairs) -> Tensor:
    """Return ‖H v − λ v‖ / |λ| (k,), float64, of pairs λ (k,), v (k, p) from any arithmetic.

    In the eigenvectors q_j of H above the rank tolerance, ‖H v − λ v‖² = Σ_j (λ_j − λ)² ⟨v, q_j⟩² +
    λ² (‖v‖² − Σ_j ⟨v, q_j⟩²), but for the eigenvalues below it. It bounds the distance of λ to the
    nearest eigenvalue of H; at 1, zero may be as near as any. Infinite for λ = 0.
    """
    values, vectors = values.double(), vectors.double()
    parts = (vectors @ resolved.eigenvectors.T).square()
    outside = (vectors.square().sum(1) - parts.sum(1)).clamp(min=0)
    distances = (resolved.eigenvalues / values[:, None] - 1).square()
    return ((distances * parts).sum(1) + outside).sqrt().nan_to_num(torch.inf, torch.inf)
