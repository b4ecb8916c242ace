"""G_θ as the authors compute it: Hessian, all its eigenvectors and the gradients in float32.

PAPER: the last version of the authors' code takes gradients shorter than 1e-20 as without
alignment; what earlier versions did is not known, so both are had: with that cut and without.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial

import torch
import xarray as xr
from torch import Tensor
from torch.nn import functional as F

from hessian_boundary.alignment.unit_gradients import align, unit_gradients
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.solvers.dense import dense_matrix
from hessian_boundary.losses.per_sample import (
    Loss,
    WeightedCrossEntropy,
    cross_entropy_per_sample,
)
from hessian_boundary.measures.g_theta import g_theta_by_statistic
from hessian_boundary.networks.problem import Problem

# PAPER: the authors' code sets the alignment of shorter gradients to 0
AUTHORS_MINIMUM_NORM = 1e-20
SHORTEST = {"float32_dense": AUTHORS_MINIMUM_NORM, "float32_uncut": 0.0}
textbook_cross_entropy: Loss = partial(F.cross_entropy, reduction="none")


def single_precision(problem: Problem) -> Problem:
    """Return the problem in float32, with the usual form of the loss, which may cancel."""
    return replace(
        problem,
        network=deepcopy(problem.network).float(),
        x=problem.x.float(),
        loss=_textbook(problem.loss),
    )


def single_eigenpairs(single: Problem) -> tuple[Tensor, Tensor]:
    """Return all eigenvalues (p,) and eigenvectors (p, p) of a problem's Hessian, by LAPACK."""
    matrix = dense_matrix(Hessian(single))
    # numbers below 1e-38 decide nothing here, and processors take ten times as long with them
    torch.set_flush_denormal(True)
    try:
        return all_eigenpairs(matrix)
    finally:
        torch.set_flush_denormal(False)


def single_precision_measures(problem: Problem) -> dict[str, float]:
    """Return G_θ in the authors' arithmetic, for a problem in float64.

    float32_dense_g_theta_max, _mean: Eq. (6) by both statistics over all p eigenvectors, gradients
    shorter than 1e-20 without alignment; float32_uncut_g_theta_max, _mean: every gradient that is
    not exactly zero has one; float32_dense_gradients_cut, float32_uncut_…: the share of samples
    that have none.

    Takes O(p³) operations and a few arrays of p² numbers.
    """
    single = single_precision(problem)
    pairs = single_eigenpairs(single)
    return {
        f"{name}_{measure}": value
        for name, samples in single_alignments(single, *pairs)
        for measure, value in {
            **g_theta_by_statistic(samples),
            "gradients_cut": float((samples["gradient_norm"] <= SHORTEST[name]).mean()),
        }.items()
    }


def single_alignments(
    single: Problem, eigenvalues: Tensor, eigenvectors: Tensor
) -> Iterator[tuple[str, xr.Dataset]]:
    """Yield "float32_dense" and "float32_uncut", each with the alignment of the samples' gradients.

    A gradient that is too short has the alignment 0.
    """
    for name, shortest in SHORTEST.items():
        gradients = unit_gradients(single, shortest)
        yield name, without_gaps(align(eigenvalues, eigenvectors, *gradients))


def without_gaps(samples: xr.Dataset) -> xr.Dataset:
    """Return an alignment in which gradients without a direction have the alignment 0."""
    names = ("alignment", "random_alignment")
    return samples.assign({name: samples[name].fillna(0) for name in names})


def all_eigenpairs(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return eigenvalues (k,) and eigenvectors (k, p) of a symmetric matrix (p, p) by LAPACK.

    Rows that are identically zero are left out: their eigenvectors are the unit vectors, and no
    gradient has a component there.
    """
    used = torch.nonzero((matrix != 0).any(0)).flatten()
    eigenvalues, columns = torch.linalg.eigh(matrix[used][:, used])
    eigenvectors = matrix.new_zeros(len(used), len(matrix))
    eigenvectors[:, used] = columns.T
    return eigenvalues, eigenvectors


def _textbook(loss: Loss) -> Loss:
    if isinstance(loss, WeightedCrossEntropy):
        return loss.textbook
    return textbook_cross_entropy if loss is cross_entropy_per_sample else loss
