"""G_θ where every gradient is resolved: in the eigenvectors of the Gauss-Newton part."""

import xarray as xr
from torch import Tensor, nn

from hessian_boundary.alignment.unit_gradients import align, unit_gradients
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM
from hessian_boundary.curvature.gauss_newton import gauss_newton_factor, graded_eigenpairs
from hessian_boundary.measures.g_theta import g_theta_by_statistic
from hessian_boundary.networks.confidence import with_confidence
from hessian_boundary.networks.losses import Loss

PREFIX, AT_EQUAL_CONFIDENCE = "gauss_newton_", "_equal_confidence"


def gauss_newton_measures(
    module: nn.Module, x: Tensor, y: Tensor, loss_per_sample: Loss
) -> dict[str, float]:
    """Return G_θ by all eigenvectors of F = H − K, for the mean loss on x (n, …), y (n,), float64.

    A gradient at its predicted label lies in the range of F, however confident its sample is, and
    F's eigenvectors are known to high relative precision (`curvature.gauss_newton`): so G_θ needs
    no rank tolerance here. In seconds, unlike the other methods of `precision.arithmetics`, it can
    be had for every seed.

    gauss_newton_g_theta_max, _mean: Eq. (6) with both statistics; gauss_newton_rank: of F;
    gauss_newton_resolved_share_min: of a gradient's squared length what lies in its range, the
    least over samples. gauss_newton_g_theta_max_equal_confidence, _mean_…: the same after all
    logits are scaled to one confidence (`networks.confidence`), which leaves the boundary as it
    is; left out where they cannot be.

    Raises ValueError for a loss whose Gauss-Newton factor is not known.
    """
    samples = _aligned(module, x, y, loss_per_sample)
    values = {
        **g_theta_by_statistic(samples),
        "rank": float(samples.sizes["eigen"]),
        "resolved_share_min": float(samples["resolved_share"].min()),
    }
    if (scaled := with_confidence(module, x)) is not None:
        found = g_theta_by_statistic(_aligned(scaled, x, y, loss_per_sample))
        values |= {f"{name}{AT_EQUAL_CONFIDENCE}": value for name, value in found.items()}
    return {f"{PREFIX}{name}": value for name, value in values.items()}


def _aligned(module: nn.Module, x: Tensor, y: Tensor, loss_per_sample: Loss) -> xr.Dataset:
    pairs = graded_eigenpairs(gauss_newton_factor(module, x, y, loss_per_sample))
    gradients = unit_gradients(module, x, loss_per_sample, MINIMUM_GRADIENT_NORM)
    return align(pairs.eigenvalues, pairs.eigenvectors, *gradients)
