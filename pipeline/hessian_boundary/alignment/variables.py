"""What alignments with eigenvectors have in common, whatever inputs they are taken at."""

from dataclasses import replace
from typing import Any

import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.certificates.certificate import as_attribute
from hessian_boundary.certificates.gradients import SHORTEST
from hessian_boundary.certificates.network import certify_network
from hessian_boundary.gradients.products import (
    GradientProducts,
    gradient_path,
    gradient_products,
)
from hessian_boundary.networks.parameters import parameter_vector
from hessian_boundary.networks.problem import Problem

MINIMUM_GRADIENT_NORM = SHORTEST  # of a gradient that is aligned, and that is checked


def aligned(
    problem: Problem, x: Tensor, directions: Tensor
) -> tuple[GradientProducts, dict[str, str]]:
    """Align the gradients at x (n, feature…) with directions (k, p); see `gradient_products`.

    Returns the products, and the attributes `gradients` (the path that was taken) and `checks`.

    Raises CertificateError when the network is no function of each sample for itself, or when
    plain backward passes give other gradients.
    """
    if not parameter_vector(problem.network).isfinite().all():  # a training that diverged
        return _without_directions(problem, x, directions), {"gradients": "none", "checks": "{}"}
    certificates = certify_network(replace(problem, x=x, y=x.new_zeros(len(x)).long()))
    path = gradient_path(problem.network, x, directions, problem.loss)
    products = gradient_products(
        problem.network,
        x,
        directions,
        problem.loss,
        minimum_norm=MINIMUM_GRADIENT_NORM,
        path=path,
    )
    checks = as_attribute([*certificates, path.certificate])
    return products, {"gradients": path.name, "checks": checks}


def _without_directions(problem: Problem, x: Tensor, directions: Tensor) -> GradientProducts:
    with torch.no_grad():
        logits = problem.network(x.clone()).detach()
    unknown = logits.new_full((len(directions), len(x)), torch.nan)
    return GradientProducts(unknown, logits.new_full((len(x),), torch.nan), logits)


def per_eigenvector(
    products: GradientProducts, count: int, dims: tuple[str, ...], shape: tuple[int, ...]
) -> dict[str, tuple]:
    """Return the variables of the first `count` directions, over inputs of these dimensions."""
    cosine = products.cosine[:count].cpu().numpy().reshape(count, *shape)
    norm = products.norm.cpu().numpy().reshape(shape)
    logits = products.logits.T.cpu().numpy().reshape(-1, *shape)
    return {
        "alignment": (
            ("eigen", *dims),
            cosine,
            {"long_name": "cosine of gradient and eigenvector"},
        ),
        "scalar_product": (
            ("eigen", *dims),
            cosine * norm,
            {"long_name": "scalar product of gradient and eigenvector"},
        ),
        "gradient_norm": (dims, norm, {"long_name": "length of the loss gradient g_θ(x)"}),
        "logits": (("class", *dims), logits, {"long_name": "output of the network"}),
        "prediction": (dims, logits.argmax(0), {"long_name": "predicted class label"}),
    }


def eigen_coordinates(spectrum: xr.Dataset, count: int) -> dict[str, Any]:
    """Return index and value of the first `count` eigenvalues, as coordinates."""
    return {
        "eigen": spectrum["eigen"].values[:count],
        "eigenvalue": ("eigen", spectrum["eigenvalues"].values[:count]),
    }


def about_spectrum(spectrum: xr.Dataset) -> dict[str, Any]:
    """The spectrum's attributes that readers of an alignment need, without opening it."""
    names = ("method", "rank", "rank_tolerance", "null_space_dimension", "not_computed")
    sources = ("complete", "certificate", "trace_by_samples")
    asked = [name for name in ("bottom_pairs",) if name in spectrum.attrs]  # of a partial one
    return {name: spectrum.attrs[name] for name in (*names, *sources, *asked)}
