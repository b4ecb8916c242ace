"""G_θ where every gradient is resolved: in the eigenvectors of the Gauss-Newton part."""

from torch import Tensor, nn

from pipeline.alignment import MINIMUM_GRADIENT_NORM
from pipeline.curvature.gauss_newton import gauss_newton_factor, graded_eigenpairs
from pipeline.losses import Loss
from pipeline.measures import g_theta_by_statistic
from pipeline.unit_gradients import align, unit_gradients

PREFIX = "gauss_newton_"


def gauss_newton_measures(
    module: nn.Module, x: Tensor, y: Tensor, loss_per_sample: Loss
) -> dict[str, float]:
    """Return G_θ by all eigenvectors of F = H − K, for the mean loss on x (n, …), y (n,), float64.

    A gradient at its predicted label lies in the range of F, however confident its sample is, and
    F's eigenvectors are known to high relative precision (`curvature.gauss_newton`): so G_θ needs
    no rank tolerance here. In seconds, unlike the other methods of `pipeline.arithmetics`, it can
    be had for every seed.

    gauss_newton_g_theta_max, _mean: Eq. (6) with both statistics; gauss_newton_rank: of F;
    gauss_newton_resolved_share_min: of a gradient's squared length what lies in its range, the
    least over samples.

    Raises ValueError for a loss whose Gauss-Newton factor is not known.
    """
    pairs = graded_eigenpairs(gauss_newton_factor(module, x, y, loss_per_sample))
    gradients = unit_gradients(module, x, loss_per_sample, MINIMUM_GRADIENT_NORM)
    samples = align(pairs.eigenvalues, pairs.eigenvectors, *gradients)
    values = {
        **g_theta_by_statistic(samples),
        "rank": float(samples.sizes["eigen"]),
        "resolved_share_min": float(samples["resolved_share"].min()),
    }
    return {f"{PREFIX}{name}": value for name, value in values.items()}
