"""Top eigenpairs by each library, all in float64 but this project's own products in float32.

curvlinops gives products, to which scipy's ARPACK is applied; hessian-eigenthings has a Lanczos
method, PyHessian power iterations, one pair after the other. The first two are told more than a
user knows, in their favour: ARPACK how large the eigenvalues are, hessian-eigenthings how many
steps it needs.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import hessian_eigenthings
import pyhessian
import torch
from curvlinops import HessianLinearOperator
from torch import Tensor, nn

from benchmarks.eigensolver import PAIRS, arpack
from benchmarks.peers.problems import Question
from hessian_boundary.curvature.options import CurvatureOptions
from hessian_boundary.curvature.spectrum import compute_spectrum

Pairs = tuple[Tensor, Tensor]  # eigenvalues (k,) descending, eigenvectors (k, p)

MEAN_LOSS = nn.CrossEntropyLoss()
MEMORY_LIMIT_GB = 4  # ours; the others know none


class Solver(Protocol):
    """A way to the top eigenpairs, made of a question and of what the library is told besides."""

    @property
    def products(self) -> int:
        """Products so far, also when time was up."""

    def solve(self) -> Pairs:
        """Return the pairs."""


class Ours:
    """Our Lanczos and all around it: certificates, products in float32 where networks are large."""

    def __init__(self, asked: Question, told: Sequence[float]) -> None:
        self._problem, self.products = asked.problem, 0
        self._options = CurvatureOptions(
            method="lanczos",
            top=PAIRS,
            residual_tolerance=asked.tolerance,
            memory_limit_gb=MEMORY_LIMIT_GB,
            density_probes=0,
        )

    def solve(self) -> Pairs:
        """Return the pairs, to the residual; products are known at the end only."""
        found = compute_spectrum(self._problem, self._options)
        self.products = found.attrs["hessian_vector_products"]
        tensor = self._problem.tensor
        return tensor(found["eigenvalues"].values), tensor(found["eigenvectors"].values)


class Curvlinops:
    """curvlinops' Hessian as the map V (k, p) ↦ V H, which gets the same ARPACK as ours."""

    def __init__(self, asked: Question, told: Sequence[float]) -> None:
        module = asked.network.requires_grad_()
        self._operator = HessianLinearOperator(
            module,
            MEAN_LOSS,
            list(module.parameters()),
            [(asked.x, asked.y)],
            check_deterministic=False,
        )
        self.dimension, self.dtype = self._operator.shape[0], asked.x.dtype
        self.device, self.products = asked.x.device, 0
        self._told, self._tolerance = told, asked.tolerance

    def __call__(self, block: Tensor) -> Tensor:
        """Return the products (k, p) of the rows of `block` (k, p)."""
        self.products += len(block)
        return (self._operator @ block.T).T.detach()

    def solve(self) -> Pairs:
        """Return ARPACK's pairs, to the residual if it is told the first and last eigenvalue."""
        first, last = self._told or (1.0, 1.0)
        return arpack(self, first, last, self._tolerance)


class Eigenthings:
    """hessian-eigenthings' Lanczos, orthonormal in full, in as many steps as it is told."""

    def __init__(self, asked: Question, told: Sequence[float]) -> None:
        loss = hessian_eigenthings.supervised_loss(MEAN_LOSS)
        module = asked.network.requires_grad_()
        data = [(asked.x, asked.y)]
        self._operator = hessian_eigenthings.HessianOperator(module, data, loss)
        self._matvec = self._operator.matvec = Counted(self._operator.matvec)
        self._steps = int(told[0])

    @property
    def products(self) -> int:
        """Products so far."""
        return self._matvec.calls

    def solve(self) -> Pairs:
        """Return the pairs, whatever residual they have after these steps."""
        options = {"k": PAIRS, "which": "LA", "seed": 0, "reorthogonalize": True}
        found = hessian_eigenthings.lanczos(self._operator, max_iter=self._steps, **options)
        return found.eigenvalues, found.eigenvectors


class PyHessian:
    """PyHessian's power iteration with its defaults: 100 iterations, eigenvalues to 1e-3."""

    def __init__(self, asked: Question, told: Sequence[float]) -> None:
        library = vars(sys.modules[pyhessian.hessian.__module__])
        self._product = library["hessian_vector_product"] = Counted(
            library["hessian_vector_product"]
        )
        data, module = (asked.x, asked.y), asked.network.requires_grad_()
        self._hessian = pyhessian.hessian(module, MEAN_LOSS, data=data, cuda=False)

    @property
    def products(self) -> int:
        """Products so far."""
        return self._product.calls

    def solve(self) -> Pairs:
        """Return the pairs, whatever residual they have when it stops."""
        torch.manual_seed(0)
        values, vectors = self._hessian.eigenvalues(top_n=PAIRS)
        rows = torch.stack([torch.cat([part.flatten() for part in vector]) for vector in vectors])
        found = torch.tensor(values, dtype=rows.dtype)
        order = found.argsort(descending=True)
        return found[order], rows[order].detach()


class Counted:
    """A function that counts its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *arguments: Any) -> Any:
        """Call the function."""
        self.calls += 1
        return self.function(*arguments)


SOLVERS: dict[str, Callable[[Question, Sequence[float]], Solver]] = {
    "this project": Ours,
    "curvlinops + ARPACK": Curvlinops,
    "hessian-eigenthings": Eigenthings,
    "PyHessian": PyHessian,
}
