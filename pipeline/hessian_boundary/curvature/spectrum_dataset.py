"""The spectrum artifact: one schema for every eigensolver."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.curvature.solvers.eigenpairs import Eigenpairs

# of a spectrum that no Hessian-vector product was taken for
UNCHECKED = {"products": "none", "slower_because": "", "checks": "{}"}


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
            "not_computed": pairs.not_computed,
            "complete": pairs.complete,
            "certificate": pairs.certificate,
            "certificate_meaning": "Frobenius norm of H Q - Q (Q^T H Q) for the computed basis Q",
        },
    )


def empty_spectrum(parameters: int, rank_tolerance: float) -> xr.Dataset:
    """Return a spectrum with no pair: what there is to say about a model that diverged."""
    none = torch.empty(0, dtype=torch.float64)
    pairs = Eigenpairs(
        none, none.new_empty(0, parameters), none, float("nan"), null_space=0, complete=False
    )
    attributes = {
        "method": "none",
        "reason": "training diverged: the parameters are not finite",
        **UNCHECKED,
        "rank_tolerance": rank_tolerance,
        "hessian_vector_products": 0,
        "trace_by_samples": float("nan"),
    }
    return spectrum_dataset(pairs, attributes)


def _numpy(tensor: Tensor) -> np.ndarray:
    return tensor.cpu().numpy()
