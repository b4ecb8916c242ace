"""The outermost eigenpairs of LeNet-5: products with the Hessian, and the Lanczos solver's.

Baselines: a product by differentiating twice backwards, as it is usually written, and ARPACK
(scipy's eigsh) with the same products as our solver, to the same residual. Processor time.
"""

import time

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor, nn

from benchmarks.image_problem import LOSS, lenet
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs
from hessian_boundary.curvature.solvers.symmetric_operator import SymmetricOperator
from hessian_boundary.networks.problem import Problem

PAIRS = 10
TOLERANCE = 1e-8  # of the residuals, relative to the largest eigenvalue
MEMORY_LIMIT = 4e9
PRODUCTS = 8  # that are timed


def double_backward(module: nn.Module, x: Tensor, y: Tensor, vector: Tensor) -> Tensor:
    """Return H v (p,) of the mean loss by differentiating ⟨∇L, v⟩."""
    parameters = list(module.parameters())
    loss = LOSS(module(x), y).mean()
    gradient = torch.autograd.grad(loss, parameters, create_graph=True)
    flat = torch.cat([part.flatten() for part in gradient])
    return torch.cat([p.flatten() for p in torch.autograd.grad(flat @ vector, parameters)])


def arpack(
    operator: SymmetricOperator, scale: float, smallest: float, tolerance: float = TOLERANCE
) -> tuple[Tensor, Tensor]:
    """Return the top eigenvalues (k,), descending, and eigenvectors (k, p) of scipy's eigsh.

    Residuals are to be `tolerance` · scale, of eigenvalues between scale and smallest.
    """
    linear = LinearOperator(
        (operator.dimension, operator.dimension),
        matvec=lambda v: operator(torch.from_numpy(v.reshape(1, -1)))[0].numpy(),
        dtype=np.float64,
    )
    start = np.random.default_rng(0).standard_normal(operator.dimension)
    # its tolerance is relative to each eigenvalue, ours to the largest
    relative = tolerance * scale / smallest
    values, columns = eigsh(linear, k=PAIRS, which="LA", tol=relative, v0=start)
    return torch.from_numpy(values[::-1].copy()), torch.from_numpy(columns.T[::-1].copy())


def worst_residual(operator: SymmetricOperator, values: Tensor, vectors: Tensor) -> float:
    """Return max ‖H v − λ v‖ / λ_max."""
    error = operator(vectors) - values[:, None] * vectors
    return float(torch.linalg.vector_norm(error, dim=1).max() / values[0])


def main() -> list[tuple[str, str, str, str]]:
    """Return rows (what, baseline, here, ratio)."""
    module, x, y, source = lenet()
    operator = certified_products(Problem(module, x, y, LOSS), "lanczos", MEMORY_LIMIT).operator
    start = time.process_time()
    pairs = lanczos_eigenpairs(operator, k_top=PAIRS, seed=0, residual_tolerance=TOLERANCE)
    here, products = time.process_time() - start, operator.products
    operator.products = 0
    start = time.process_time()
    values, vectors = arpack(operator, float(pairs.eigenvalues[0]), float(pairs.eigenvalues[-1]))
    baseline, baseline_products = time.process_time() - start, operator.products
    difference = float((values - pairs.eigenvalues).abs().max() / values[0])
    residuals = [worst_residual(operator, values, vectors)]
    residuals.append(worst_residual(operator, pairs.eigenvalues, pairs.eigenvectors))
    return [
        _product_row(module, x, y, operator, source),
        (
            f"  top {PAIRS} eigenpairs to {TOLERANCE:.0e} λ_max",
            f"{baseline:.0f} s (ARPACK, same products)",
            f"{here:.0f} s",
            f"{baseline / here:.1f}×",
        ),
        ("  products", f"{baseline_products:,}", f"{products:,} (certificate included)", ""),
        ("  largest residual / λ_max", *(f"{residual:.0e}" for residual in residuals), ""),
        ("  largest eigenvalue difference / λ_max", "", f"{difference:.0e}", ""),
    ]


def _product_row(
    module: nn.Module, x: Tensor, y: Tensor, operator: SymmetricOperator, source: str
) -> tuple[str, str, str, str]:
    vectors = torch.randn(PRODUCTS, operator.dimension, dtype=operator.dtype)
    double_backward(module.requires_grad_(), x, y, vectors[0])
    operator(vectors)
    start = time.process_time()
    for vector in vectors:
        double_backward(module, x, y, vector)
    baseline = (time.process_time() - start) / PRODUCTS
    start = time.process_time()
    operator(vectors)
    here = (time.process_time() - start) / PRODUCTS
    return (
        f"one Hessian-vector product, LeNet-5, p = 61,411, n = {len(y)} ({source})",
        f"{baseline * 1e3:.0f} ms (twice backwards)",
        f"{here * 1e3:.0f} ms ({PRODUCTS} at a time)",
        f"{baseline / here:.1f}×",
    )
