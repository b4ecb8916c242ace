"""Alignment of the samples' gradients with all eigenvectors of the Gauss-Newton part."""

import torch
import xarray as xr

from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.alignment.unit_gradients import alignment_with_all
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM
from hessian_boundary.curvature.gauss_newton.decomposition import (
    GaussNewtonPairs,
    gauss_newton_pairs,
)
from hessian_boundary.curvature.gauss_newton.rows import SLICE_BYTES
from hessian_boundary.networks.problem import Problem


def pairs_with_random_directions(
    problem: Problem, slice_bytes: int = SLICE_BYTES
) -> GaussNewtonPairs:
    """Return all eigenpairs of F for a problem in float64, and the products that ε is made of.

    Raises ValueError for a loss whose Gauss-Newton factor is not known, or that is flat in float64.
    """
    directions = problem.tensor(random_directions(problem.parameters))
    return gauss_newton_pairs(problem, directions, slice_bytes)


def align_pairs(pairs: GaussNewtonPairs, tolerance: float = 0) -> xr.Dataset:
    """Return what `measures` takes of an alignment with all eigenvectors of F on its samples.

    Nothing is formed in parameter space: a gradient is a known combination of the rows of F's
    factor. Pairs with λ ≤ tolerance · λ_1 are counted in the null space. `pairs` come from
    `pairs_with_random_directions`; a gradient no longer than 1e-300 has no direction: NaN.
    """
    gradients = pairs.combined(pairs.triangle.T)
    sizes = torch.linalg.vector_norm(gradients, dim=1)
    lengths = sizes * pairs.factor.logarithms.exp()
    divisors = torch.where(lengths > MINIMUM_GRADIENT_NORM, sizes, torch.nan)[:, None]
    kept = pairs.eigenvalues > tolerance * pairs.eigenvalues[0]
    return alignment_with_all(
        pairs.eigenvalues[kept],
        pairs.coordinates[kept] @ (gradients / divisors).T,
        (pairs.combined(pairs.products) / divisors).T,
        lengths,
        pairs.factor.predicted,
        pairs.problem.parameters,
    )
