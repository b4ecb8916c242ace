"""Alignment of the samples' gradients with all eigenvectors of the Gauss-Newton part."""

import torch
import xarray as xr

from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.alignment.unit_gradients import alignment_with_all
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM
from hessian_boundary.certificates.certificate import as_attribute
from hessian_boundary.certificates.gradients import certify_gradients, gradient_error
from hessian_boundary.certificates.network import certify_network
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

    Raises CertificateError when plain backward passes give other gradients.
    """
    problem = pairs.problem
    gradients = pairs.combined(pairs.triangle.T)
    sizes = torch.linalg.vector_norm(gradients, dim=1)
    lengths = sizes * pairs.factor.logarithms.exp()
    divisors = torch.where(lengths > MINIMUM_GRADIENT_NORM, sizes, torch.nan)[:, None]
    kept = pairs.eigenvalues > tolerance * pairs.eigenvalues[0]
    random = (pairs.combined(pairs.products) / divisors).T
    labels = pairs.factor.predicted
    directions = problem.tensor(random_directions(problem.parameters))
    found = (directions, random, lengths)
    error = gradient_error(problem.network, problem.x, labels, problem.loss, *found)
    certificate = certify_gradients(error, problem.dtype, "rows of the Gauss-Newton factor")
    alignment = alignment_with_all(
        pairs.eigenvalues[kept],
        pairs.coordinates[kept] @ (gradients / divisors).T,
        random,
        lengths,
        labels,
        problem.parameters,
    )
    checks = as_attribute([*certify_network(problem), certificate])
    return alignment.assign_attrs(gradients="rows", checks=checks)
