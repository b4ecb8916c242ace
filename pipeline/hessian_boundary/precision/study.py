"""Is G_θ a property of the network or of the arithmetic? What one model gives by several methods.

`hessian_boundary.precision.arithmetics` says what the methods are.
"""

from collections.abc import Iterator

import pandas as pd
import xarray as xr

from hessian_boundary.measures.g_theta import (
    STATISTICS,
    alignment_statistic,
    g_theta_curves,
    parameter_count,
    threshold,
)
from hessian_boundary.networks.problem import Problem
from hessian_boundary.precision.arithmetics import outcomes
from hessian_boundary.precision.single import AUTHORS_MINIMUM_NORM

ROUND_OFF = 0.5  # residual / |eigenvalue| beyond which no binary digit of the eigenvalue is certain


def study_precision(
    problem: Problem, *, rank_tolerance: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the methods on one problem in float64.

    Returns a tidy table with the columns method, statistic (max, mean or empty), quantity, value,
    and G_θ as a function of ε with the columns method, statistic, epsilon, g_theta.

    Quantities: `g_theta`, and how many eigenvectors are `counted` in it; of these, how many are
    round-off, ‖H v − λ v‖ > |λ| / 2 with the exact H, so that λ has no certain digit
    (`counted_round_off`, of methods for H); `ceiling`, what the rank of the exact matrix allows
    G_θ to be; `resolved_share_min` and `_mean` over samples, of the gradient's squared length in
    the span of the eigenvectors; the shares of gradients that are exactly zero and shorter than
    1e-20, and of samples that are `misclassified` (for all others predicted and true label are the
    same); `overlap_with_range`, of the method's eigenvectors above the rank tolerance the mean
    squared length in the span of those of `range`.

    Raises ValueError for a loss whose Gauss-Newton factor is not known.
    """
    tables, curves = [], []
    for method, samples, further in outcomes(problem, rank_tolerance):
        samples["label"] = "sample", problem.y.cpu().numpy()
        rows = [*_quantities(samples), *(("", *item) for item in further.items())]
        tables.append(pd.DataFrame(rows, columns=["statistic", "quantity", "value"]))
        curves.append(g_theta_curves(samples))
        for frame in (tables[-1], curves[-1]):
            frame.insert(0, "method", method)
    return pd.concat(tables, ignore_index=True), pd.concat(curves, ignore_index=True)


def _quantities(samples: xr.Dataset) -> Iterator[tuple[str, str, float]]:
    """Yield statistic (empty where it has none), quantity, value."""
    parameters, epsilon = parameter_count(samples), threshold(samples["random_alignment"])
    sizes = abs(samples["eigenvalue"])
    for statistic in STATISTICS:
        counted = alignment_statistic(samples["alignment"], statistic) > epsilon
        yield statistic, "g_theta", int(counted.sum()) / parameters
        yield statistic, "counted", int(counted.sum())
        if "error" in samples:
            round_off = samples["error"] > ROUND_OFF
            yield statistic, "counted_round_off", int((counted & round_off).sum())
    share, norm = samples["resolved_share"], samples["gradient_norm"]
    values = {
        "epsilon": epsilon,
        "eigenvectors": len(sizes),
        "lambda_max": float(sizes.max()),
        "smallest_eigenvalue": float(sizes.min()),
        "resolved_share_min": float(share.min()),
        "resolved_share_mean": float(share.mean()),
        "gradients_zero": float((norm == 0).mean()),
        "gradients_below_1e-20": float((norm < AUTHORS_MINIMUM_NORM).mean()),
        "misclassified": float((samples["prediction"] != samples["label"]).mean()),
    }
    yield from (("", *item) for item in values.items())
