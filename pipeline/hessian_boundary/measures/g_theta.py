"""G_θ, the complexity of a decision boundary: how many eigenvectors it takes, Eq. (6).

An eigenvector counts when the gradients of the training samples align with it more than random
directions would: its statistic m_i of |A_i| over the samples exceeds the threshold ε.

Of a partial spectrum G_θ is known within an interval. The alignments of a sample with all
eigenvectors have Σ_i A_i² = 1, so those that were not computed share the rest, r_s = 1 − Σ A_i²
over those that were, and fewer than r_s / ε² of them have |A_i(x_s)| > ε. Further eigenvectors that
count are therefore at most Σ_s ⌊r_s / ε²⌋ by the maximum over samples, which exceeds ε only where
a sample's does. By the mean they are at most ⌊mean_s r_s / ε²⌋, since m_i² ≤ mean_s A_i² (Cauchy
and Schwarz). Neither are they more than there are.
"""

import numpy as np
import pandas as pd
import xarray as xr

STATISTICS = ("max", "mean")  # over samples, of |A_i|
# ends of the names of bounds of what is not known
AT_LEAST, AT_MOST = "_at_least", "_at_most"
ROUND_OFF = 1e-9  # of r_s / ε²: a number that is whole but for round-off counts in full
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


def g_theta_bounds(samples: xr.Dataset) -> dict[str, float]:
    """Return what a partial spectrum tells of G_θ: g_theta_max_at_least, _at_most, and _mean_….

    At least the eigenvectors that were computed and count, over p; at most these and all further
    ones that may.
    """
    parameters, epsilon = parameter_count(samples), threshold(samples["random_alignment"])
    bounds: dict[str, float] = {}
    for statistic in STATISTICS:
        low = g_theta(samples["alignment"], parameters, epsilon, statistic)
        more = float(further_eigenvectors(samples, epsilon, statistic)) / parameters
        name = f"g_theta_{statistic}"
        bounds |= {f"{name}{AT_LEAST}": low, f"{name}{AT_MOST}": low + more}
    return bounds


def further_eigenvectors(
    samples: xr.Dataset, epsilon: float | np.ndarray, statistic: str
) -> np.ndarray:
    """Return how many eigenvectors that were not computed can have m_i > ε, at most, for each ε."""
    rest = 1 - samples["resolved_share"].dropna("sample").values
    if statistic == "mean" and len(rest):
        rest = np.array([rest.mean()])
    rest = rest[rest > 0]
    with np.errstate(divide="ignore"):  # by ε = 0 any share exceeds it
        shares = rest / np.square(epsilon)[..., None]
    most = np.floor(shares + ROUND_OFF).sum(-1)
    return np.minimum(most, samples.attrs["not_computed"])


def g_theta_curves(samples: xr.Dataset) -> pd.DataFrame:
    """Return G_θ as a function of ε from 1e-6 to 1: columns statistic, epsilon, g_theta.

    G_θ is NaN where no gradient has a direction, and where the spectrum is not complete, as
    eigenvectors that were not computed may count: there its bounds are further columns,
    g_theta_at_least and g_theta_at_most.
    """
    epsilons = np.logspace(-6, 0, 121)
    curves = []
    for statistic in STATISTICS:
        sizes = np.sort(alignment_statistic(samples["alignment"], statistic).values)
        above = len(sizes) - np.searchsorted(sizes, epsilons, side="right")
        known = len(sizes) and not np.isnan(sizes).any()
        unknown = np.full(len(above), np.nan)
        share = above / parameter_count(samples) if known else unknown
        curve = {"epsilon": epsilons, "g_theta": share if samples.attrs["complete"] else unknown}
        if known and not samples.attrs["complete"]:
            more = further_eigenvectors(samples, epsilons, statistic) / parameter_count(samples)
            curve |= {f"g_theta{AT_LEAST}": share, f"g_theta{AT_MOST}": share + more}
        curves.append(pd.DataFrame({"statistic": statistic, **curve}))
    return pd.concat(curves, ignore_index=True)


def parameter_count(samples: xr.Dataset) -> int:
    """Return p, all parameters: resolved directions, null space and what was not computed."""
    return sum(int(samples.attrs[name]) for name in COUNTS)
