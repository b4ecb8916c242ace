"""The full exact spectrum: dense Hessian and LAPACK against `range`, time and memory.

Of the dense matrix the eigenpairs are taken as plain PyTorch code would, and as the method `dense`
does, which has NumPy compute them. Each method runs in a process of its own, so that its peak
memory is its own. Memory is counted above what the process takes once torch has made a first
Hessian-vector product.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch

from benchmarks.problem import LOSS, trained
from hessian_boundary.curvature.all_eigenpairs import all_eigenpairs
from hessian_boundary.curvature.operators.hessian import Hessian
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.curvature.solvers import dense
from hessian_boundary.curvature.solvers.linear_algebra import symmetric_eigenpairs
from hessian_boundary.networks.problem import Problem

RANK_TOLERANCE = 1e-12
MEMORY_LIMIT = 4e9
EIGENPAIRS = {"torch": torch.linalg.eigh, "numpy": symmetric_eigenpairs}


def measure(method: str, file: str) -> dict[str, float]:
    """Diagonalise once; save the eigenvalues to `file`; return seconds, megabytes and accuracy."""
    problem = Problem(*trained(), LOSS)
    if method != "range":
        operator = Hessian(problem)
    else:
        products = certified_products(problem, method, MEMORY_LIMIT)
        operator = products.operator
    operator(torch.randn(2, operator.dimension, dtype=operator.dtype))
    operator.products, before = 0, _peak_megabytes()
    start = time.perf_counter()
    if method != "range":
        dense.symmetric_eigenpairs = EIGENPAIRS[method]
        pairs = dense.dense_eigenpairs(operator, rank_tolerance=RANK_TOLERANCE)
    else:
        options = {"rank_tolerance": RANK_TOLERANCE, "seed": 0, "memory_limit": MEMORY_LIMIT}
        pairs, _ = all_eigenpairs(problem, products, **options)
    seconds = time.perf_counter() - start
    torch.save(pairs.eigenvalues, file)
    return {
        "seconds": seconds,
        "megabytes": _peak_megabytes() - before,
        "rank": len(pairs.eigenvalues),
        "residual": float(pairs.residuals.max()),
        "products": operator.products,
    }


def main() -> list[tuple[str, str, str, str]]:
    """Return rows (what, baseline, here, ratio)."""
    results, eigenvalues = {}, {}
    for method in (*EIGENPAIRS, "range"):
        file = Path(f".benchmark_{method}.pt")
        command = [sys.executable, "-m", "benchmarks.spectrum", method, str(file)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        results[method] = json.loads(output)
        eigenvalues[method] = torch.load(file)
        file.unlink()
    plain, found = results["torch"], results["range"]
    difference = (eigenvalues["torch"] - eigenvalues["range"]).abs().max()
    return [
        (
            "all non-zero eigenpairs, p = 10,703",
            f"{plain['seconds']:.0f} s (dense + torch.linalg.eigh)",
            f"{found['seconds']:.1f} s",
            f"{plain['seconds'] / found['seconds']:.0f}×",
        ),
        (
            "  the same",
            f"{results['numpy']['seconds']:.0f} s (dense + numpy.linalg.eigh)",
            f"{found['seconds']:.1f} s",
            f"{results['numpy']['seconds'] / found['seconds']:.0f}×",
        ),
        (
            "  peak memory beyond torch's own",
            f"{plain['megabytes']:,.0f} MB",
            f"{found['megabytes']:.0f} MB",
            f"{plain['megabytes'] / found['megabytes']:.1f}×",
        ),
        ("  Hessian-vector products", f"{plain['products']:,}", f"{found['products']:,}", ""),
        ("  rank, tolerance 1e-12", f"{plain['rank']:,}", f"{found['rank']:,}", ""),
        ("  largest residual", f"{plain['residual']:.0e}", f"{found['residual']:.0e}", ""),
        (
            "  largest eigenvalue difference / λ_max",
            "",
            f"{difference / eigenvalues['torch'].max():.0e}",
            "",
        ),
    ]


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
