"""Scalar measures of a trained model: G_θ and what the paper compares it with."""

from collections.abc import Mapping
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
    numerical rank are round-off and never count, while p counts all parameters.
    """
    return float((alignment_statistic(alignment, statistic) > epsilon).sum()) / parameters


def g_theta_curves(samples: xr.Dataset) -> pd.DataFrame:
    """Return G_θ as a function of ε from 1e-6 to 1: columns statistic, epsilon, g_theta."""
    epsilons = np.logspace(-6, 0, 121)
    curves = []
    for statistic in STATISTICS:
        sizes = np.sort(alignment_statistic(samples["alignment"], statistic).values)
        above = len(sizes) - np.searchsorted(sizes, epsilons, side="right")
        resolved = bool(len(sizes))
        share = above / parameter_count(samples) if resolved else np.full(len(above), np.nan)
        curve = {"epsilon": epsilons, "g_theta": share}
        curves.append(pd.DataFrame({"statistic": statistic, **curve}))
    return pd.concat(curves, ignore_index=True)


def parameter_count(samples: xr.Dataset) -> int:
    """Return p, all parameters: resolved directions and null space."""
    return int(samples.attrs["rank"] + samples.attrs["null_space_dimension"])


def measures(samples: xr.Dataset, model: Mapping[str, Any]) -> dict[str, float]:
    """Return every measure of one model by name.

    `samples` is the alignment on the training samples with the spectrum's attributes, `model` the
    attributes of the model artifact. What depends on the spectrum is NaN for a model whose
    training diverged.
    """
    return {
        **_spectral_measures(samples),
        **{name: float(model[name]) for name in MODEL_MEASURES},
        **{
            name: float(samples.attrs[name]) for name in ("rank", "certificate", "trace_by_samples")
        },
        "parameters": float(parameter_count(samples)),
        "samples_without_direction": float(samples["random_alignment"][0].isnull().sum()),
    }


MODEL_MEASURES = ("norm_published", "norm_l2", "train_accuracy", "test_accuracy", "epochs")


def _spectral_measures(samples: xr.Dataset) -> dict[str, float]:
    eigenvalues = samples["eigenvalue"].values
    epsilon = threshold(samples["random_alignment"])
    parameters = parameter_count(samples)
    share = samples["resolved_share"]
    if not len(eigenvalues):
        names = (*(f"g_theta_{s}" for s in STATISTICS), *SPECTRAL_MEASURES)
        return dict.fromkeys(names, float("nan"))
    return {
        **{
            f"g_theta_{statistic}": g_theta(samples["alignment"], parameters, epsilon, statistic)
            for statistic in STATISTICS
        },
        "epsilon": epsilon,
        "trace": float(eigenvalues.sum()),
        "lambda_max": float(eigenvalues.max()),
        "lambda_min": float(eigenvalues.min()),
        "resolved_share_min": float(share.min()),
        "resolved_share_mean": float(share.mean()),
    }


SPECTRAL_MEASURES = (
    "epsilon", "trace", "lambda_max", "lambda_min", "resolved_share_min", "resolved_share_mean",
)  # fmt: skip
