"""One library and one network in this process: what `python -m benchmarks.peers` starts."""

import json
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from benchmarks.eigensolver import MEMORY_LIMIT, worst_residual
from benchmarks.peers.libraries import SOLVERS
from benchmarks.peers.time_limit import TimeIsUpError, processor_time_limit
from benchmarks.problem import THREADS
from hessian_boundary.curvature.products import certified_products


def measured(file: Path, library: str, limit: float, told: list[float]) -> dict[str, Any]:
    """Return what the library takes for the question in a file, and the residual it reaches.

    seconds of the processor, products, peak (GB, of the whole process) and, unless it took more
    than `limit` seconds, residual (measured by our products in float64, relative to λ_max) and the
    outermost eigenvalues.
    """
    asked = torch.load(file, weights_only=False)
    solver = SOLVERS[library](asked, told)
    pairs, start = None, time.process_time()
    with suppress(TimeIsUpError), processor_time_limit(limit):
        pairs = solver.solve()
    found: dict[str, Any] = {
        "seconds": time.process_time() - start,
        "products": solver.products,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }
    if pairs is None:
        return found
    values, vectors = pairs
    operator = certified_products(asked.problem, "lanczos", MEMORY_LIMIT).operator
    vectors = vectors / torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    residual = worst_residual(operator, values, vectors)
    return found | {"residual": residual, "outermost": [float(values[0]), float(values[-1])]}


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    file, library, limit, *told = sys.argv[1:]
    print(json.dumps(measured(Path(file), library, float(limit), list(map(float, told)))))
