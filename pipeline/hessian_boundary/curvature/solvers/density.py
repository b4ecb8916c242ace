"""An estimate of the spectral density where the whole spectrum is out of reach.

Stochastic Lanczos quadrature: for a random unit vector v, m Lanczos steps give a tridiagonal
T = V H Vᵀ. Its eigenvalues θ_i and the squared first components w_i of its eigenvectors are the
Gauss quadrature of the measure that v sees (Golub & Welsch 1969, Math. Comp. 23, 221),

    Σ_i w_i f(θ_i) = vᵀ f(H) v    for every polynomial f of degree ≤ 2m − 1,

and the mean of vᵀ f(H) v over v is tr f(H) / p. With an indicator of an interval for f it
estimates the share of eigenvalues there (Ghorbani, Krishnan & Xiao 2019, ICML). The scatter over
probes is the error.
"""

from dataclasses import dataclass

import torch
import xarray as xr
from torch import Tensor

from hessian_boundary.curvature.solvers.eigenpairs import MemoryLimitError
from hessian_boundary.curvature.solvers.symmetric_operator import NOT_FINITE, SymmetricOperator
from hessian_boundary.runtime.progress import Progress
from hessian_boundary.runtime.seeds import derive_seed

# Vectors of memory per probe besides its basis: start, product and temporaries.
WORKSPACE = 6


@dataclass(frozen=True)
class Quadrature:
    """One Gauss quadrature of the spectrum per probe. Both float64, on the CPU."""

    nodes: Tensor  # (probes, steps) ascending
    weights: Tensor  # (probes, steps), each row adds up to 1


def lanczos_quadrature(
    operator: SymmetricOperator,
    *,
    probes: int,
    steps: int,
    seed: int,
    memory_limit: float = 4e9,
) -> Quadrature:
    """Run `steps` Lanczos steps from each of `probes` random vectors: probes · steps products.

    Probes advance together, as many as `memory_limit` bytes hold with their whole bases.

    Raises ValueError for fewer than two probes, for steps outside 1 … p and for products that are
    not finite, and MemoryLimitError, before any product, when not even one probe fits.
    """
    if probes < 2 or not 1 <= steps <= operator.dimension:
        raise ValueError(
            f"expected at least 2 probes and 1 to {operator.dimension} steps, found {probes} "
            f"probes and {steps} steps"
        )
    needed = check_memory(operator, steps, memory_limit)
    together = int(min(memory_limit / needed, probes))
    progress = Progress("spectral density: product", probes * steps)
    parts = []
    for start in range(0, probes, together):
        numbers = range(start, min(start + together, probes))
        vectors = torch.stack([probe_vector(operator, seed, number) for number in numbers])
        parts.append(_tridiagonal(operator, vectors, steps, progress, start * steps))
    nodes, columns = torch.linalg.eigh(torch.cat(parts))
    return Quadrature(nodes, columns[:, 0, :].square())


def check_memory(operator: SymmetricOperator, steps: int, memory_limit: float) -> float:
    """Return the bytes that one probe takes; raises MemoryLimitError where that exceeds a limit."""
    needed = (steps + WORKSPACE) * operator.dimension * operator.dtype.itemsize
    if needed > memory_limit:
        raise MemoryLimitError(
            f"expected at least {needed / 1e9:.3g} GB for the spectral density by {steps} steps "
            f"with {operator.dimension:,} parameters, found {memory_limit / 1e9:.3g} GB, three "
            "quarters of `memory_limit_gb`; raise it, take fewer steps, or leave the density out"
        )
    return needed


def probe_vector(operator: SymmetricOperator, seed: int, number: int) -> Tensor:
    """Return a random unit vector (p,), the same on every device and for any number of probes."""
    generator = torch.Generator().manual_seed(derive_seed(seed, number))
    vector = torch.randn(operator.dimension, generator=generator, dtype=torch.float64)
    vector /= torch.linalg.vector_norm(vector)
    return vector.to(operator.device, operator.dtype)


def quadrature_dataset(quadrature: Quadrature) -> xr.Dataset:
    """Return density_nodes(probe, step) and density_weights(probe, step)."""
    meaning = "of an estimate of the spectral density by stochastic Lanczos quadrature"
    return xr.Dataset(
        {
            name: (("probe", "step"), numbers.numpy(), {"long_name": f"{entry} {meaning}"})
            for name, entry, numbers in (
                ("density_nodes", "node (no eigenvalue)", quadrature.nodes),
                ("density_weights", "weight of a node", quadrature.weights),
            )
        }
    )


def _tridiagonal(
    operator: SymmetricOperator, vectors: Tensor, steps: int, progress: Progress, done: int
) -> Tensor:
    """Return T (k, steps, steps) float64 of k Krylov spaces, from unit vectors (k, p).

    Each basis is kept orthonormal in full. A space that closes early goes on with zero vectors:
    they add nodes at 0 of weight 0. `done` products were taken before.
    """
    count, dimension = vectors.shape
    basis = vectors.new_zeros(count, steps, dimension)
    projected = torch.zeros(count, steps, steps, dtype=torch.float64)
    noise = 10 * torch.finfo(vectors.dtype).eps
    for step in range(steps):
        basis[:, step] = vectors
        image = operator(vectors)
        if not torch.isfinite(image).all():
            raise ValueError(NOT_FINITE)
        projected[:, step, step] = (image * vectors).sum(1).to("cpu", torch.float64)
        progress.update(done + (step + 1) * count)
        known = basis[:, : step + 1]
        sizes = torch.linalg.vector_norm(image, dim=1)
        for _ in range(2):
            coefficients = torch.einsum("kjp,kp->kj", known, image)
            image = image - torch.einsum("kj,kjp->kp", coefficients, known)
        lengths = torch.linalg.vector_norm(image, dim=1)
        open_spaces = lengths > noise * sizes
        lengths = torch.where(open_spaces, lengths, 0)
        vectors = torch.where(open_spaces[:, None], image / lengths[:, None], 0)
        if step + 1 < steps:
            projected[:, step, step + 1] = projected[:, step + 1, step] = lengths.cpu().double()
    return projected
