"""What is measured of one model, by name.

    g_theta_max, g_theta_mean, epsilon       how complex its boundary is (`measures.g_theta`)
    trace, lambda_max, lambda_min, rank, …   the spectrum of its Hessian, and how sure it is
    resolved_share_min, resolved_share_mean  how much of a gradient lies in resolved directions
    norm_l2, norm_published                  the length of its parameters
    train_accuracy, test_accuracy, epochs    its predictions, and how long it was trained
    train_error                              1 − train_accuracy, with the labels it was trained on

More stands in modules of its own: outliers of the spectrum (`measures.outliers`), how far gradients
spread over eigenvectors (`measures.localisation`), the error on fresh samples
(`measures.generalisation`), the boundary of planar inputs (`measures.plane`)
and G_θ of the Gauss–Newton part (`measures.gauss_newton`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from hessian_boundary.measures.g_theta import (
    STATISTICS,
    g_theta_at_least,
    g_theta_by_statistic,
    parameter_count,
    threshold,
)

# attributes of the model's artifact
FROM_TRAINING = ("norm_published", "norm_l2", "train_accuracy", "test_accuracy", "epochs")


def model_measures(samples: xr.Dataset, model: Mapping[str, Any]) -> dict[str, float]:
    """Return every measure of one model by name.

    `samples` is the alignment on the training samples with the spectrum's attributes, `model` the
    attributes of the model artifact. What depends on the spectrum is NaN for a model whose
    training diverged, and what depends on all of it (G_θ, trace, rank) where only `eigenpairs` of
    it were computed; `not_computed` counts the rest, and `trace_by_samples` needs none of them.
    """
    complete = samples.attrs["complete"]
    return {
        **spectral_measures(samples),
        **{name: float(model[name]) for name in FROM_TRAINING},
        "train_error": 1 - float(model["train_accuracy"]),
        **{name: float(samples.attrs[name]) for name in ("certificate", "trace_by_samples")},
        "rank": float(samples.attrs["rank"]) if complete else float("nan"),
        "eigenpairs": float(samples.attrs["rank"]),
        "not_computed": float(samples.attrs["not_computed"]),
        "parameters": float(parameter_count(samples)),
        "samples_without_direction": float(samples["random_alignment"][0].isnull().sum()),
    }


def spectral_measures(samples: xr.Dataset) -> dict[str, float]:
    """Return G_θ, ε, trace, extreme eigenvalues and resolved shares of an alignment on samples.

    NaN where eigenvalues that were not computed could change the number. Of a partial spectrum also
    g_theta_max_at_least and g_theta_mean_at_least, which they could only raise.
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
    found |= dict.fromkeys(_unknown(samples, found), float("nan"))
    partial = samples.sizes["eigen"] and not samples.attrs["complete"]
    return found | (g_theta_at_least(samples) if partial else {})


def _unknown(samples: xr.Dataset, found: Mapping[str, float]) -> Iterable[str]:
    """Name the measures that eigenvalues which were not computed may change."""
    if not samples.sizes["eigen"]:
        return found
    if samples.attrs["complete"]:
        return ()
    # without negative pairs, the computed end of the spectrum was round-off and is not stored
    smallest = () if found["lambda_min"] < 0 else ("lambda_min",)
    return (*(f"g_theta_{statistic}" for statistic in STATISTICS), "trace", *smallest)
