"""The rows W (m, p) of a Gauss-Newton factor, by one process or by several.

W's columns, which are parameters, are independent of each other: of parts of them, the triangles
are stacked and decomposed again, and products with vectors are added up. So parts can be of several
processes, or of several jobs. What costs passes through the network, and not W itself, is divided
by samples, which are W's rows.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property

import torch
from torch import Tensor

from hessian_boundary.curvature.gauss_newton.jacobian import pulled_back, pushed_forward
from hessian_boundary.curvature.gauss_newton.logit_factor import LogitFactor, logit_factor
from hessian_boundary.curvature.gauss_newton.row_slices import SLICE_BYTES, row_slices
from hessian_boundary.curvature.gauss_newton.rows import BATCH
from hessian_boundary.curvature.gauss_newton.tall_skinny_qr import stacked_triangle
from hessian_boundary.networks.problem import Problem
from hessian_boundary.runtime.processes import (
    Function,
    Team,
    leading,
    process_count,
    process_number,
    serve,
    share,
)

AT_ONCE = 4  # vectors of p numbers that other processes are asked for

# R (d, m) of Wᵀ or of a part of its rows, and W's products (m, j) with directions there
Triangle = tuple[Tensor, Tensor]


class FactorRows:
    """The rows of a problem's factor at some of the parameters, made slice by slice when needed.

    `number` of `count` says which parameters: all, or a run of them; and of which samples it has
    products with whole vectors. `slice_bytes` bounds one slice and changes nothing else.
    """

    def __init__(
        self,
        problem: Problem,
        slice_bytes: int = SLICE_BYTES,
        number: int = 0,
        count: int = 1,
    ) -> None:
        self.problem, self._slice_bytes = problem, slice_bytes
        self._columns = share(problem.parameters, number, count)
        self._samples = share(problem.samples, number, count)

    @cached_property
    def factor(self) -> LogitFactor:
        """The dyads. Raises ValueError for a loss whose factor is not known."""
        problem = self.problem
        with torch.no_grad():
            logits = torch.cat([problem.network(part).detach() for part in problem.x.split(BATCH)])
        return logit_factor(problem.loss, logits, problem.y)

    def triangle(self, directions: Tensor) -> Triangle:
        """Return R (d, m) and the products (m, j) with directions (j, p), by one pass."""
        triangle = directions.new_empty(0, self.factor.rows)
        products = directions.new_zeros(self.factor.rows, len(directions))
        for columns, rows in self._slices():
            products += rows @ directions[:, columns].T
            triangle = stacked_triangle(triangle, rows.T)
        return triangle, products

    def products(self, vectors: Tensor) -> Tensor:
        """Return ⟨w, v⟩ (j, rows) of the samples' rows w with vectors v (j, p)."""
        moved = pushed_forward(self.problem, vectors, self._samples)
        cotangents = self.factor.cotangents[self._samples]
        return torch.einsum("jsc,skc->jsk", moved, cotangents).flatten(1)

    def combinations(self, weights: Tensor) -> Tensor:
        """Return Σ_w g_w w (j, p) over the samples' rows w, for weights g (j, m) of all rows."""
        cotangents = self.factor.cotangents
        of_samples = weights.unflatten(1, cotangents.shape[:2])
        combined = torch.einsum("jsk,skc->jsc", of_samples, cotangents)
        return pulled_back(self.problem, combined, self._samples)

    @property
    def functions(self) -> dict[str, Function]:
        """What is asked for, by name; products follow the triangle, transposed."""
        return {
            "triangle": lambda directions: _packed(*self.triangle(directions)),
            "products": self.products,
            "combinations": self.combinations,
        }

    def _slices(self) -> Iterator[tuple[slice, Tensor]]:
        network, x = self.problem.network, self.problem.x
        return row_slices(network, x, self.factor.cotangents, self._slice_bytes, self._columns)


class SpreadRows:
    """The same at all parameters and samples, of which each process has a part; for the leader."""

    def __init__(self, team: Team, own: FactorRows) -> None:
        self._team, self._own, self.problem = team, own, own.problem

    @property
    def factor(self) -> LogitFactor:
        """The dyads."""
        return self._own.factor

    def triangle(self, directions: Tensor) -> Triangle:
        """Return R (d, m) and the products (m, j) with directions (j, p), by one pass."""
        parts = self._team.each("triangle", directions)
        return gathered(_unpacked(part, len(directions)) for part in parts)

    def products(self, vectors: Tensor) -> Tensor:
        """Return ⟨w, v⟩ (j, m) of all rows w with vectors v (j, p)."""
        return torch.cat(list(self._team.each("products", vectors)), dim=1)

    def combinations(self, weights: Tensor) -> Tensor:
        """Return Σ_w g_w w (j, p) over all rows w, for weights g (j, m)."""
        found = weights.new_empty(len(weights), self.problem.parameters)
        for some, out in zip(weights.split(AT_ONCE), found.split(AT_ONCE), strict=True):
            out.copy_(self._team.total("combinations", some))
        return found


@contextmanager
def all_rows(problem: Problem, slice_bytes: int = SLICE_BYTES) -> Iterator[FactorRows | SpreadRows]:
    """Give the rows at all parameters, spread over the processes where there are several.

    Raises RuntimeError in another process than the first: those call `serve_rows`.
    """
    own = FactorRows(problem, slice_bytes, process_number(), process_count())
    if process_count() == 1:
        yield own
        return
    with leading(own.functions, problem.device) as team:
        yield SpreadRows(team, own)


def serve_rows(problem: Problem, slice_bytes: int = SLICE_BYTES) -> None:
    """Do this process's part of the pass when asked, until the leader has what it needs."""
    own = FactorRows(problem, slice_bytes, process_number(), process_count())
    serve(own.functions, problem.device)


def gathered(parts: Iterable[Triangle]) -> Triangle:
    """Return the triangle and the products of all parameters from those of parts of them."""
    (triangle, products), *rest = parts
    for other, of_other in rest:
        triangle, products = stacked_triangle(triangle, other), products + of_other
    return triangle, products


def _packed(triangle: Tensor, products: Tensor) -> Tensor:
    return torch.cat([triangle, products.T])


def _unpacked(packed: Tensor, directions: int) -> Triangle:
    rows = len(packed) - directions
    return packed[:rows], packed[rows:].T
