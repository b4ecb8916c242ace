"""G_θ in all eigenvectors of the Gauss-Newton part, without eigenvectors in parameter space.

The baseline writes the factor's rows out, orthogonalises them one after another in all p entries,
and multiplies eigenvectors with gradients. Both run in this process, on one thread.
"""

import time

import numpy as np
import torch
import xarray as xr

from benchmarks.problem import LOSS, trained
from hessian_boundary.alignment.gauss_newton import align_pairs, pairs_with_random_directions
from hessian_boundary.alignment.unit_gradients import align, unit_gradients
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM
from hessian_boundary.curvature.gauss_newton.graded_svd import ROUND_OFF, SMALLEST
from hessian_boundary.curvature.gauss_newton.logit_factor import logit_factor
from hessian_boundary.curvature.gauss_newton.rotations import graded_singular_pairs
from hessian_boundary.curvature.gauss_newton.rows import mapped_rows
from hessian_boundary.measures.g_theta import STATISTICS, alignment_statistic, threshold
from hessian_boundary.networks.problem import Problem


def written_out(problem: Problem) -> xr.Dataset:
    """Return the alignment by eigenvectors of p entries each."""
    factor = logit_factor(problem.loss, problem.network(problem.x).detach(), problem.y)
    whole = slice(0, problem.parameters)
    rows = mapped_rows(problem.network)(problem.x, factor.cotangents, whole)
    rows *= factor.scales.reshape(-1, 1)
    used = rows[rows.square().sum(1) > SMALLEST].numpy()
    basis, coefficients = one_after_another(used)
    singular, rotation = graded_singular_pairs(coefficients)
    gradients = unit_gradients(problem, MINIMUM_GRADIENT_NORM)
    vectors = torch.from_numpy(rotation.T @ basis)
    return align(torch.from_numpy(singular**2), vectors, *gradients)


def one_after_another(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return orthonormal q (r, p) and c (m, r) with rows = c q, the longest remainder next."""
    remainder, lengths = rows.copy(), np.linalg.norm(rows, axis=1)
    left = np.ones(len(rows), dtype=bool)
    basis, coefficients = np.empty((0, rows.shape[1])), []
    for _ in rows:
        sizes = np.where(left, np.linalg.norm(remainder, axis=1), -1)
        longest = sizes.argmax()
        if sizes[longest] > ROUND_OFF * lengths[longest]:
            direction = remainder[longest] / sizes[longest]
            direction -= basis.T @ (basis @ direction)
            direction /= np.linalg.norm(direction)
            basis = np.vstack([basis, direction])
            coefficients.append(np.where(left, remainder @ direction, 0))
            remainder -= np.outer(coefficients[-1], direction)
        left[longest] = False
    return basis, np.array(coefficients).T


def counted(samples: xr.Dataset) -> str:
    """Return how many eigenvectors count, by maximum and by mean."""
    epsilon = threshold(samples["random_alignment"])
    sizes = [alignment_statistic(samples["alignment"], statistic) for statistic in STATISTICS]
    return " and ".join(str(int((size > epsilon).sum())) for size in sizes)


def main() -> list[tuple[str, str, str, str]]:
    """Return rows (what, baseline, here, ratio)."""
    problem = Problem(*trained(), LOSS)
    results, seconds = [], []
    for method in (written_out, lambda problem: align_pairs(pairs_with_random_directions(problem))):
        method(problem)
        start = time.perf_counter()
        results.append(method(problem))
        seconds.append(time.perf_counter() - start)
    baseline, here = seconds
    expected, found = results
    return [
        (
            "G_θ in all eigenvectors of the Gauss-Newton part, p = 10,703",
            f"{baseline:.1f} s (eigenvectors written out)",
            f"{here:.2f} s",
            f"{baseline / here:.0f}×",
        ),
        ("  eigenvectors that count, maximum and mean", counted(expected), counted(found), ""),
    ]
