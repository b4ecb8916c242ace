"""Gradients written out, of data sets small enough, and their alignment with any eigenvectors."""

import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.gradients.whole import per_sample_gradients
from hessian_boundary.networks.problem import Problem

Gradients = tuple[Tensor, Tensor, Tensor]  # directions (n, p), lengths (n,), predicted labels (n,)


def unit_gradients(problem: Problem, minimum_norm: float) -> Gradients:
    """Return directions (n, p) and lengths (n,) of g_θ(x_s), and the predicted labels (n,).

    Gradients take the predicted label (Eq. 1); below `minimum_norm` their direction is NaN.
    Lengths are taken relative to the largest entry: squares of entries below 1e-154 would be 0.
    """
    with torch.no_grad():
        predicted = problem.network(problem.x.clone()).argmax(1)
    gradients = per_sample_gradients(problem.network, problem.x, predicted, problem.loss)
    largest = torch.linalg.vector_norm(gradients, torch.inf, dim=1)
    gradients.div_(torch.where(largest > 0, largest, 1)[:, None])
    lengths = torch.linalg.vector_norm(gradients, dim=1)
    long_enough = lengths * largest > minimum_norm
    directions = gradients.div_(torch.where(long_enough, lengths, torch.nan)[:, None])
    return directions, lengths * largest, predicted


def align(
    eigenvalues: Tensor, eigenvectors: Tensor, directions: Tensor, lengths: Tensor, labels: Tensor
) -> xr.Dataset:
    """Return what `measures` takes of an alignment with all eigenvectors (k, p) of a matrix."""
    parameters = eigenvectors.shape[1]
    random = torch.from_numpy(random_directions(parameters)).to(directions) @ directions.T
    cosine = eigenvectors @ directions.T
    return alignment_with_all(eigenvalues, cosine, random, lengths, labels, parameters)


def alignment_with_all(
    eigenvalues: Tensor,
    cosine: Tensor,
    random: Tensor,
    lengths: Tensor,
    labels: Tensor,
    parameters: int,
) -> xr.Dataset:
    """Return the same from cosines of the gradients with eigenvectors (k, n) and random ones."""
    return xr.Dataset(
        {
            "alignment": (("eigen", "sample"), cosine.cpu().numpy()),
            "random_alignment": (("direction", "sample"), random.cpu().numpy()),
            "resolved_share": ("sample", cosine.square().sum(0).cpu().numpy()),
            "gradient_norm": ("sample", lengths.cpu().numpy()),
            "prediction": ("sample", labels.cpu().numpy()),
        },
        coords={"eigenvalue": ("eigen", eigenvalues.cpu().numpy())},
        attrs={
            "rank": len(eigenvalues),
            "null_space_dimension": parameters - len(eigenvalues),
            "not_computed": 0,
            "complete": True,
        },
    )
