"""What the checks against plain automatic differentiation cost, beside what they check."""

import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.problem import LOSS, trained
from hessian_boundary.alignment.random_directions import random_directions
from hessian_boundary.alignment.samples import align_samples
from hessian_boundary.boundary.exact import exact_boundary
from hessian_boundary.certificates.boundary import certify_boundary
from hessian_boundary.certificates.curvature import Probes
from hessian_boundary.certificates.network import certify_network
from hessian_boundary.curvature.spectrum import compute_spectrum
from hessian_boundary.data.input_window import grid_window
from hessian_boundary.gradients.products import gradient_path
from hessian_boundary.networks.problem import Problem


def cpu_seconds(function: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Return the CPU time of one call, after one that warms up, and what it returns."""
    function(*arguments)
    start = time.process_time()
    found = function(*arguments)
    return time.process_time() - start, found


def main() -> list[tuple[str, str, str, str]]:
    """Return rows (what, with its checks, the checks alone, share)."""
    problem = Problem(*trained(), LOSS)
    window = grid_window(problem.x.numpy(), 0.15)
    network, _ = cpu_seconds(certify_network, problem)
    curvature, _ = cpu_seconds(Probes.of, problem)
    spectrum, found = cpu_seconds(compute_spectrum, problem)
    vectors = torch.cat(
        [
            problem.tensor(found["eigenvectors"].values),
            problem.tensor(random_directions(problem.parameters)),
        ]
    )
    gradients, _ = cpu_seconds(gradient_path, problem.network, problem.x, vectors, LOSS)
    alignment, _ = cpu_seconds(align_samples, problem, found)
    tracing, boundary = cpu_seconds(exact_boundary, problem.network, window)
    pieces, _ = cpu_seconds(certify_boundary, problem.network, boundary, 0)
    rows = (
        ("spectrum of gaussian/normal", spectrum, network + curvature),
        ("alignment of its 150 samples with 1,216 vectors", alignment, network + gradients),
        ("its exact boundary", tracing, pieces),
        ("all three", spectrum + alignment + tracing, 2 * network + curvature + gradients + pieces),
    )
    return [
        (f"checks of: {what}", f"{whole:.3f} s with its checks", f"{checks:.3f} s", f"{share:.1%}")
        for what, whole, checks in rows
        for share in [checks / whole]
    ]
