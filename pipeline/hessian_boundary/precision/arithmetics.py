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
from copy import deepcopy
from dataclasses import replace
from functools import partial

import torch
import xarray as xr
from torch import Tensor
from torch.nn import functional as F

from hessian_boundary.alignment.gauss_newton import align_pairs, pairs_with_random_directions
from hessian_boundary.alignment.unit_gradients import Gradients, align, unit_gradients
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.operators.layered_hessian import layered_hessian
from hessian_boundary.curvature.rank_bound import hessian_rank_bound
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs
from hessian_boundary.curvature.solvers.range_finder import range_eigenpairs
from hessian_boundary.networks.losses import (
    Loss,
    WeightedCrossEntropy,
    cross_entropy_per_sample,
)
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.structure import why_not_layered
from hessian_boundary.runtime.seeds import derive_seed

# PAPER: the authors' code sets the alignment of shorter gradients to 0
AUTHORS_MINIMUM_NORM = 1e-20
textbook_cross_entropy: Loss = partial(F.cross_entropy, reduction="none")

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
    single = replace(
        problem,
        network=deepcopy(problem.network).float(),
        x=problem.x.float(),
        loss=_textbook(problem.loss),
    )
    matrix = dense_matrix(Hessian(single))
    # numbers below 1e-38 decide nothing here, and processors take ten times as long with them
    torch.set_flush_denormal(True)
    try:
        values, vectors = all_eigenpairs(matrix)
    finally:
        torch.set_flush_denormal(False)
    errors = relative_errors(values, vectors, resolved)
    kinds = {
        "float32_dense": unit_gradients(single, AUTHORS_MINIMUM_NORM),
        "float32_uncut": unit_gradients(single, 0),
        "float32_stable": (stable[0].float(), *stable[1:]),
    }
    for method, gradients in kinds.items():
        outcome = align(values, vectors, *gradients)
        outcome["error"] = "eigen", errors.numpy()
        for name in ("alignment", "random_alignment"):
            outcome[name] = outcome[name].fillna(0)
        yield method, outcome, {}


def _textbook(loss: Loss) -> Loss:
    if isinstance(loss, WeightedCrossEntropy):
        return loss.textbook
    return textbook_cross_entropy if loss is cross_entropy_per_sample else loss


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


def all_eigenpairs(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return eigenvalues (k,) and eigenvectors (k, p) of a symmetric matrix (p, p) by LAPACK.

    Rows that are identically zero are left out: their eigenvectors are the unit vectors, and no
    gradient has a component there.
    """
    used = torch.nonzero((matrix != 0).any(0)).flatten()
    eigenvalues, columns = torch.linalg.eigh(matrix[used][:, used])
    eigenvectors = matrix.new_zeros(len(used), len(matrix))
    eigenvectors[:, used] = columns.T
    return eigenvalues, eigenvectors
