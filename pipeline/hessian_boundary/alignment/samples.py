"""Alignment A_i(x_s) of the training samples' gradients with Hessian eigenvectors (Eq. 2)."""

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.alignment.variables import (
    about_spectrum,
    aligned,
    eigen_coordinates,
    per_eigenvector,
)
from hessian_boundary.gradients.products import GradientProducts
from hessian_boundary.networks.problem import Problem

DENSITY = ("density_nodes", "density_weights")  # of a partial spectrum
TOGETHER = 2e8  # bytes of eigenvectors that are put together with random directions, at most


def align_samples(problem: Problem, spectrum: xr.Dataset) -> xr.Dataset:
    """Align every sample's gradient with every resolved eigenvector and with random directions.

    Gradients take the *predicted* label (Eq. 1); the problem's labels y are the true ones.

    Returns alignment(eigen, sample), scalar_product(eigen, sample), random_alignment(direction,
    sample), gradient_norm(sample), logits(class, sample), label(sample), prediction(sample), and
    resolved_share(sample): Σ_i A_i², the part of each gradient's squared length that lies in the
    resolved eigenspace. Of a partial spectrum the estimate of its density comes along.
    """
    eigenvectors = problem.tensor(spectrum["eigenvectors"].values)
    products, random, checks = _with_random(problem, eigenvectors)
    count = len(eigenvectors)
    dataset = xr.Dataset(
        {
            **per_eigenvector(products, count, ("sample",), (problem.samples,)),
            "random_alignment": (
                ("direction", "sample"),
                random.cpu().numpy(),
                {"long_name": "cosine of the gradient with a random direction"},
            ),
            "label": ("sample", problem.y.cpu().numpy(), {"long_name": "true class label"}),
        },
        coords={"sample": np.arange(problem.samples), **eigen_coordinates(spectrum, count)},
        attrs=about_spectrum(spectrum) | checks,
    )
    dataset["resolved_share"] = (dataset["alignment"] ** 2).sum("eigen", skipna=False)
    dataset["resolved_share"].attrs["long_name"] = "share of |g|² in the resolved eigenspace"
    return dataset.assign({name: spectrum[name] for name in DENSITY if name in spectrum})


def _with_random(
    problem: Problem, eigenvectors: Tensor
) -> tuple[GradientProducts, Tensor, dict[str, str]]:
    """Return products with eigenvectors (k, p), cosines with random directions (5, n), and checks.

    In one go, but for large networks, whose eigenvectors shall not be there twice.
    """
    directions = problem.tensor(random_directions(problem.parameters))
    if eigenvectors.nbytes > TOGETHER:
        random = aligned(problem, problem.x, directions)[0].cosine
        del directions
        products, checks = aligned(problem, problem.x, eigenvectors)
        return products, random, checks
    products, checks = aligned(problem, problem.x, torch.cat([eigenvectors, directions]))
    return products, products.cosine[len(eigenvectors) :], checks
