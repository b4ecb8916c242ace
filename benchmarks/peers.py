"""`make bench-peers`: the same questions to other libraries, in one process and on one thread.

Top eigenpairs of LeNet-5 (see image_problem.py) by curvlinops with scipy's ARPACK, by
hessian-eigenthings (Lanczos) and by PyHessian (power iterations, one pair after the other); then
what none of them does as a whole: the full spectrum of gaussian/normal, where curvlinops gives the
matrix, and the alignment of a grid, where PyTorch gives the gradients. Everything is float64.
Times are those of the processor, on one thread. Residuals are measured with our products, cosines
against our vectors at a residual of 1e-12. The table is printed, and kept in peers.csv, which the
report shows.
"""

import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hessian_eigenthings
import pyhessian
import torch
from curvlinops import HessianLinearOperator
from scipy.linalg import eigh
from torch import Tensor, nn
from torch.func import grad, vmap

from benchmarks.eigensolver import MEMORY_LIMIT, PAIRS, TOLERANCE, arpack, worst_residual
from benchmarks.image_problem import LOSS, lenet
from benchmarks.problem import trained
from hessian_boundary.curvature.low_rank.range_finder import range_eigenpairs
from hessian_boundary.curvature.products import certified_products
from hessian_boundary.curvature.solvers.lanczos import lanczos_eigenpairs
from hessian_boundary.gradients.products import gradient_products
from hessian_boundary.networks.parameters import functional_logits
from hessian_boundary.networks.problem import Problem

Pairs = tuple[Tensor, Tensor]  # eigenvalues (k,) descending, eigenvectors (k, p)

MEAN_LOSS = nn.CrossEntropyLoss()
STEPS = 10 * PAIRS  # of hessian-eigenthings, which is told a number of steps, not a residual
RANK_TOLERANCE = 1e-12
COLUMNS = 128  # of the matrix that curvlinops computes at a time
GRID, DIRECTIONS = 100, 7
TABLE = Path(__file__).with_name("peers.csv")
HEADINGS = ("what", "library", "time", "products", "residual / λ_max", "|cos|", "time / ours")


class Counted:
    """A function that counts its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *arguments: Any) -> Any:
        """Call the function."""
        self.calls += 1
        return self.function(*arguments)


class Curvlinops:
    """curvlinops' Hessian as the map V (k, p) ↦ V H, so that it gets the same ARPACK as ours."""

    def __init__(self, module: nn.Module, x: Tensor, y: Tensor) -> None:
        parameters = list(module.parameters())
        self._operator = HessianLinearOperator(
            module, MEAN_LOSS, parameters, [(x, y)], check_deterministic=False
        )
        self.dimension, self.dtype, self.device = self._operator.shape[0], x.dtype, x.device
        self.products = 0

    def __call__(self, block: Tensor) -> Tensor:
        """Return the products (k, p) of the rows of `block` (k, p)."""
        self.products += len(block)
        return (self._operator @ block.T).T.detach()


def by_curvlinops(module: nn.Module, x: Tensor, y: Tensor, about: Tensor) -> tuple[Pairs, int]:
    """ARPACK on curvlinops' products, to our residual."""
    operator = Curvlinops(module, x, y)
    pairs = arpack(operator, float(about[0]), float(about[-1]))
    return pairs, operator.products


def by_eigenthings(module: nn.Module, x: Tensor, y: Tensor) -> tuple[Pairs, int]:
    """hessian-eigenthings' Lanczos, orthonormal in full."""
    loss = hessian_eigenthings.supervised_loss(MEAN_LOSS)
    operator = hessian_eigenthings.HessianOperator(module, [(x, y)], loss)
    options = {"k": PAIRS, "max_iter": STEPS, "which": "LA", "seed": 0, "reorthogonalize": True}
    found = hessian_eigenthings.lanczos(operator, **options)
    return (found.eigenvalues, found.eigenvectors), found.iterations


def by_pyhessian(module: nn.Module, x: Tensor, y: Tensor) -> tuple[Pairs, int]:
    """PyHessian's power iteration with its defaults: 100 iterations, eigenvalues to 1e-3."""
    library = vars(sys.modules[pyhessian.hessian.__module__])
    products = library["hessian_vector_product"] = Counted(library["hessian_vector_product"])
    torch.manual_seed(0)
    values, vectors = pyhessian.hessian(module, MEAN_LOSS, data=(x, y), cuda=False).eigenvalues(
        top_n=PAIRS
    )
    rows = torch.stack([torch.cat([part.flatten() for part in vector]) for vector in vectors])
    order = torch.tensor(values, dtype=x.dtype).argsort(descending=True)
    return (torch.tensor(values, dtype=x.dtype)[order], rows[order].detach()), products.calls


def top_pairs() -> None:
    """Print one row per library for the top eigenpairs of LeNet-5."""
    module, x, y, source = lenet()
    operator = certified_products(Problem(module, x, y, LOSS), "lanczos", MEMORY_LIMIT).operator
    options = {"k_top": PAIRS, "seed": 0}
    start = time.process_time()
    found = lanczos_eigenpairs(operator, residual_tolerance=TOLERANCE, **options)
    seconds, products = time.process_time() - start, operator.products
    exact = lanczos_eigenpairs(operator, residual_tolerance=1e-12, **options)

    def row(library: str, pairs: Pairs, taken: float, count: int) -> None:
        values, vectors = pairs
        cosines = (vectors * exact.eigenvectors).sum(1).abs() / vectors.norm(dim=1)
        residual = worst_residual(operator, values, vectors / vectors.norm(dim=1, keepdim=True))
        what = f"top {PAIRS} eigenpairs, LeNet-5, n = {len(y)} ({source})"
        accuracy = (f"{residual:.0e}", f"{float(cosines.min()):.6f}")
        print_row(
            what, library, f"{taken:.1f} s", f"{count:,}", *accuracy, f"{taken / seconds:.1f}"
        )

    row("this project", (found.eigenvalues, found.eigenvectors), seconds, products)
    problem = (module.requires_grad_(), x, y)
    for library, solve in (
        ("curvlinops + ARPACK", lambda: by_curvlinops(*problem, exact.eigenvalues)),
        ("hessian-eigenthings", lambda: by_eigenthings(*problem)),
        ("PyHessian", lambda: by_pyhessian(*problem)),
    ):
        start = time.process_time()
        pairs, count = solve()
        row(library, pairs, time.process_time() - start, count)


def full_spectrum() -> None:
    """Print a row for our range finder and one for curvlinops' matrix with LAPACK."""
    module, x, y = trained()
    what = "full spectrum, gaussian/normal, p = 10,703"
    operator = certified_products(Problem(module, x, y, LOSS), "range", MEMORY_LIMIT).operator
    start = time.process_time()
    found = range_eigenpairs(operator, rank_tolerance=RANK_TOLERANCE, seed=0)
    seconds = time.process_time() - start
    scale = float(found.eigenvalues[0])
    count, residual = f"{operator.products:,}", f"{float(found.residuals.max()) / scale:.0e}"
    print_row(what, "this project", f"{seconds:.1f} s", count, residual, "", "1.0")
    start = time.process_time()
    peer = Curvlinops(module.requires_grad_(), x, y)
    unit_vectors = torch.eye(peer.dimension, dtype=x.dtype)
    matrix = torch.cat([peer(rows) for rows in unit_vectors.split(COLUMNS)])
    eigenvalues, columns = eigh(matrix.numpy(), overwrite_a=True, driver="evd")
    taken = time.process_time() - start
    chosen = torch.from_numpy(eigenvalues).abs() > RANK_TOLERANCE * scale
    pairs = torch.from_numpy(eigenvalues)[chosen], torch.from_numpy(columns).T[chosen]
    residual = f"{worst_residual(operator, *(part.flip(0) for part in pairs)):.0e}"
    library, ratio = "curvlinops + LAPACK", f"{taken / seconds:.1f}"
    print_row(what, library, f"{taken:.1f} s", f"{peer.products:,}", residual, "", ratio)


def grid_alignment() -> None:
    """Print a row for our alignment of grid points and one for gradients by `torch.func.vmap`."""
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
    print_row(what, "this project", f"{seconds:.2f} s", "", "", "", "1.0")
    ratio = f"{taken / seconds:.1f}"
    print_row(what, "torch.func (no peer offers it)", f"{taken:.2f} s", "", "", "", ratio)


def print_row(*cells: str) -> None:
    """Print one row of the Markdown table, and keep it."""
    print("| " + " | ".join(cells) + " |", flush=True)
    ROWS.append(cells)


ROWS: list[tuple[str, ...]] = []

if __name__ == "__main__":
    print_row(*HEADINGS)
    print("| " + " | ".join(["---"] * len(HEADINGS)) + " |")
    for part in (top_pairs, grid_alignment, full_spectrum):
        part()
    with TABLE.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(ROWS)
