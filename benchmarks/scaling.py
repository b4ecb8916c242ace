"""`python -m benchmarks.scaling`: how costs grow with n, p, C and k, one of them varied at a time.

The top k eigenpairs of H by Lanczos, and G_θ in all eigenvectors of the Gauss-Newton part, of MLPs
with two hidden layers on made-up images of 8 × 8 pixels. Processor time of one thread, in float64,
checks included. The numbers are kept in scaling.csv, which the documentation draws.
"""

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.large import Case, trained
from hessian_boundary.alignment.gauss_newton import align_pairs, pairs_with_random_directions
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.progress import Progress

TABLE = Path(__file__).with_suffix(".csv")
HEADINGS = ("varied", "n", "p", "C", "k", "top_pairs_seconds", "products", "gauss_newton_seconds")
TOLERANCE = 1e-8  # of residuals, relative to λ_max
MEMORY_LIMIT_GB = 2


class Sizes(NamedTuple):
    """Samples, units of each hidden layer, classes, eigenpairs."""

    n: int = 200
    hidden: int = 80
    C: int = 4
    k: int = 10


# in place of the sizes above; p follows from the units, and stays below that of float32 products
VARIED = {
    "n": [Sizes(n=n) for n in (50, 100, 200, 400)],
    "p": [Sizes(hidden=hidden) for hidden in (20, 40, 80, 160, 250)],
    "C": [Sizes(C=classes) for classes in (2, 4, 8, 16)],
    "k": [Sizes(k=pairs) for pairs in (5, 10, 20, 40)],
}


def measured(sizes: Sizes) -> tuple[int, float, int, float]:
    """Return p, seconds of the top pairs, their products, and seconds of the Gauss-Newton G_θ."""
    architecture = {"name": "mlp", "hidden": [sizes.hidden, sizes.hidden]}
    network, x, y = trained(Case(architecture, (1, 8, 8), sizes.n, sizes.C, 10, "hessian", 1))
    problem = Problem.prepared(network, x, y)
    options = CurvatureOptions(
        method="lanczos",
        memory_limit_gb=MEMORY_LIMIT_GB,
        top=sizes.k,
        residual_tolerance=TOLERANCE,
        density_probes=0,
    )
    start = time.process_time()
    products = compute_spectrum(problem, options).attrs["hessian_vector_products"]
    middle = time.process_time()
    align_pairs(pairs_with_random_directions(problem))
    return problem.parameters, middle - start, products, time.process_time() - middle


def rows() -> Iterator[tuple[str, int, int, int, int, float, int, float]]:
    """Yield a row of the table per measurement."""
    total = sum(map(len, VARIED.values()))
    progress, done = Progress("measurement", total), 0
    measured(Sizes(n=50))  # warms up
    for varied, runs in VARIED.items():
        for sizes in runs:
            parameters, seconds, products, of_gauss_newton = measured(sizes)
            numbers = (sizes.n, parameters, sizes.C, sizes.k)
            yield varied, *numbers, round(seconds, 3), products, round(of_gauss_newton, 3)
            done += 1
            progress.update(done)


def main() -> None:
    """Measure, and keep the table."""
    torch.set_num_threads(1)
    found = [HEADINGS, *rows()]
    with TABLE.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(found)


if __name__ == "__main__":
    main()
