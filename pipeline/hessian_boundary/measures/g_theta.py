"""G_θ, the complexity of a decision boundary: how many eigenvectors it takes, Eq. (6).

An eigenvector counts when the gradients of the training samples align with it more than random
directions would: its statistic m_i of |A_i| over the samples exceeds the threshold ε.
"""

import numpy as np
import pandas as pd
import xarray as xr

STATISTICS = ("max", "mean")  # over samples, of |A_i|
AT_LEAST = "_at_least"  # ends the name of a lower bound of what is not known
# attributes of an alignment; every direction of parameter space is in one of the three
COUNTS = ("rank", "null_space_dimension", "not_computed")


def threshold(random_alignment: xr.DataArray) -> float:
    """Return ε: per random direction the largest |cosine| over the samples, averaged.

    `random_alignment` has dimensions (direction, sample). Source: Appendix E, footnote 3.
    """
    return float(abs(random_alignment).max("sample").mean("direction"))


def alignment_statistic(alignment: xr.DataArray, statistic: str) -> xr.DataArray:
    """Return m(eigen): over the samples, the mean of |A_i| (Eq. 6) or its maximum.

    Samples without a direction (NaN) are left out.

    Raises ValueError for another statistic.
    """
    # DEVIATION: Eq. (6) says mean; the published numbers come from the maximum, so both are kept.
    if statistic == "max":
        return abs(alignment).max("sample")
    if statistic == "mean":
        return abs(alignment).mean("sample")
    raise ValueError(f"expected a statistic among {STATISTICS}, found {statistic!r}")


def g_theta(alignment: xr.DataArray, parameters: int, epsilon: float, statistic: str) -> float:
    """Return G_θ = #{i : m_i > ε} / p, Eq. (6).

    `alignment` (eigen, sample) holds the resolved eigenvectors only: directions below the
    numerical rank are round-off and never count, while p counts all parameters. NaN where ε is: no
    gradient has a direction.
    """
    if np.isnan(epsilon):
        return float("nan")
    return float((alignment_statistic(alignment, statistic) > epsilon).sum()) / parameters


def g_theta_by_statistic(samples: xr.Dataset) -> dict[str, float]:
    """Return g_theta_max and g_theta_mean of an alignment on samples, with its own ε."""
    parameters, epsilon = parameter_count(samples), threshold(samples["random_alignment"])
    return {
        f"g_theta_{statistic}": g_theta(samples["alignment"], parameters, epsilon, statistic)
        for statistic in STATISTICS
    }


def g_theta_at_least(samples: xr.Dataset) -> dict[str, float]:
    """Return g_theta_max_at_least and g_theta_mean_at_least: what is known of a partial spectrum.

    #{i : m_i > ε} / p over the eigenvectors that were computed; those that were not can only add.
    """
    return {f"{name}{AT_LEAST}": value for name, value in g_theta_by_statistic(samples).items()}


def g_theta_curves(samples: xr.Dataset) -> pd.DataFrame:
    """Return G_θ as a function of ε from 1e-6 to 1: columns statistic, epsilon, g_theta.

    G_θ is NaN where the spectrum is not complete, as eigenvectors that were not computed may count,
    and where no gradient has a direction.
    """
    epsilons = np.logspace(-6, 0, 121)
    curves = []
    for statistic in STATISTICS:
        sizes = np.sort(alignment_statistic(samples["alignment"], statistic).values)
        above = len(sizes) - np.searchsorted(sizes, epsilons, side="right")
        known = len(sizes) and samples.attrs["complete"] and not np.isnan(sizes).any()
        share = above / parameter_count(samples) if known else np.full(len(above), np.nan)
        curve = {"epsilon": epsilons, "g_theta": share}
        curves.append(pd.DataFrame({"statistic": statistic, **curve}))
    return pd.concat(curves, ignore_index=True)


def parameter_count(samples: xr.Dataset) -> int:
    """Return p, all parameters: resolved directions, null space and what was not computed."""
    return sum(int(samples.attrs[name]) for name in COUNTS)
