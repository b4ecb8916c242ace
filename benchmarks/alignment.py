"""Alignment of 10,000 grid points with 7 vectors, against one backward pass per point."""

import time
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.problem import LOSS, trained
from hessian_boundary.gradients.products import gradient_products

POINTS, VECTORS = 100, 7
REPETITIONS = 9  # the median counts: one takes less than a tenth of a second
BASELINE_POINTS = 1000  # of the 10,000; its time is proportional to their number


def loop(module: nn.Module, points: Tensor, vectors: Tensor) -> Tensor:
    """Return cosines (k, n), one point and one vector at a time, as it is usually written."""
    cosines = []
    for point in points:
        module.zero_grad()
        logits = module(point[None])
        LOSS(logits, logits.argmax(1)).sum().backward()
        gradient = torch.cat([p.grad.flatten() for p in module.parameters()])  # type: ignore[union-attr]
        cosines.append(torch.stack([F.cosine_similarity(gradient, v, 0, 1e-300) for v in vectors]))
    return torch.stack(cosines, dim=1)


def main() -> list[tuple[str, str, str, str]]:
    """Return rows (what, baseline, here, ratio)."""
    module, x, _ = trained()
    module.requires_grad_()
    axes = [torch.linspace(*x[:, i].aminmax(), POINTS, dtype=x.dtype) for i in range(2)]
    points = torch.cartesian_prod(*axes)
    vectors = torch.randn(VECTORS, sum(p.numel() for p in module.parameters()), dtype=x.dtype)
    vectors /= vectors.norm(dim=1, keepdim=True)
    seconds = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        found = gradient_products(module, points, vectors, LOSS, minimum_norm=0).cosine
        seconds.append(time.perf_counter() - start)
    here = median(seconds)
    some = torch.randperm(len(points))[:BASELINE_POINTS]
    start = time.perf_counter()
    expected = loop(module, points[some], vectors)
    baseline = (time.perf_counter() - start) * len(points) / len(some)
    difference = (found[:, some] - expected).abs().max()
    return [
        (
            "alignment of 10,000 points with 7 vectors",
            f"{baseline:.1f} s (a backward pass per point)",
            f"{here:.3f} s",
            f"{baseline / here:.0f}×",
        ),
        ("  largest difference of a cosine", "", f"{difference:.0e}", ""),
    ]
