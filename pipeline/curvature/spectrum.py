"""The spectrum artifact: one schema for every eigensolver."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from torch import Tensor, nn

from pipeline.curvature.covariance import covariance_eigenpairs
from pipeline.curvature.dense import dense_eigenpairs
from pipeline.curvature.eigenpairs import Eigenpairs
from pipeline.curvature.hessian import Hessian
from pipeline.curvature.range_finder import range_eigenpairs
from pipeline.curvature.trace import trace_by_samples
from pipeline.losses import Loss
from pipeline.randomness import derive_seed

# Below this number of parameters LAPACK is done before the range finder has started.
SMALL = 300


def compute_spectrum(
    module: nn.Module, x: Tensor, y: Tensor, loss_per_sample: Loss, curvature: Mapping[str, Any]
) -> xr.Dataset:
    """Diagonalise the Hessian of the mean loss on x (n, …), y (n,) at the module's parameters.

    `curvature` has `method` ("auto", "dense" or "range") and `rank_tolerance`.

    Returns eigenvalues(eigen) descending, eigenvectors(eigen, parameter), residuals(eigen), with
    the attributes method, reason, rank, rank_tolerance, certificate, null_space_dimension,
    trace_by_samples (NaN where it does not apply) and hessian_vector_products.
    """
    operator = Hessian(module, x, y, loss_per_sample)
    method, reason = choose_method(curvature["method"], operator.dimension)
    tolerance = curvature["rank_tolerance"]
    if method == "dense":
        pairs = dense_eigenpairs(operator, rank_tolerance=tolerance)
    else:
        seed = derive_seed("range finder")
        pairs = range_eigenpairs(operator, rank_tolerance=tolerance, seed=seed)
    by_samples = trace_by_samples(module, x, y, loss_per_sample)
    attributes = {
        "method": method,
        "reason": reason,
        "rank_tolerance": tolerance,
        "hessian_vector_products": operator.products,
        "trace_by_samples": float("nan") if by_samples is None else by_samples,
    }
    return spectrum_dataset(pairs, attributes)


def compute_covariance_spectrum(
    module: nn.Module, x: Tensor, y: Tensor, loss_per_sample: Loss, curvature: Mapping[str, Any]
) -> xr.Dataset:
    """Diagonalise the gradient covariance Σ (Eq. 7) in place of the Hessian, in the same schema."""
    tolerance = curvature["rank_tolerance"]
    pairs = covariance_eigenpairs(module, x, y, loss_per_sample, rank_tolerance=tolerance)
    attributes = {
        "method": "covariance",
        "reason": "singular value decomposition of the per-sample gradients",
        "rank_tolerance": tolerance,
        "hessian_vector_products": 0,
        "trace_by_samples": float("nan"),
    }
    return spectrum_dataset(pairs, attributes)


def choose_method(method: str, parameters: int) -> tuple[str, str]:
    """Resolve `auto`, and say why."""
    if method != "auto":
        return method, "as configured"
    if parameters <= SMALL:
        return "dense", f"{parameters} parameters: the whole matrix is cheap"
    return "range", f"{parameters} parameters: the rank is far lower at a minimum"


def spectrum_dataset(pairs: Eigenpairs, attributes: Mapping[str, Any]) -> xr.Dataset:
    """Put eigenpairs into the spectrum schema."""
    return xr.Dataset(
        {
            "eigenvalues": (
                "eigen",
                _numpy(pairs.eigenvalues),
                {"long_name": "Hessian eigenvalue"},
            ),
            "eigenvectors": (
                ("eigen", "parameter"),
                _numpy(pairs.eigenvectors),
                {"long_name": "Hessian eigenvector, of unit length; its sign is arbitrary"},
            ),
            "residuals": (
                "eigen",
                _numpy(pairs.residuals),
                {"long_name": "length of H v − λ v"},
            ),
        },
        coords={"eigen": np.arange(len(pairs.eigenvalues))},
        attrs={
            **attributes,
            "rank": len(pairs.eigenvalues),
            "null_space_dimension": pairs.null_space,
            "complete": pairs.complete,
            "certificate": pairs.certificate,
            "certificate_meaning": "Frobenius norm of H Q - Q (Q^T H Q) for the computed basis Q",
        },
    )


def empty_spectrum(parameters: int, curvature: Mapping[str, Any]) -> xr.Dataset:
    """Return a spectrum with no pair: what there is to say about a model that diverged."""
    none = np.empty(0)
    return xr.Dataset(
        {
            "eigenvalues": ("eigen", none),
            "eigenvectors": (("eigen", "parameter"), np.empty((0, parameters))),
            "residuals": ("eigen", none),
        },
        coords={"eigen": np.arange(0)},
        attrs={
            "method": "none",
            "reason": "training diverged: the parameters are not finite",
            "rank_tolerance": curvature["rank_tolerance"],
            "hessian_vector_products": 0,
            "trace_by_samples": float("nan"),
            "rank": 0,
            "null_space_dimension": parameters,  # none is resolved
            "complete": False,
            "certificate": float("nan"),
        },
    )


def _numpy(tensor: Tensor) -> np.ndarray:
    return tensor.cpu().numpy()
