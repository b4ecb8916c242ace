"""An artifact of every kind, with what is hard to write: several chunks, NaN, tiny numbers."""

import math

import numpy as np
import xarray as xr

from helpers.made_up_artifacts import EVERY_KIND
from hessian_boundary.data.dataset import build_dataset

PROVENANCE = {"spec": {"step": "test", "seed": 0}, "versions": {"torch": "x"}}


def spectrum(count=150, size=40) -> xr.Dataset:
    state = np.random.RandomState(0)
    return xr.Dataset(
        {
            "eigenvalues": ("eigen", np.linspace(1, 0, count), {"long_name": "eigenvalue"}),
            "eigenvectors": (("eigen", "parameter"), state.standard_normal((count, size))),
            "residuals": ("eigen", np.full(count, 1e-16)),
        },
        coords={"eigen": np.arange(count)},
        attrs={"method": "range", "trace_by_samples": math.nan, "complete": True},
    )


def samples() -> xr.Dataset:
    state = np.random.RandomState(1)
    values = state.standard_normal((4, 6))
    values[:, 2] = math.nan
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), values),
            "scalar_product": (("eigen", "sample"), values),
            "random_alignment": (("direction", "sample"), values[:2]),
            "gradient_norm": ("sample", np.array([1e-250, 1.0, 0.0, 2.0, 3.0, 4.0])),
            "resolved_share": ("sample", values[0] ** 2),
            "label": ("sample", np.arange(6)),
            "prediction": ("sample", np.arange(6)),
        }
    )


def dataset() -> xr.Dataset:
    x = np.random.RandomState(0).standard_normal((20, 2)).astype(np.float32)
    return build_dataset(x, np.arange(20) % 2, train_fraction=0.5, features=["width", "größe"])


# three chunks of eigenvectors, NaN and tiny numbers, and letters beyond ASCII
EXAMPLES = {
    **EVERY_KIND, "spectrum": spectrum, "alignment_samples": samples, "dataset": dataset
}  # fmt: skip
