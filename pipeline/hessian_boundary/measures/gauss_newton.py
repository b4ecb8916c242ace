"""G_θ where every gradient is resolved: in the eigenvectors of the Gauss-Newton part."""

from dataclasses import replace
from math import inf

import xarray as xr

from hessian_boundary.alignment.gauss_newton import (
    align_pairs,
    pairs_with_random_directions,
)
from hessian_boundary.curvature.gauss_newton.room import check_rows
from hessian_boundary.curvature.gauss_newton.row_slices import fitting_slice
from hessian_boundary.measures.confidence import with_confidence
from hessian_boundary.measures.g_theta import g_theta_by_statistic
from hessian_boundary.networks.problem import Problem

PREFIX, AT_EQUAL_CONFIDENCE = "gauss_newton_", "_equal_confidence"


def gauss_newton_measures(problem: Problem, *, memory_limit: float = inf) -> dict[str, float]:
    """Return G_θ by all eigenvectors of F = H − K, for a problem in float64.

    Gradients at the predicted labels do not depend on the true labels, nor does F, unless the loss
    weights classes: then F has the weight of a sample's true one.
    A gradient at its predicted label lies in the range of F, however confident its sample is, and
    F's eigenvectors are known to high relative precision (`curvature.gauss_newton`): so G_θ needs
    no rank tolerance here. In seconds, unlike the other methods of `precision.arithmetics`, it can
    be had for every seed.

    gauss_newton_g_theta_max, _mean: Eq. (6) with both statistics; gauss_newton_rank: of F;
    gauss_newton_resolved_share_min: of a gradient's squared length what lies in its range, the
    least over samples. gauss_newton_g_theta_max_equal_confidence, _mean_…: the same after all
    logits are scaled to one confidence (`measures.confidence`), which leaves the boundary as it
    is; left out where they cannot be.

    Raises ValueError for a loss whose Gauss-Newton factor is not known, MemoryLimitError when what
    grows with the number of samples is more than `memory_limit` bytes.
    """
    samples = _aligned(problem, memory_limit)
    values = {
        **g_theta_by_statistic(samples),
        "rank": float(samples.sizes["eigen"]),
        "resolved_share_min": float(samples["resolved_share"].min()),
    }
    if (scaled := with_confidence(problem.network, problem.x)) is not None:
        found = g_theta_by_statistic(_aligned(replace(problem, network=scaled), memory_limit))
        values |= {f"{name}{AT_EQUAL_CONFIDENCE}": value for name, value in found.items()}
    return {f"{PREFIX}{name}": value for name, value in values.items()}


def _aligned(problem: Problem, memory_limit: float) -> xr.Dataset:
    check_rows(problem, memory_limit)
    slice_bytes = fitting_slice(problem.network, memory_limit)
    return align_pairs(pairs_with_random_directions(problem, slice_bytes))
