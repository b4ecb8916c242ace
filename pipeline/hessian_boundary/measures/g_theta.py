"""Scalar measures of a trained model: G_θ and what the paper compares it with."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

STATISTICS = ("max", "mean")


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


def measures(samples: xr.Dataset, model: Mapping[str, Any]) -> dict[str, float]:
    """Return every measure of one model by name.

    `samples` is the alignment on the training samples with the spectrum's attributes, `model` the
    attributes of the model artifact. What depends on the spectrum is NaN for a model whose
    training diverged, and what depends on all of it (G_θ, trace, rank) where only `eigenpairs` of
    it were computed; `not_computed` counts the rest, and `trace_by_samples` needs none of them.
    """
    complete = samples.attrs["complete"]
    return {
        **spectral_measures(samples),
        **{name: float(model[name]) for name in MODEL_MEASURES},
        **{name: float(samples.attrs[name]) for name in ("certificate", "trace_by_samples")},
        "rank": float(samples.attrs["rank"]) if complete else float("nan"),
        "eigenpairs": float(samples.attrs["rank"]),
        "not_computed": float(samples.attrs["not_computed"]),
        "parameters": float(parameter_count(samples)),
        "samples_without_direction": float(samples["random_alignment"][0].isnull().sum()),
    }


COUNTS = ("rank", "null_space_dimension", "not_computed")
MODEL_MEASURES = ("norm_published", "norm_l2", "train_accuracy", "test_accuracy", "epochs")


def spectral_measures(samples: xr.Dataset) -> dict[str, float]:
    """Return G_θ, ε, trace, extreme eigenvalues and resolved shares of an alignment on samples.

    NaN where eigenvalues that were not computed could change the number.
    """
    eigenvalues = samples["eigenvalue"].values
    share = samples["resolved_share"]
    found = {
        **g_theta_by_statistic(samples),
        "trace": float(eigenvalues.sum()),
        "epsilon": threshold(samples["random_alignment"]),
        "lambda_max": float(eigenvalues.max(initial=-np.inf)),
        "lambda_min": float(eigenvalues.min(initial=np.inf)),
        "resolved_share_min": float(share.min()),
        "resolved_share_mean": float(share.mean()),
    }
    return found | dict.fromkeys(_unknown(samples, found), float("nan"))


def _unknown(samples: xr.Dataset, found: Mapping[str, float]) -> Iterable[str]:
    """Name the measures that eigenvalues which were not computed may change."""
    if not samples.sizes["eigen"]:
        return found
    if samples.attrs["complete"]:
        return ()
    # without negative pairs, the computed end of the spectrum was round-off and is not stored
    smallest = () if found["lambda_min"] < 0 else ("lambda_min",)
    return (*(f"g_theta_{statistic}" for statistic in STATISTICS), "trace", *smallest)
