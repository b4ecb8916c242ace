"""What no other library does as a whole: the full spectrum, and the alignment of a grid.

Of the first curvlinops gives the matrix, of the second PyTorch the gradients. Everything is float64
and in this process.
"""

import time
from collections.abc import Iterator

import torch
from scipy.linalg import eigh
from torch import Tensor
from torch.func import grad, vmap

from benchmarks.eigensolver import MEMORY_LIMIT, worst_residual
from benchmarks.image_problem import LOSS
from benchmarks.peers.libraries import Curvlinops
from benchmarks.peers.problems import Question
from benchmarks.problem import trained
from hessian_boundary.curvature.all_eigenpairs import all_eigenpairs
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.gradients.products import gradient_products
from hessian_boundary.networks.parameters import functional_logits
from hessian_boundary.networks.problem import Problem

RANK_TOLERANCE = 1e-12
COLUMNS = 128  # of the matrix that curvlinops computes at a time
GRID, DIRECTIONS = 100, 7


def full_spectrum() -> Iterator[tuple[str, ...]]:
    """Yield a row for our `range` and one for curvlinops' matrix with LAPACK."""
    module, x, y = trained()
    what = "full spectrum, gaussian/normal, p = 10,703"
    problem = Problem(module, x, y, LOSS)
    products = certified_products(problem, "range", MEMORY_LIMIT)
    operator = products.operator
    start = time.process_time()
    options = {"rank_tolerance": RANK_TOLERANCE, "seed": 0, "memory_limit": MEMORY_LIMIT}
    found, _ = all_eigenpairs(problem, products, **options)
    seconds = time.process_time() - start
    scale = float(found.eigenvalues[0])
    count, residual = f"{operator.products:,}", f"{float(found.residuals.max()) / scale:.0e}"
    yield (what, "this project", f"{seconds:.1f} s", count, residual, "", "1.0")
    start = time.process_time()
    peer = Curvlinops(Question(module, x, y, what, RANK_TOLERANCE), [])
    unit_vectors = torch.eye(peer.dimension, dtype=x.dtype)
    matrix = torch.cat([peer(rows) for rows in unit_vectors.split(COLUMNS)])
    eigenvalues, columns = eigh(matrix.numpy(), overwrite_a=True, driver="evd")
    taken = time.process_time() - start
    chosen = torch.from_numpy(eigenvalues).abs() > RANK_TOLERANCE * scale
    pairs = torch.from_numpy(eigenvalues)[chosen], torch.from_numpy(columns).T[chosen]
    residual = f"{worst_residual(operator, *(part.flip(0) for part in pairs)):.0e}"
    library, ratio = "curvlinops + LAPACK", f"{taken / seconds:.1f}"
    yield (what, library, f"{taken:.1f} s", f"{peer.products:,}", residual, "", ratio)


def grid_alignment() -> Iterator[tuple[str, ...]]:
    """Yield a row for our alignment of grid points and one for gradients by `torch.func.vmap`."""
    module, x, _ = trained()
    axes = [torch.linspace(*x[:, i].aminmax(), GRID, dtype=x.dtype) for i in range(2)]
    points = torch.cartesian_prod(*axes)
    directions = torch.randn(DIRECTIONS, sum(p.numel() for p in module.parameters())).to(x)
    directions /= directions.norm(dim=1, keepdim=True)
    gradient_products(module, points[:500], directions, LOSS, minimum_norm=0)
    start = time.process_time()
    gradient_products(module, points, directions, LOSS, minimum_norm=0)
    seconds = time.process_time() - start
    logits = functional_logits(module)
    theta = tuple(parameter.detach() for parameter in module.parameters())

    def cosines(point: Tensor) -> Tensor:
        label = logits(theta, point[None]).argmax(1)
        parts = grad(lambda parameters: LOSS(logits(parameters, point[None]), label)[0])(theta)
        gradient = torch.cat([part.flatten() for part in parts])
        return directions @ gradient / torch.linalg.vector_norm(gradient)

    start = time.process_time()
    vmap(cosines, chunk_size=256)(points)
    taken = time.process_time() - start
    what = f"alignment of {len(points):,} points with {DIRECTIONS} vectors"
    yield (what, "this project", f"{seconds:.2f} s", "", "", "", "1.0")
    ratio = f"{taken / seconds:.1f}"
    yield (what, "torch.func (no peer offers it)", f"{taken:.2f} s", "", "", "", ratio)
