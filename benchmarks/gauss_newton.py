"""G_θ in all eigenvectors of the Gauss-Newton part, without eigenvectors in parameter space.

The baseline writes the factor's rows out, orthogonalises them one after another in all p entries,
and multiplies eigenvectors with gradients. Both run in this process, on one thread.

`python -m benchmarks.gauss_newton results/quick` asks both of the networks of Table 1 there: do
they count the same eigenvectors, and how long does either take?
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from benchmarks.problem import LOSS, THREADS, trained
from hessian_boundary.alignment.gauss_newton import align_pairs, pairs_with_random_directions
from hessian_boundary.alignment.unit_gradients import align, unit_gradients
from hessian_boundary.alignment.variables import MINIMUM_GRADIENT_NORM
from hessian_boundary.artifacts.store import open_artifact
from hessian_boundary.curvature.gauss_newton.graded_svd import ROUND_OFF, SMALLEST
from hessian_boundary.curvature.gauss_newton.logit_factor import logit_factor
from hessian_boundary.curvature.gauss_newton.rotations import graded_singular_pairs
from hessian_boundary.curvature.gauss_newton.rows import mapped_rows
from hessian_boundary.data.dataset import samples_of
from hessian_boundary.measures.g_theta import STATISTICS, alignment_statistic, threshold
from hessian_boundary.networks.problem import Problem
from hessian_boundary.networks.stored import trained_module

TABLE_1 = ("gaussian", "circle", "half_moon", "hierarchical", "checkerboard")


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


def in_their_span(problem: Problem) -> xr.Dataset:
    """Return the same by coordinates in the span of the rows."""
    return align_pairs(pairs_with_random_directions(problem))


def timed(method: Callable[[Problem], xr.Dataset], problem: Problem) -> tuple[xr.Dataset, float]:
    """Return what a method gives and the seconds of the processor that it takes."""
    start = time.process_time()
    found = method(problem)
    return found, time.process_time() - start


def of_table_1(results: Path) -> Iterator[tuple[str, Problem]]:
    """Yield the networks of Table 1 with seed 0 that a profile has trained, and what they are."""
    for dataset in TABLE_1:
        for path in sorted(results.glob(f"{dataset}/*/seed0/model.zarr.zip")):
            training = path.parents[1].name
            if training in ("normal", "adversarial", "large_norm", "wide_margin", "narrow_margin"):
                model = open_artifact(path, "model")
                samples = open_artifact(results / dataset / "dataset.zarr.zip", "dataset")
                x, y = samples_of(samples, "train")
                network = trained_module(model, torch.float64, torch.device("cpu"))
                yield f"{dataset}/{training}", Problem(network, x.double(), y, LOSS)


def compare(results: Path) -> None:
    """Print a line of Markdown for each network: counts and seconds of both."""
    print("| network | count, written out | count, here | s, written out | s, here | ratio |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    for name, problem in of_table_1(results):
        expected, baseline = timed(written_out, problem)
        found, here = timed(in_their_span, problem)
        counts = f"{counted(expected)} | {counted(found)}"
        times = f"{baseline:.1f} | {here:.2f} | {baseline / here:.0f}"
        print(f"| {name} | {counts} | {times} |", flush=True)


def main() -> list[tuple[str, str, str, str]]:
    """Return rows (what, baseline, here, ratio)."""
    problem = Problem(*trained(), LOSS)
    for method in (written_out, in_their_span):
        method(problem)
    expected, baseline = timed(written_out, problem)
    found, here = timed(in_their_span, problem)
    return [
        (
            "G_θ in all eigenvectors of the Gauss-Newton part, p = 10,703",
            f"{baseline:.1f} s (eigenvectors written out)",
            f"{here:.2f} s",
            f"{baseline / here:.0f}×",
        ),
        ("  eigenvectors that count, maximum and mean", counted(expected), counted(found), ""),
    ]


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    compare(Path(sys.argv[1]))
