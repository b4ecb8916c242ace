"""What is measured of one model, by name.

    g_theta_max, g_theta_mean, epsilon       how complex its boundary is (`measures.g_theta`)
    trace, lambda_max, lambda_min, rank, …   the spectrum of its Hessian, and how sure it is
    resolved_share_min, resolved_share_mean  how much of a gradient lies in resolved directions
    norm_l2, norm_published                  the length of its parameters
    train_accuracy, validation_accuracy, test_accuracy   its predictions: the share that is right
    train_error, validation_error                        and the share that is wrong
    epochs                                   how long it was trained

More stands in modules of its own: outliers of the spectrum (`measures.outliers`), how far gradients
spread over eigenvectors (`measures.localisation`), the error on fresh samples
(`measures.test_error`), the boundary of planar inputs (`measures.plane`)
and G_θ of the Gauss–Newton part (`measures.gauss_newton`).
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from hessian_boundary.measures.g_theta import (
    AT_LEAST,
    AT_MOST,
    STATISTICS,
    g_theta_bounds,
    g_theta_by_statistic,
    parameter_count,
    threshold,
)
from hessian_boundary.measures.sample_outliers import lower_end_computed

# attributes of the model's artifact
PARTS = ("train", "validation", "test")  # of the data set's split
FROM_TRAINING = (
    *("norm_published", "norm_l2"),
    *(f"{part}_accuracy" for part in PARTS),
    "epochs",
)
RESOLVED = ("resolved_share_min", "resolved_share_mean")


def model_measures(samples: xr.Dataset, model: Mapping[str, Any] | None) -> dict[str, float]:
    """Return every measure of one model by name.

    `samples` is the alignment on the training samples with the spectrum's attributes, `model` the
    attributes of the model artifact; without it, what comes from the training is left out. What
    depends on the spectrum is NaN for a model whose training diverged, and what depends on all of
    it (G_θ, trace, rank) where only `eigenpairs` of it were computed: bounds have names of their
    own, `not_computed` counts the rest, and `trace_by_samples` needs none of them.
    """
    complete = samples.attrs["complete"]
    partial = samples.sizes["eigen"] and not complete
    return {
        **spectral_measures(samples),
        **(training_measures(model) if model is not None else {}),
        **{name: float(samples.attrs[name]) for name in ("certificate", "trace_by_samples")},
        "rank": float(samples.attrs["rank"]) if complete else float("nan"),
        **({f"rank{AT_LEAST}": float(samples.attrs["rank"])} if partial else {}),
        "eigenpairs": float(samples.attrs["rank"]),
        "not_computed": float(samples.attrs["not_computed"]),
        "parameters": float(parameter_count(samples)),
        "samples_without_direction": float(samples["random_alignment"][0].isnull().sum()),
    }


def training_measures(model: Mapping[str, Any]) -> dict[str, float]:
    """Return norm_l2, norm_published, epochs, and accuracies and errors of each part of the split.

    `model` is the attributes of the model artifact.
    """
    return {**{name: float(model[name]) for name in FROM_TRAINING}, **errors(model)}


def errors(model: Mapping[str, Any]) -> dict[str, float]:
    """Return train_error = 1 − train_accuracy and validation_error; NaN for a part without samples.

    `model` is the attributes of the model artifact. Of the test error more is known than of the
    test part alone: `measures.test_error`.
    """
    return {f"{part}_error": 1 - float(model[f"{part}_accuracy"]) for part in PARTS[:2]}


def spectral_measures(samples: xr.Dataset) -> dict[str, float]:
    """Return G_θ, ε, trace, extreme eigenvalues and resolved shares of an alignment on samples.

    NaN where eigenvalues that were not computed could change the number. Of a partial spectrum also
    what is known of it: bounds of G_θ (`g_theta_bounds`), resolved_share_min_at_least and
    resolved_share_mean_at_least, and lambda_min_at_most where the lower end was not computed.
    """
    eigenvalues = samples["eigenvalue"].values
    complete = samples.attrs["complete"]
    # what counts as null space is 0
    zero = 0.0 if samples.attrs["null_space_dimension"] else math.nan
    share = samples["resolved_share"]
    found = {
        **g_theta_by_statistic(samples),
        "trace": float(eigenvalues.sum()),
        "epsilon": threshold(samples["random_alignment"]),
        "lambda_max": float(np.fmax(eigenvalues.max(initial=-np.inf), zero)),
        "lambda_min": float(np.fmin(eigenvalues.min(initial=np.inf), zero)),
        "resolved_share_min": float(share.min()),
        "resolved_share_mean": float(share.mean()),
    }
    if not samples.sizes["eigen"]:
        of_zero = dict.fromkeys(("trace", "lambda_max", "lambda_min"), zero)  # NaN if diverged
        return dict.fromkeys(found, math.nan) | of_zero
    if complete:
        return found
    bounds = g_theta_bounds(samples)
    bounds |= {f"{name}{AT_LEAST}": found[name] for name in RESOLVED}
    unknown = [*(f"g_theta_{statistic}" for statistic in STATISTICS), "trace", *RESOLVED]
    if not lower_end_computed(samples):
        bounds[f"lambda_min{AT_MOST}"] = found["lambda_min"]
        unknown.append("lambda_min")
    return found | dict.fromkeys(unknown, float("nan")) | bounds
