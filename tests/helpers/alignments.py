"""Alignments of samples of which every measure is known."""

import math

import numpy as np
import torch
import xarray as xr

from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.curvature.spectrum_dataset import empty_spectrum


def hand_made_samples() -> xr.Dataset:
    """Four resolved directions of ten, three samples of which the last has no direction.

    m_max  = 0.8, 0.1, 0.3, 0.02
    m_mean = 0.6, 0.1, 0.2, 0.01
    ε = mean(max |(0.1, −0.2)|, max |(0.06, 0.04)|) = (0.2 + 0.06) / 2 = 0.13
    """
    nan = math.nan
    alignment = np.array([[0.4, -0.8, nan], [-0.1, 0.1, nan], [0.3, 0.1, nan], [0.0, 0.02, nan]])
    random = np.array([[0.1, -0.2, nan], [0.06, 0.04, nan]])
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), alignment),
            "random_alignment": (("direction", "sample"), random),
            "resolved_share": ("sample", [0.26, 0.66, nan]),
        },
        coords={"eigenvalue": ("eigen", [2.0, 1.0, 0.5, -0.25])},
        attrs={
            "rank": 4,
            "null_space_dimension": 6,
            "not_computed": 0,
            "complete": True,
            "certificate": 1e-15,
            "trace_by_samples": 3.25,
        },
    )


def partial_samples() -> xr.Dataset:
    """The case by hand, had only these four pairs and two zero ones been computed."""
    samples = hand_made_samples()
    samples.attrs |= {"null_space_dimension": 2, "not_computed": 4, "complete": False}
    return samples


def diverged_samples(make_problem) -> xr.Dataset:
    """The alignment of a network whose parameters are not numbers."""
    case = make_problem("softmax_regression")
    with torch.no_grad():
        case.module.weight.fill_(math.nan)
    spectrum = empty_spectrum(15, 1e-12)
    return align_samples(case.problem, spectrum)


def aligned_samples(alignment: np.ndarray, labels: list[int]) -> xr.Dataset:
    """An alignment (eigen, sample) with labels: ten parameters, eigenvalues …, 2, 1, ε = 0.2."""
    eigen, count = alignment.shape
    random = np.zeros((5, count))
    random[:, 0] = 0.2
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), alignment),
            "label": ("sample", labels),
            "random_alignment": (("direction", "sample"), random),
        },
        coords={"eigenvalue": ("eigen", np.arange(eigen, 0, -1.0))},
        attrs={
            "rank": eigen,
            "null_space_dimension": 10 - eigen,
            "not_computed": 0,
            "complete": True,
        },
    )
