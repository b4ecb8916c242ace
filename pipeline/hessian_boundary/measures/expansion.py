"""Does the loss rise along a gradient as the second-order expansion says? Equation 3, Appendix C.

The paper puts L(θ + ĝ) = ½ Σ_i λ_i A_i², for ĝ the unit gradient of a sample: an equality if the
loss and its gradient vanish at θ and its third derivative along the way does.
"""

from copy import deepcopy

import numpy as np
import torch
import xarray as xr
from scipy.stats import kendalltau

from hessian_boundary.alignment.unit_gradients import unit_gradients
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM
from hessian_boundary.networks.parameters import load_parameter_vector, parameter_vector
from hessian_boundary.networks.problem import Problem


def expansion(problem: Problem, samples: xr.Dataset) -> dict[str, float]:
    """Compare both sides of Equation 3 over the training samples.

    `samples` is their alignment with a complete spectrum. Returns expansion_ratio, the median of
    L(θ + ĝ) / (½ Σ λ_i A_i²) over the samples whose sum is not zero; expansion_order, Kendall's τ
    of the two sides; and expansion_loss, L(θ), which the equation takes to be 0. Nothing of a
    partial spectrum.
    """
    if not samples.attrs["complete"] or not samples.sizes["eigen"]:
        return {}
    directions = unit_gradients(problem, MINIMUM_GRADIENT_NORM)[0]
    module, theta = deepcopy(problem.network), parameter_vector(problem.network)
    moved = np.array([_loss(problem, module, theta + step) for step in directions])
    predicted = 0.5 * (samples["eigenvalue"] * samples["alignment"] ** 2).sum("eigen").values
    known = np.isfinite(moved) & np.isfinite(predicted)
    divides = known & (predicted != 0)
    return {
        "expansion_ratio": float(np.median(moved[divides] / predicted[divides])),
        "expansion_order": float(kendalltau(moved[known], predicted[known]).statistic),
        "expansion_loss": _loss(problem, module, theta),
    }


def _loss(problem: Problem, module: torch.nn.Module, theta: torch.Tensor) -> float:
    load_parameter_vector(module, theta)
    with torch.no_grad():
        return float(problem.loss(module(problem.x), problem.y).mean())
